package transport

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// hang holds the connection open until the test ends.
func hang(_ net.Conn, _ []byte, done <-chan struct{}) { <-done }

// answers writes a text and then does something.
func answers(text string, then func(net.Conn, []byte, <-chan struct{})) func(net.Conn, []byte, <-chan struct{}) {
	return func(conn net.Conn, body []byte, done <-chan struct{}) {
		io.WriteString(conn, text)
		then(conn, body, done)
	}
}

func hangUp(net.Conn, []byte, <-chan struct{}) {}

func reset(conn net.Conn, _ []byte, _ <-chan struct{}) { conn.(*net.TCPConn).SetLinger(0) }

// forever writes until nobody reads.
func forever(piece string, pause time.Duration) func(net.Conn, []byte, <-chan struct{}) {
	return func(conn net.Conn, _ []byte, done <-chan struct{}) {
		for {
			if _, err := io.WriteString(conn, piece); err != nil {
				return
			}
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
		}
	}
}

func TestAServerThatMisbehavesCostsOneBoundedAttempt(t *testing.T) {
	const ok, bad = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 401 Unauthorized\r\n"
	for name, c := range map[string]struct {
		serve func(net.Conn, []byte, <-chan struct{})
		want  core.Class // "" for delivered
	}{
		"no answer":                {hang, core.ClassRetry},
		"hangs up":                 {hangUp, core.ClassRetry},
		"reset after the body":     {reset, core.ClassRetry},
		"half a status line":       {answers("HTTP/1.1 20", hangUp), core.ClassRetry},
		"not HTTP":                 {answers("220 smtp ready\r\n", hangUp), core.ClassRetry},
		"headers without end":      {answers(ok, forever("X-A: "+strings.Repeat("a", 4096)+"\r\n", 0)), core.ClassRetry},
		"half the headers":         {answers(ok+"X-A:", hang), core.ClassRetry},
		"100 and then nothing":     {answers("HTTP/1.1 100 Continue\r\n\r\n", hang), core.ClassRetry},
		"100 without end":          {forever("HTTP/1.1 100 Continue\r\n\r\n", 0), core.ClassRetry},
		"body never ends":          {answers(ok+"Content-Length: 10\r\n\r\nabc", hang), core.ClassRetry},
		"one byte at a time":       {answers(ok+"Content-Length: 1000\r\n\r\n", forever("a", 20*time.Millisecond)), core.ClassRetry},
		"body breaks off":          {answers(ok+"Content-Length: 10\r\n\r\nabc", hangUp), core.ClassRetry},
		"invalid chunking":         {answers(ok+"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc", hangUp), core.ClassRetry},
		"chunks without end mark":  {answers(ok+"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", hangUp), core.ClassRetry},
		"a body of any length":     {answers(ok+"\r\n", forever(strings.Repeat("a", 32<<10), 0)), ""},
		"a body of 10 GB":          {answers(ok+"Content-Length: 10000000000\r\n\r\n", forever(strings.Repeat("a", 32<<10), 0)), ""},
		"refusal never ends":       {answers(bad+"Content-Length: 10\r\n\r\nabc", hang), core.ClassUnauthorized},
		"refusal breaks off":       {answers(bad+"Content-Length: 10\r\n\r\nabc", hangUp), core.ClassUnauthorized},
		"refusal chunked wrongly":  {answers(bad+"Transfer-Encoding: chunked\r\n\r\nzz\r\n", hangUp), core.ClassUnauthorized},
		"refusal of 10 GB":         {answers(bad+"Content-Length: 10000000000\r\n\r\n", forever(strings.Repeat("a", 32<<10), 0)), core.ClassUnauthorized},
		"status out of range":      {answers("HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n", hangUp), core.ClassRetry},
		"protocol switched":        {answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", hangUp), core.ClassRefused},
		"no body where none comes": {answers("HTTP/1.1 204 No Content\r\n\r\n", hang), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newRawServer(t, c.serve)
			client := newClient(t, Options{Timeout: 300 * time.Millisecond})
			began := time.Now()
			err := client.Send(soon(t), Request{URL: srv.url, Body: []byte(`{"name":"run"}`)})
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
			if srv.requests() != 1 || NeverSent(err) {
				t.Errorf("%d requests; never sent: %v", srv.requests(), NeverSent(err))
			}
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantClass(t, err, c.want)
		})
	}
}

func TestOfALongAnswerABoundedPartIsRead(t *testing.T) {
	const size = 8 << 20
	written := make(chan int, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, piece := 0, make([]byte, 32<<10)
		for n < size {
			k, err := w.Write(piece)
			if n += k; err != nil {
				break
			}
		}
		written <- n
	}))
	defer srv.Close()
	resp, err := newClient(t, Options{}).Do(soon(t), Request{URL: srv.URL})
	if err != nil || len(resp.Body) != maxResponseBody || !resp.Truncated {
		t.Fatalf("%v, %d bytes", err, len(resp.Body))
	}
	if n := <-written; n >= size {
		t.Errorf("the server could write all %d bytes", n)
	}
}

func TestNoSecretIsInAnyError(t *testing.T) {
	inQuery, inHeader, inUser, inPath := canary("query"), canary("header"), "userinfoZ9xZ9xZ9x", canary("path")
	secrets := []core.Secret{core.NewSecret(inQuery), core.NewSecret(inHeader), core.NewSecret(inUser), core.NewSecret(inPath)}
	target := func(base string) string {
		return strings.Replace(base, "://", "://user:"+inUser+"@", 1) + "/" + pathEscape(inPath) + "?api_secret=" + queryEscape(inQuery)
	}
	// A server that says everything it was told, in every way.
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := 400
		fmt.Sscanf(r.Header.Get("X-Status"), "%d", &status)
		w.Header().Set("Location", "http://"+r.Host+r.URL.String())
		w.WriteHeader(status)
		for range 40 { // so that one is at the place where the excerpt is cut
			fmt.Fprintf(w, "%s %s %s %s %q ", r.URL, r.URL.Path, r.URL.Query(), r.Header, r.Header.Get("X-Key"))
		}
	}))
	defer echo.Close()
	tlsServer := httptest.NewTLSServer(echo.Config.Handler)
	tlsServer.Config.ErrorLog = discardLog()
	defer tlsServer.Close()
	garbage := newRawServer(t, answers("HTTP/1.1 200 OK\r\n"+inHeader+"\r\n\r\n", hangUp))

	c := newClient(t, Options{Secrets: secrets, Timeout: 2 * time.Second})
	check := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: no error", name)
			return
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			for _, secret := range []string{inQuery, inHeader, inUser, inPath} {
				if form := leaks(fmt.Sprintf(verb, err), secret); form != "" {
					t.Errorf("%s: %s leaks (%s): "+verb, name, secret, form, err)
				}
			}
		}
	}
	req := func(base string, status string) Request {
		return Request{URL: target(base), Header: http.Header{"X-Key": {inHeader}, "X-Status": {status}}, Body: []byte("{}")}
	}
	for _, status := range []string{"302", "400", "401", "404", "413", "429", "500", "503"} {
		check(status, c.Send(soon(t), req(echo.URL, status)))
	}
	check("refused", c.Send(soon(t), req("http://"+closedPort(t), "")))
	check("no such host", c.Send(soon(t), req("https://does-not-exist.invalid", "")))
	check("certificate", c.Send(soon(t), req(tlsServer.URL, "200")))
	check("TLS to plain", c.Send(soon(t), req(strings.Replace(echo.URL, "http:", "https:", 1), "200")))
	check("malformed answer", c.Send(soon(t), req(garbage.url, "200")))
	check("insecure", c.Send(soon(t), req("http://example.com", "200")))
	check("bad URL", c.Send(soon(t), req("http://exa mple.com", "200")))
	check("bad port", c.Send(soon(t), req("https://example.com:port", "200")))
	check("bad header", c.Send(soon(t), Request{URL: echo.URL, Header: http.Header{"X-Key": {inHeader + "\n"}}}))
	check("bad method", c.Send(soon(t), Request{URL: echo.URL, Method: inHeader}))
	check("reach", c.Reach(soon(t), target("http://"+closedPort(t))))
	c.Close()
	check("closed", c.Send(soon(t), req(echo.URL, "200")))
}

func TestASecretCutByTheExcerptDoesNotRemainInPart(t *testing.T) {
	secret := strings.Repeat("Z9x-", 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		io.WriteString(w, strings.Repeat("a", 100)+secret+strings.Repeat("b", 120)+secret)
	}))
	defer srv.Close()
	err := newClient(t, Options{Secrets: []core.Secret{core.NewSecret(secret)}}).Send(soon(t), Request{URL: srv.URL})
	if err == nil || strings.Contains(err.Error(), "Z9x") || !strings.Contains(err.Error(), "aaa[redacted]bbb") {
		t.Errorf("got %v", err)
	}
}
