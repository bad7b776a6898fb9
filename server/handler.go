package server

import (
	"errors"
	"net/http"
)

// route is what is served at one path.
type route struct {
	method string
	serve  func(http.ResponseWriter, *http.Request) error
	// failure is the body of a refusal, said with its text.
	failure func(text string) any
	// public is set for what pages of any site may get.
	public bool
}

// Handler returns what the server answers, for a program that has an http.Server of its own.
// That one should bound the time to read a header, and the size of it to no less than
// 256 KiB, or the long error texts of Langflow are cut off.
func (s *Server) Handler() http.Handler {
	routes := map[string]route{
		"/v1/events": {method: http.MethodPost, serve: s.serveEvents, failure: plainFailure},
	}
	s.addSegment(routes)
	s.addBrowser(routes)
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := s.routeOf(r, routes)
		defer s.panics.answer(func() { s.refuse(w, errPanic, to) })
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := s.dispatch(w, r, to); err != nil {
			s.refuse(w, err, to)
			discardBody(w, r)
		}
	}))
	if s.opts.Middleware != nil {
		handler = s.opts.Middleware(handler)
	}
	return handler
}

// routeOf returns where a request goes. There is no http.ServeMux, which answers a path that
// is not clean with a redirect: a base URL that ends in a slash makes the path start with two.
func (s *Server) routeOf(r *http.Request, routes map[string]route) route {
	if to, known := routes[cleaned(r.URL.Path)]; known {
		return to
	}
	if parts, isLangflow := langflowParts(r.URL); isLangflow {
		serve := func(w http.ResponseWriter, r *http.Request) error { return s.serveLangflow(w, r, parts) }
		return route{method: http.MethodGet, serve: serve, failure: plainFailure}
	}
	return route{failure: plainFailure}
}

// dispatch serves a request, or returns why not.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, to route) error {
	if to.serve == nil {
		return errNotFound
	}
	s.rules().cors.setHeader(w, r)
	if s.rules().cors.preflight(w, r, to.method) {
		return nil
	}
	if r.Method != to.method && !(to.public && r.Method == http.MethodHead) {
		return errMethod(to.method)
	}
	if !to.public && !s.rules().senders.keyed() && s.rules().cors.fromOtherSite(r) {
		return errCrossSite
	}
	if !to.public && !s.rules().senders.keyed() && s.byStrangersName(r) {
		return errStranger
	}
	if !s.door.enter() {
		return errStopping
	}
	defer s.door.leave()
	s.guardConnection(w, r)
	return to.serve(w, r)
}

// guardConnection prepares the connection for a body.
func (s *Server) guardConnection(w http.ResponseWriter, r *http.Request) {
	if len(r.TransferEncoding) > 0 {
		// net/http has dropped the Content-Length that may have stood beside it: after such a
		// pair the connection must be closed, https://www.rfc-editor.org/rfc/rfc9112#section-6.1
		w.Header().Set("Connection", "close")
	}
	if ours, _ := r.Context().Value(http.ServerContextKey).(*http.Server); ours != s.endpoint.http {
		limitReading(w)
	}
}

// refuse answers with err as the route does, and counts it.
func (s *Server) refuse(w http.ResponseWriter, err error, to route) {
	var r *refusal
	if !errors.As(err, &r) {
		r = errPanic // there is no other kind of error
	}
	s.refused.count(r.status)
	if r.status == http.StatusUnauthorized {
		s.warnings.Do(func() { s.opts.Logger.Warn("requests come without a valid write key; see write_keys") })
	}
	r.writeTo(w, to.failure)
}
