package sinktest

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core"
)

// exercise has a sink do everything that it can, well and badly.
func (tr *trial) exercise(beforeEach func(*subject)) {
	s := tr.open(setting{})
	beforeEach(s)
	if c, ok := s.sink.(core.Checker); ok {
		s.call(s.h.Patience, func() error { return c.Check(s.marked(context.Background())) })
	}
	if p, ok := s.sink.(core.Previewer); ok {
		s.call(s.h.Patience, func() error { _, err := p.Preview(s.batch(2)); return err })
	}
	s.send(s.h.Patience, s.batch(3))
	s.send(s.h.Patience, s.batch(1))
	if s.to != nil {
		for _, a := range []Answer{{Status: 400}, {Status: 401}, {Status: 503}, {Fault: Reset}} {
			s.to.follow(always(a))
			s.send(s.h.Patience, s.batch(2))
		}
	}
	s.close(s.h.Patience)
}

// watch replaces what is global by what reports its use, until restore is called.
type watch struct {
	mu   sync.Mutex
	used map[string]bool
	host string

	transport http.RoundTripper
	client    *http.Client
	clientWas http.Client
	logger    *slog.Logger
	writer    io.Writer
	flags     int
	prefix    string
}

// use notes that something global was used.
func (w *watch) use(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used[what] = true
}

// RoundTrip sees the requests of the default transport, and lets it make them.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	host := w.host
	w.mu.Unlock()
	if r.URL.Host == host {
		w.use("http.DefaultTransport")
	}
	return nil, http.ErrSkipAltProtocol
}

// at says which host is the destination: what others do beside the test is their affair.
func (w *watch) at(s *subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.to != nil {
		w.host = strings.TrimPrefix(s.to.URL, "http://")
	}
}

func (w *watch) begin() (restore func()) {
	w.used = map[string]bool{}
	w.transport, w.client, w.clientWas = http.DefaultTransport, http.DefaultClient, *http.DefaultClient
	w.logger, w.writer, w.flags, w.prefix = slog.Default(), log.Writer(), log.Flags(), log.Prefix()
	mine := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if was, ok := w.transport.(*http.Transport); ok {
		mine = was.Clone()
	}
	// A clone, which a sink may well make, has not what is registered.
	mine.RegisterProtocol("http", w)
	http.DefaultTransport = mine
	logger := slog.New(slog.NewTextHandler(usedBy(func() { w.use("the default logger") }), nil))
	slog.SetDefault(logger) // that of package log, too
	writer := log.Writer()
	return func() {
		for what, so := range map[string]bool{
			"http.DefaultTransport was replaced": http.DefaultTransport != http.RoundTripper(mine),
			"http.DefaultClient was changed":     http.DefaultClient != w.client || changed(*http.DefaultClient, w.clientWas),
			"the default logger was replaced":    slog.Default() != logger || log.Writer() != writer,
		} {
			if so {
				w.use(what)
			}
		}
		http.DefaultTransport, http.DefaultClient, *http.DefaultClient = w.transport, w.client, w.clientWas
		mine.CloseIdleConnections()
		slog.SetDefault(w.logger)
		log.SetOutput(w.writer)
		log.SetFlags(w.flags)
		log.SetPrefix(w.prefix)
	}
}

// changed reports whether a client is another than it was.
func changed(now, was http.Client) bool {
	return now.Transport != was.Transport || now.Jar != was.Jar || now.Timeout != was.Timeout || (now.CheckRedirect == nil) != (was.CheckRedirect == nil)
}

// usedBy is a writer that calls a function.
type usedBy func()

func (f usedBy) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

func leavesGlobals(tr *trial) {
	var w watch
	restore := w.begin()
	func() {
		defer restore() // also when the test ends
		tr.exercise(w.at)
	}()
	for what := range w.used {
		tr.broken("the sink has touched what belongs to the program: %s", what)
	}
}

func printsNothing(tr *trial) {
	name := filepath.Join(tr.TempDir(), "stdout")
	file, err := os.Create(name)
	if err != nil {
		tr.Fatal(err)
	}
	was := os.Stdout
	os.Stdout = file
	func() {
		defer func() { os.Stdout = was }() // also when the test ends
		tr.exercise(func(*subject) {})
	}()
	if err := file.Close(); err != nil {
		tr.Fatal(err)
	}
	printed, err := os.ReadFile(name)
	if err != nil {
		tr.Fatal(err)
	}
	if len(printed) > 0 {
		tr.broken("on stdout: %.300q", printed)
	}
}
