// Package deletiontest is what the sinks of vendors are held to that ask for the deletion of a
// person's data, and a server that takes such requests as a vendor documents them.
package deletiontest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Vendor is a server that is asked to delete.
type Vendor struct {
	URL string

	mu     sync.Mutex
	bodies []string
	status int
}

// New starts a server that takes POST of JSON at path, with this header Authorization, type of body and
// query, and answers with answer. Anything else is refused as the vendor would.
func New(t *testing.T, path, authorization, contentType, query, answer string) *Vendor {
	t.Helper()
	v := &Vendor{status: http.StatusOK}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		switch {
		case r.Method != http.MethodPost || r.URL.Path != path:
			w.WriteHeader(http.StatusNotFound)
		case r.Header.Get("Authorization") != authorization || r.URL.RawQuery != query:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, "%s is not good, nor %s", r.Header.Get("Authorization"), r.URL.RawQuery)
		case r.Header.Get("Content-Type") != contentType:
			w.WriteHeader(http.StatusUnsupportedMediaType)
		case !json.Valid(body):
			w.WriteHeader(http.StatusBadRequest)
		case v.status != http.StatusOK:
			w.WriteHeader(v.status)
		default:
			v.bodies = append(v.bodies, string(body))
			_, _ = io.WriteString(w, answer)
		}
	}))
	t.Cleanup(s.Close)
	v.URL = s.URL
	return v
}

// Fail has every request answered with a status from now on.
func (v *Vendor) Fail(status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.status = status
}

// Bodies returns the bodies that were taken.
func (v *Vendor) Bodies() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.bodies...)
}

// Sink is a sink that asks for deletion.
type Sink interface {
	core.Sink
	core.Forgetter
}

// Run holds a sink, which has all it needs, to the contract of [core.Forgetter]. The
// credentials are those that the sink has.
func Run(t *testing.T, s Sink, v *Vendor, ids core.PersonIDs, want []string, credentials ...string) {
	t.Helper()
	d, err := s.Deletion(ids)
	if err != nil || len(d.Needs) > 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	if len(v.Bodies()) > 0 {
		t.Error("Deletion has asked already")
	}
	answer, err := s.Forget(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	got := v.Bodies()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("it asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	shown := fmt.Sprintf("%+v %s", d, answer)
	for i, r := range d.Requests {
		if i < len(got) && r.Body != got[i] {
			t.Errorf("it showed %s, and asked %s", r.Body, got[i])
		}
	}
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusBadRequest, http.StatusInternalServerError} {
		v.Fail(status)
		_, err := s.Forget(t.Context(), ids)
		if err == nil {
			t.Errorf("%d counts as done", status)
		}
		shown += fmt.Sprintf(" %v %+v", err, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Forget(ctx, ids); err == nil {
		t.Error("it asked although its context was done")
	}
	for _, c := range credentials {
		if strings.Contains(shown, c) {
			t.Errorf("a credential is shown: %s", shown)
		}
	}
}

// Needs checks that a sink without credentials says so, and shows where they would stand.
func Needs(t *testing.T, s Sink, ids core.PersonIDs, needs, shown string) {
	t.Helper()
	d, err := s.Deletion(ids)
	if err != nil || strings.Join(d.Needs, ",") != needs {
		t.Errorf("it needs %v, want %s (%v)", d.Needs, needs, err)
	}
	if text := fmt.Sprintf("%+v", d.Requests); !strings.Contains(text, shown) {
		t.Errorf("%s does not show %s", text, shown)
	}
}

// Open makes a sink as New of its package does, and closes it after the test.
func Open[S core.Sink, C any](t *testing.T, open func(context.Context, registry.Env, C) (core.Sink, error), c C) S {
	t.Helper()
	s, err := open(t.Context(), registry.Env{App: core.App{Name: "acme"}}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s.(S)
}
