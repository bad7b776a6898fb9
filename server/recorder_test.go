package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a gate that keeps what it is offered. Its rules are those of the
// dispatcher: an event needs a name, a refusal denies it, an id is taken once.
type recorder struct {
	mu     sync.Mutex
	events []core.Event
	ids    map[string]bool
	books  core.Books
	dnt    bool
	// before, if not nil, is asked first; an error is returned as the dispatcher would.
	before func(ctx context.Context, e core.Event) error
}

func (g *recorder) Offer(ctx context.Context, e core.Event) (core.Verdict, error) {
	if g.before != nil {
		if err := g.before(ctx, e); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.books.Received++
			g.books.Rejected++
			return core.Rejected, err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.books.Received++
	switch {
	case g.dnt || e.Consent.DoNotTrack:
		g.books.Denied++
		return core.Denied, nil
	case e.Name == "":
		g.books.Rejected++
		return core.Rejected, core.ErrInvalidEvent
	case e.ID != "" && g.ids[e.ID]:
		g.books.Duplicates++
		return core.Duplicate, nil
	}
	if g.ids == nil {
		g.ids = map[string]bool{}
	}
	g.ids[e.ID] = true
	g.events = append(g.events, e)
	g.books.Accepted++
	return core.Accepted, nil
}

func (g *recorder) Tracking() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.dnt
}

// counted returns the books so far. A gate has no such method: what a request costs must not depend on
// what is in the books.
func (g *recorder) counted() core.Books {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.books
}

// taken returns the events accepted so far.
func (g *recorder) taken() []core.Event {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]core.Event(nil), g.events...)
}

func (g *recorder) names() []string {
	var names []string
	for _, e := range g.taken() {
		names = append(names, e.Name)
	}
	return names
}

// newServer makes a server that is shut down when the test ends.
func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Gate == nil {
		o.Gate = &recorder{}
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return s
}

// started makes a server that listens on a port of its own.
func started(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	s := newServer(t, o)
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// request makes a request; headers are names and values in turn.
func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func jsonRequest(body string, headers ...string) *http.Request {
	return request("POST", "/v1/events", body, append([]string{"Content-Type", "application/json"}, headers...)...)
}

func ndjsonRequest(body string, headers ...string) *http.Request {
	return request("POST", "/v1/events", body, append([]string{"Content-Type", "application/x-ndjson"}, headers...)...)
}

// do has the server answer a request without a network.
func do(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// want checks the status of an answer, and returns its JSON.
func want(t testing.TB, w *httptest.ResponseRecorder, status int) map[string]any {
	t.Helper()
	if w.Code != status {
		t.Fatalf("got %d %s, want %d", w.Code, w.Body, status)
	}
	if w.Body.Len() == 0 {
		return nil
	}
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("the answer is not JSON: %q", w.Body)
	}
	return answer
}

// logged collects log lines.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logged) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// client returns an HTTP client without redirects, and closes its connections in the end.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send does a request over the network and returns the answer, its body read.
func send(t testing.TB, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func get(t testing.TB, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, c, r)
}
