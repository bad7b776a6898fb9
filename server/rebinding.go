package server

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var errStranger = &refusal{
	status: http.StatusForbidden,
	text:   "without write keys events are taken under this machine's own names and addresses only: set write_keys, or allow the origin",
}

// byStrangersName reports whether a request came by a name that a stranger may have made to lead to this
// machine (DNS rebinding): the browser takes it for one to the page's own site. Programs that ask for an
// address or a name of their own network are let in, as is everybody where the name is proved by a
// certificate, or where the host program has a server of its own, which knows who reaches it.
func (s *Server) byStrangersName(r *http.Request) bool {
	ours, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ours != s.endpoint.http || r.TLS != nil || r.Host == "" {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return !isOwnName(host) && !slices.ContainsFunc(s.rules().cors.origins, func(origin string) bool {
		u, err := url.Parse(origin)
		return err == nil && u.Hostname() == strings.ToLower(strings.TrimSuffix(host, "."))
	})
}
