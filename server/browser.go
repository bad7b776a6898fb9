package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the script
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/server/internal/shape"
)

//go:embed headgate.js
var headgateJS []byte

// script is headgate.js as it is served.
var script = sync.OnceValue(func() (s struct {
	packed []byte
	tag    string
}) {
	digest := sha256.Sum256(headgateJS)
	s.tag = `W/"` + hex.EncodeToString(digest[:8]) + `"`
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(headgateJS) // to memory
	_ = w.Close()
	s.packed = b.Bytes()
	return s
})

var (
	errBeaconOrigin = &refusal{status: http.StatusForbidden, text: "pages of this origin may not send events here; see server.cors.allowed_origins"}
	errBeaconMedia  = &refusal{status: http.StatusUnsupportedMediaType, text: "the Content-Type must be text/plain or application/json, in UTF-8"}
)

func (s *Server) addBrowser(routes map[string]route) {
	routes["/headgate.js"] = route{method: http.MethodGet, serve: s.serveScript, failure: plainFailure, public: true}
	routes["/v1/beacon"] = route{method: http.MethodPost, serve: s.serveBeacon, failure: plainFailure}
}

// serveScript is GET /headgate.js, for pages of any origin.
func (s *Server) serveScript(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", script().tag)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Add("Vary", "Accept-Encoding")
	content := headgateJS
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		content = script().packed
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	return nil
}

// serveBeacon is POST /v1/beacon: POST /v1/events for what a page can send as it is left. A body of
// text/plain is one that a browser sends for any page without asking first, so that the
// origin is looked at here. The key may be in the query or in the body, where a page has no header:
//
//	{"writeKey": "…", "batch": [{"name": "signup"}]}
func (s *Server) serveBeacon(w http.ResponseWriter, r *http.Request) error {
	if !s.rules().cors.allowsSender(r) {
		return errBeaconOrigin
	}
	switch mediaType(r.Header.Get("Content-Type")) {
	case "text/plain", "application/json":
	default:
		return errBeaconMedia
	}
	from, b, err := s.readKeyed(w, r, r.URL.Query().Get("writeKey"))
	if err != nil {
		return err
	}
	defer b.release()
	return s.takeBody(w, r, from, jsonBody, unwrapped(b.data))
}

// unwrapped returns the events of a body, which may stand in a batch beside the key.
func unwrapped(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var batch []byte
	named := false
	err := shape.Members(body, func(key string, value []byte) error {
		switch key {
		case "batch":
			batch = value
		case "name":
			named = true
		}
		return nil
	})
	if err != nil || named || batch == nil {
		return body
	}
	return batch
}

// allowsSender reports whether the page that a request comes from may send: one of the same
// origin, one of those that are allowed, or none, for programs send no Origin.
func (c cors) allowsSender(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case c.allows(origin), site == "same-origin":
		return true
	case origin == "":
		return site == "" || site == "none"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
