package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/headgate-dev/headgate/core"
)

func TestARequestArrivesAsItWasGiven(t *testing.T) {
	var got *http.Request
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(207)
		io.WriteString(w, "fine")
	}))
	defer srv.Close()
	c := newClient(t, Options{UserAgent: "agent/1"})
	header := http.Header{"X-Key": {"a", "b"}, "Host": {"other.example"}}
	resp, err := c.Do(soon(t), Request{URL: srv.URL + "/p?q=1", Header: header, Body: []byte("hello")})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != 207 || string(resp.Body) != "fine" || resp.Truncated || resp.Header.Get("X-Answer") != "yes" {
		t.Errorf("answer %+v", resp)
	}
	if got.Method != "POST" || got.URL.String() != "/p?q=1" || string(body) != "hello" || got.ContentLength != 5 {
		t.Errorf("%s %s %q, %d bytes", got.Method, got.URL, body, got.ContentLength)
	}
	if got.Host != "other.example" || got.UserAgent() != "agent/1" || len(got.Header.Values("X-Key")) != 2 {
		t.Errorf("host %q, header %v", got.Host, got.Header)
	}
	if enc := got.Header.Get("Accept-Encoding"); enc != "" {
		t.Errorf("asks for %s answers", enc)
	}
	if len(header) != 2 {
		t.Errorf("the caller's header became %v", header)
	}
}

func TestABodyIsCompressedAsAsked(t *testing.T) {
	body := []byte(strings.Repeat(`{"name":"run"},`, 5000))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var plain io.Reader = r.Body
		var err error
		switch r.Header.Get("Content-Encoding") {
		case "gzip":
			plain, err = gzip.NewReader(r.Body)
		case "zstd":
			var d *zstd.Decoder
			if d, err = zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1)); err == nil {
				defer d.Close()
				plain = d
			}
		}
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		got, err := io.ReadAll(plain)
		if err != nil || !bytes.Equal(got, body) {
			http.Error(w, "not the same body", 400)
		}
		w.Header().Set("X-Size", r.Header.Get("Content-Length"))
	}))
	defer srv.Close()
	c := newClient(t, Options{})
	var wg sync.WaitGroup
	for range 4 { // writers and buffers are shared
		for _, compression := range []string{"", "none", "gzip", "zstd"} {
			wg.Go(func() {
				for range 5 {
					if err := c.Send(soon(t), Request{URL: srv.URL, Body: body, Compression: compression}); err != nil {
						t.Errorf("%q: %v", compression, err)
					}
				}
			})
		}
	}
	wg.Wait()
	wantClass(t, c.Send(soon(t), Request{URL: srv.URL, Body: body, Compression: "br"}), core.ClassRefused)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var second atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { second.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{other.URL + "/x?token=" + url.QueryEscape(canary("location")), "/same", "", ":%zz" + canary("bad")} {
			var first atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				first.Add(1)
				w.Header()["Location"] = []string{location}
				w.WriteHeader(status)
			}))
			c := newClient(t, Options{})
			err := c.Send(soon(t), Request{URL: srv.URL, Body: []byte("{}")})
			wantClass(t, err, core.ClassRefused)
			if first.Load() != 1 || second.Load() != 0 {
				t.Errorf("%d to %q: %d and %d requests", status, location, first.Load(), second.Load())
			}
			if strings.Contains(err.Error(), "Z9x") {
				t.Errorf("the error tells the location: %v", err)
			}
			if location == other.URL+"/x?token="+url.QueryEscape(canary("location")) && !strings.Contains(err.Error(), other.Listener.Addr().String()) {
				t.Errorf("the error does not name the host: %v", err)
			}
			resp, err := c.Do(soon(t), Request{URL: srv.URL})
			if err != nil || resp.Status != status || resp.Header.Get("Location") != location {
				t.Errorf("%d to %q: %+v, %v", status, location, resp, err)
			}
			srv.Close()
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var conns atomic.Int32
	n := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader([]int{200, 204, 400, 503, 302}[n%5])
		io.WriteString(w, strings.Repeat("x", (n%3)*maxResponseBody/2))
		n++
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c := newClient(t, Options{})
	for range 30 {
		_ = c.Send(soon(t), Request{URL: srv.URL, Body: []byte("{}")})
	}
	if conns.Load() != 1 {
		t.Errorf("30 requests took %d connections", conns.Load())
	}
}

func TestTheBytesOfABodyAreNotTouchedAfterwards(t *testing.T) {
	// The server answers before it has read the body, so that net/http is still sending it.
	srv := newRawServerOfConns(t, func(conn net.Conn) {
		buf := make([]byte, 1024)
		conn.Read(buf)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		for range 64 { // slowly, so that sending goes on
			if _, err := conn.Read(buf); err != nil {
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	})
	c := newClient(t, Options{})
	body := make([]byte, 16<<20)
	for range 10 {
		_ = c.Send(soon(t), Request{URL: srv, Body: body})
		for i := 0; i < len(body); i += 1024 { // the race detector watches
			body[i]++
		}
	}
}

func TestClosingFailsWhatIsUnderWayAndWhatFollows(t *testing.T) {
	arrived := make(chan struct{})
	srv := newRawServer(t, func(_ net.Conn, _ []byte, done <-chan struct{}) { close(arrived); <-done })
	c := newClient(t, Options{})
	failed := make(chan error)
	go func() { failed <- c.Send(context.Background(), Request{URL: srv.url}) }()
	<-arrived
	c.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) || NeverSent(err) {
		t.Errorf("under way: %v", err)
	}
	c.Close()
	if err := c.Send(soon(t), Request{URL: srv.url}); !errors.Is(err, ErrClosed) || !NeverSent(err) {
		t.Errorf("afterwards: %v", err)
	}
}

// A request that was let in just before the client was closed is cancelled by another goroutine, which
// may come late: by then net/http has an answer, and keeps the connection for others.
func TestAClosedClientKeepsNoConnectionWhateverNetHTTPIsAbout(t *testing.T) {
	var open atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	srv.Start()
	defer srv.Close()
	c := newClient(t, Options{})
	late := func() error { // what of a request is not cancelled
		req, err := http.NewRequestWithContext(onlyLoopback(t.Context()), http.MethodPost, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.transport.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := late(); err != nil {
		t.Fatal(err)
	}
	conn, err := c.dialer.dial(onlyLoopback(t.Context()), "tcp", srv.Listener.Addr().String()) // for a request
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a connection that was open when the client was closed: %v", err)
	}
	if err := late(); err == nil {
		t.Error("a closed client connects")
	}
	for deadline := time.Now().Add(10 * time.Second); open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are open", open.Load())
		}
	}
}

func TestTheContextOfTheCallerIsTold(t *testing.T) {
	srv := newRawServer(t, func(_ net.Conn, _ []byte, done <-chan struct{}) { <-done })
	c := newClient(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := c.Send(ctx, Request{URL: srv.url})
	if !errors.Is(err, context.DeadlineExceeded) || !timedOut(err) {
		t.Errorf("deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if err = c.Send(ctx, Request{URL: srv.url}); !errors.Is(err, context.Canceled) || !NeverSent(err) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestWhatProvablyNeverArrivedIsRepeatedBrieflyAndNothingElse(t *testing.T) {
	refused := "http://" + closedPort(t)
	c := newClient(t, Options{})
	var dials atomic.Int32
	ctx := httptrace.WithClientTrace(soon(t), &httptrace.ClientTrace{ConnectStart: func(string, string) { dials.Add(1) }})
	began := time.Now()
	err := c.Send(ctx, Request{URL: refused, Body: []byte("{}")})
	wantClass(t, err, core.ClassRetry)
	if dials.Load() != 1+maxRepeats || !NeverSent(err) || time.Since(began) > time.Second {
		t.Errorf("%d dials in %v, never sent: %v: %v", dials.Load(), time.Since(began), NeverSent(err), err)
	}

	srv := newRawServer(t, func(conn net.Conn, _ []byte, _ <-chan struct{}) {}) // reads the request and hangs up
	err = c.Send(soon(t), Request{URL: srv.url, Body: []byte("{}")})
	wantClass(t, err, core.ClassRetry)
	if srv.requests() != 1 || NeverSent(err) {
		t.Errorf("%d requests, never sent: %v: %v", srv.requests(), NeverSent(err), err)
	}

	var answers atomic.Int32
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answers.Add(1)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(503)
	}))
	defer failing.Close()
	err = c.Send(soon(t), Request{URL: failing.URL, Body: []byte("{}")})
	if class, wait := core.Classify(err); class != core.ClassRetryAfter || wait != time.Second || answers.Load() != 1 {
		t.Errorf("%s, %v after %d requests", class, wait, answers.Load())
	}
}

func TestARequestRepeatedAfterARestartArrivesWhole(t *testing.T) {
	address := closedPort(t)
	got := make(chan string, 1)
	go func() {
		time.Sleep(20 * time.Millisecond) // within the wait before the first repeat or the second
		ln, err := net.Listen("tcp", address)
		if err != nil {
			got <- err.Error()
			return
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got <- string(body)
		})}
		t.Cleanup(func() { srv.Close() })
		srv.Serve(ln)
	}()
	c := newClient(t, Options{})
	if err := c.Send(soon(t), Request{URL: "http://" + address, Body: []byte("whole")}); err != nil {
		t.Fatal(err)
	}
	if body := <-got; body != "whole" {
		t.Errorf("got %q", body)
	}
}

// closedPort returns a loopback address at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// newRawServerOfConns is newRawServer for what does not even read the request.
func newRawServerOfConns(t *testing.T, serve func(net.Conn)) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { defer conn.Close(); serve(conn) })
		}
	})
	t.Cleanup(func() { ln.Close(); wg.Wait() })
	return "http://" + ln.Addr().String()
}
