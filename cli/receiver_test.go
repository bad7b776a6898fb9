package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

type receiverKey struct{}

// receiver is a destination of the http sink. A path that is a number is answered
// with that status, any other with 200; all that comes is kept.
type receiver struct {
	*httptest.Server

	mu   sync.Mutex
	text strings.Builder
	n    int
}

func newReceiver() *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	fmt.Fprintf(&r.text, "%s %s\n%s\n", req.Method, req.URL.RequestURI(), body)
	status := http.StatusOK
	_, _ = fmt.Sscanf(req.URL.Path, "/%d", &status)
	w.WriteHeader(status)
}

func (r *receiver) received() (string, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String(), r.n
}

// received looks for a pattern in what has come: received PATTERN, ! received PATTERN,
// or "received" alone, which wants anything at all.
func received(ts *testscript.TestScript, neg bool, args []string) {
	text, n := ts.Value(receiverKey{}).(*receiver).received()
	pattern := strings.Join(args, " ")
	found, err := regexp.MatchString(`(?m)`+pattern, text)
	ts.Check(err)
	if found = found && n > 0; found == neg {
		ts.Fatalf("the receiver got %d requests; match of %q: %v\n%s", n, pattern, found, text)
	}
}

// forget forgets what has come so far.
func forget(ts *testscript.TestScript, _ bool, _ []string) {
	r := ts.Value(receiverKey{}).(*receiver)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.Reset()
	r.n = 0
}
