package transport

import (
	"io"
	"net/http"
	"sync"
)

// guard lends bytes to net/http, which may go on reading a body in a goroutine of its own
// after it has returned the answer, and takes them back.
type guard struct {
	mu   sync.Mutex
	data []byte // nil once revoked
}

// revoke makes all further reads fail; no byte is touched after it has returned.
func (g *guard) revoke() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.data = nil
}

// guardedReader is one reading of the bytes of a guard.
type guardedReader struct {
	*guard
	at int
}

// Read copies under the lock. There is no WriteTo, which would hand out the bytes themselves.
func (r *guardedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.data == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	n := copy(p, r.data[r.at:])
	if r.at += n; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Len returns the whole length, from which retryablehttp takes Content-Length.
func (r *guardedReader) Len() int { return len(r.data) }

// Close does nothing: several readings share the bytes.
func (r *guardedReader) Close() error { return nil }
