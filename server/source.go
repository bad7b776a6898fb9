package server

import (
	"net"
	"net/http"
	"net/url"
)

var (
	errHost   = &refusal{status: http.StatusForbidden, text: "this listener answers for localhost and loopback addresses only"}
	errOrigin = &refusal{status: http.StatusForbidden, text: "pages of other origins may not ask here"}
)

// checkSource refuses requests that a page of somebody else makes a browser send. A name
// that is made to resolve to this machine (DNS rebinding) is told by its Host, a request
// across origins by its Origin.
func checkSource(r *http.Request, loopback bool) *refusal {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host // without a port
	}
	if loopback && !isLoopbackHost(host) {
		return errHost
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return nil
	}
	if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
		return errOrigin
	}
	return nil
}
