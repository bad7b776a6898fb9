package metrics

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/otel/attribute"
)

// answer is what is known of the response of a handler.
type answer struct {
	status   int   // 0: none was sent
	n        int64 // bytes of the body
	hijacked bool
}

// wrap returns a writer that has exactly the further methods w has, and tells a what is written.
func (a *answer) wrap(w http.ResponseWriter) http.ResponseWriter {
	return httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) {
				next(status)
				a.decide(status)
			}
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(p []byte) (int, error) {
				n, err := next(p)
				a.wrote(int64(n))
				return n, err
			}
		},
		WriteString: func(next httpsnoop.WriteStringFunc) httpsnoop.WriteStringFunc {
			return func(text string) (int, error) {
				n, err := next(text)
				a.wrote(int64(n))
				return n, err
			}
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) {
				n, err := next(src)
				a.wrote(n)
				return n, err
			}
		},
		Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() {
				next()
				a.decide(http.StatusOK)
			}
		},
		FlushError: func(next httpsnoop.FlushErrorFunc) httpsnoop.FlushErrorFunc {
			return func() error {
				err := next()
				a.decide(http.StatusOK)
				return err
			}
		},
		Hijack: func(next httpsnoop.HijackFunc) httpsnoop.HijackFunc {
			return func() (net.Conn, *bufio.ReadWriter, error) {
				a.hijacked = true
				return next()
			}
		},
	})
}

func (a *answer) wrote(n int64) {
	a.decide(http.StatusOK)
	a.n += n
}

// decide keeps the first final status: others of the 100s may come before.
func (a *answer) decide(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
}

// attributes returns the status, and what kind of failure it stands for. A handler that returns
// without a word has answered 200.
func (a *answer) attributes(returned bool) (kvs []attribute.KeyValue) {
	status := a.status
	if status == 0 && returned && !a.hijacked {
		status = http.StatusOK
	}
	if status != 0 {
		kvs = append(kvs, attribute.Int("http.response.status_code", status))
	}
	switch {
	case !returned:
		kvs = append(kvs, attribute.String("error.type", "panic"))
	case status >= http.StatusInternalServerError:
		kvs = append(kvs, attribute.String("error.type", strconv.Itoa(status)))
	}
	return kvs
}

// countingBody counts what a handler reads of a request.
type countingBody struct {
	io.ReadCloser
	n atomic.Int64 // a proxy may read on after its handler has returned
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	return n, err
}
