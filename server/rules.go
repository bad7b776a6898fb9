package server

import "fmt"

// rules are what a reload can change of a server: who may send, and how much.
type rules struct {
	senders   *senders
	cors      cors
	bodies    *bodyReader
	keyless   *bodyReader // of requests that may have their key in the body
	maxBody   int64
	maxEvents int
}

func newRules(o Options) *rules {
	return &rules{
		senders: newSenders(o.WriteKeys, o.RateLimit),
		cors:    cors{o.AllowedOrigins},
		bodies:  newBodyReader(o.MaxBody, o.MaxInFlight),
		keyless: newBodyReader(min(o.MaxBody, maxKeyless), o.MaxInFlight/4),
		maxBody: o.MaxBody, maxEvents: o.MaxEvents,
	}
}

func (s *Server) rules() *rules { return s.current.Load() }

// Reload changes who may send and how much: WriteKeys, AllowedOrigins, RateLimit, MaxBody,
// MaxEvents and MaxInFlight. It returns a function that does so, or says what is wrong with
// the options, or which of them need a restart. Requests under way go by either.
func (s *Server) Reload(o Options) (apply func(), err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	for _, fixed := range []struct {
		key      string
		old, new any
	}{
		{"listen", s.opts.Listen, o.Listen}, {"tls.cert_file", s.opts.CertFile, o.CertFile}, {"tls.key_file", s.opts.KeyFile, o.KeyFile},
		{"max_connections", s.opts.MaxConnections, o.MaxConnections},
	} {
		if fixed.old != fixed.new {
			return nil, fmt.Errorf("server: %s changes from %q to %q, which needs a restart", fixed.key, fmt.Sprint(fixed.old), fmt.Sprint(fixed.new))
		}
	}
	next := newRules(o)
	return func() { s.current.Store(next) }, nil
}
