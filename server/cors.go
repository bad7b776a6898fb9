package server

import (
	"net/http"
	"slices"
)

// cors lets pages of some origins read answers, and send what needs a preflight.
type cors struct{ origins []string }

func (c cors) allows(origin string) bool { return slices.Contains(c.origins, origin) }

// setHeader sets what every answer needs. There are no cookies to allow.
func (c cors) setHeader(w http.ResponseWriter, r *http.Request) {
	if len(c.origins) == 0 {
		return
	}
	w.Header().Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); c.allows(origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	}
}

// preflight answers the question whether a page may send, and reports whether it was asked.
func (c cors) preflight(w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || len(c.origins) == 0 {
		return false
	}
	if h := w.Header(); c.allows(r.Header.Get("Origin")) {
		h.Set("Access-Control-Allow-Methods", method)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, X-Retry-Count") // the last is analytics.js's
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

// fromOtherSite reports whether a browser says that it asks on behalf of a page of another
// site that is not allowed to. Where no key is needed that would let every page that a
// developer visits report events to their own machine.
func (c cors) fromOtherSite(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "cross-site" && !c.allows(r.Header.Get("Origin"))
}
