package server

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
)

var (
	errHost   = &refusal{status: http.StatusForbidden, text: "this listener answers for localhost and loopback addresses only"}
	errName   = &refusal{status: http.StatusForbidden, text: "this listener is not known by that name: ask for it by its address, or allow the name"}
	errOrigin = &refusal{status: http.StatusForbidden, text: "pages of other origins may not ask here"}
	errToken  = &refusal{status: http.StatusForbidden, text: "a page that acts has to show its token; load the page again"}
)

// tokenHeader is where the page shows its token. A page of another origin cannot set it
// without being asked for its origin first.
const tokenHeader = "X-Headgate-Token"

// source refuses requests to the admin listener that a page of somebody else makes a browser
// send.
type source struct {
	loopback bool     // the listener is for this machine only
	hosts    []string // other names it is known by
	token    string
}

// harmless are the paths that monitors ask for by any name: they change nothing and show no event.
var harmless = []string{"/healthz", "/readyz", "/metrics", "/v1/status"}

// check returns why a request is refused, nil if it is not. A name that is made to resolve
// to this machine (DNS rebinding) is told by its Host; a request across origins by its Origin,
// or by what the browser says of it. What a page asks for to change something needs the token
// besides. Programs that are no browsers send none of these headers.
func (s *source) check(r *http.Request) *refusal {
	if err := s.checkHost(r); err != nil {
		return err
	}
	origin := r.Header.Get("Origin")
	if origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return errOrigin
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // none: the person at the keyboard
	default:
		if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document" {
			return errOrigin // but a link may lead here
		}
	}
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead
	browser := origin != "" || r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Sec-Fetch-Mode") != ""
	if changes && browser && subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(s.token)) != 1 {
		return errToken
	}
	return nil
}

func (s *source) checkHost(r *http.Request) *refusal {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host // without a port
	}
	switch {
	case isLoopbackHost(host):
		return nil
	case s.loopback:
		return errHost
	case slices.Contains(harmless, r.URL.Path), isOwnName(host), slices.Contains(s.hosts, strings.ToLower(host)):
		return nil
	}
	return errName
}

// ownSuffixes end names that only a network itself can give, not a stranger in the public DNS.
// https://www.iana.org/assignments/special-use-domain-names, and what Kubernetes uses.
var ownSuffixes = []string{".localhost", ".local", ".internal", ".home.arpa", ".test", ".svc", ".svc.cluster.local"}

// isOwnName reports whether a stranger cannot have made a host resolve to this machine: an
// address, the machine's own name, or a name that the public DNS does not have.
func isOwnName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	if !strings.Contains(host, ".") {
		return host != ""
	}
	if own, err := os.Hostname(); err == nil && host == strings.ToLower(own) {
		return true
	}
	return slices.ContainsFunc(ownSuffixes, func(suffix string) bool { return strings.HasSuffix(host, suffix) })
}
