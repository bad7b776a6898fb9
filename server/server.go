package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/headgate-dev/headgate/server/langflow"
)

// Server is the front door. Its life is New, Start, Drain when the process is told to
// stop, Shutdown; the last two work without those before them.
type Server struct {
	opts       Options
	endpoint   *endpoint
	door       *door
	current    atomic.Pointer[rules]
	chunks     *langflow.Assembler
	candidates sync.Pool // of *candidates, of requests that are over
	refused    refusals
	panics     panics
	warnings   rate.Sometimes // about senders without a valid key
	hints      rate.Sometimes // about messages of which the sender is not told that they are refused
}

// New returns a Server that does not listen yet. The error says everything that is wrong
// with the options.
func New(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts:     o,
		door:     newDoor(),
		panics:   panics{logger: o.Logger},
		warnings: rate.Sometimes{Interval: time.Minute},
		hints:    rate.Sometimes{Interval: time.Minute},
	}
	s.current.Store(newRules(o))
	s.chunks = langflow.NewAssembler(langflow.AssemblerOptions{}, s.giveUp)
	s.endpoint = newEndpoint(o.Listen, s.Handler(), o.Logger)
	s.endpoint.allow = s.allowAddress
	s.endpoint.wrap = func(l net.Listener) net.Listener { return limitConnections(l, o.MaxConnections) }
	return s, nil
}

// Start listens and serves in a goroutine of its own, which Shutdown ends. When it returns
// nil the server answers, and Addr is known. ctx bounds the start only.
func (s *Server) Start(ctx context.Context) error {
	if s.opts.CertFile != "" {
		certificates := &certificates{certFile: s.opts.CertFile, keyFile: s.opts.KeyFile, logger: s.opts.Logger}
		if _, err := certificates.current(); err != nil {
			return err
		}
		s.endpoint.tls = true
		s.endpoint.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificates.forHello}
	}
	return s.endpoint.start(ctx)
}

// allowAddress refuses an address that other machines can reach when no key is asked
// for: what "localhost" resolves to is known only now.
func (s *Server) allowAddress(a net.Addr) error {
	if s.rules().senders.keyed() || isLoopback(a.String()) {
		return nil
	}
	return fmt.Errorf("server: listen %s became %s, which can be reached from other machines: set write_keys", s.opts.Listen, a)
}

// Addr returns the address that is listened on, "" before Start.
func (s *Server) Addr() string { return s.endpoint.addr() }

// URL returns the base URL of Addr.
func (s *Server) URL() string { return s.endpoint.url() }

// Wait returns when the server does not serve any more: with nil after a Shutdown, or with what
// broke it.
func (s *Server) Wait() error { return s.endpoint.wait() }

// Ready reports whether events are taken: from the start, until Drain or Shutdown.
func (s *Server) Ready() bool { return s.Addr() != "" && s.door.isOpen() }

// Counters returns what became of the requests that did not get as far as the gate.
func (s *Server) Counters() Counters { return Counters{s.refused.snapshot(), s.panics.count.Load()} }

// Drain stops taking events: requests under way are finished, until ctx is done, and chunks
// that wait for others are handed to the gate as they are. New requests are still
// answered, with 503, so that their senders know to come back. Drain comes before
// the gate is closed.
func (s *Server) Drain(ctx context.Context) error {
	s.endpoint.http.SetKeepAlivesEnabled(false)
	err := s.door.close(ctx)
	if err != nil {
		err = fmt.Errorf("server: requests are still under way: %w", err)
	}
	s.chunks.Close(ctx)
	return err
}

// Shutdown drains the server, stops listening and closes the connections. Those that
// are not idle by the end of ctx are cut off, which is an error.
func (s *Server) Shutdown(ctx context.Context) error {
	drained := s.Drain(ctx)
	if err := s.endpoint.shutdown(ctx); err != nil {
		return err
	}
	return drained
}
