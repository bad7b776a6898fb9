package transport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient makes a client that does not outlive its test.
func newClient(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// rawServer answers each connection by hand, for faults that net/http cannot be made to
// produce. serve is called after the request was read; the connection closes when it returns.
type rawServer struct {
	url      string
	requests func() int
}

func newRawServer(t *testing.T, serve func(conn net.Conn, body []byte, done <-chan struct{})) rawServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu    sync.Mutex
		n     int
		wg    sync.WaitGroup
		done  = make(chan struct{})
		conns []net.Conn
	)
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				req, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				body, _ := io.ReadAll(req.Body)
				mu.Lock()
				n++
				mu.Unlock()
				serve(conn, body, done)
			})
		}
	})
	t.Cleanup(func() {
		close(done)
		ln.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return rawServer{"http://" + ln.Addr().String(), func() int { mu.Lock(); defer mu.Unlock(); return n }}
}

func wantClass(t *testing.T, err error, want core.Class) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one of class %s", want)
	}
	if got, _ := core.Classify(err); got != want {
		t.Errorf("class %s, want %s: %v", got, want, err)
	}
}

// soon bounds a test of something that must not hang.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// canary returns a secret that is nowhere in the sources of this test.
func canary(kind string) string {
	return "Z9x/" + kind[:2] + "+" + strings.Repeat("Z9x", 5) + "=&?"
}

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
