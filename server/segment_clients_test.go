package server

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// sealed is what a test looks at of an event that reached a sink.
type sealed struct {
	Kind, Name                     string
	UserID, AnonymousID, SessionID string
	Props                          map[string]any
}

// house is a front door with a dispatcher behind it, and a sink that keeps what comes out.
type house struct {
	url        string
	dispatcher *core.Dispatcher

	mu     sync.Mutex
	events map[string]sealed // by id
	times  map[string]time.Time
	count  int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{events: map[string]sealed{}, times: map[string]time.Time{}}
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "keep", Reach: core.ReachLocal, Sink: core.SinkFunc(h.keep)}}},
		core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h.dispatcher = d
	h.url = started(t, Options{Gate: d, WriteKeys: []core.Secret{core.NewSecret(testKey)}}).URL()
	return h
}

func (h *house) keep(_ context.Context, batch []core.Sealed) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range batch {
		props := map[string]any{}
		if err := e.Props().Decode(&props); err != nil {
			return core.Permanent(err)
		}
		h.events[e.ID()] = sealed{e.Kind().String(), e.Name(), e.UserID(), e.AnonymousID(), e.SessionID(), props}
		h.times[e.ID()] = e.Time()
		h.count++
	}
	return nil
}

// check delivers what was taken and compares it, and how much was taken twice.
func (h *house) check(t *testing.T, want map[string]sealed, duplicates uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.dispatcher.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if diff := cmp.Diff(want, h.events); diff != "" || h.count != len(want) {
		t.Errorf("%d events were delivered, -want +got:\n%s", h.count, diff)
	}
	n := uint64(len(want))
	if diff := cmp.Diff(core.Books{Received: n + duplicates, Accepted: n, Duplicates: duplicates}, h.dispatcher.Stats().Books); diff != "" {
		t.Errorf("the books, -want +got:\n%s", diff)
	}
	if at, want := h.times["m-track"], time.Date(2026, 8, 1, 10, 0, 0, 123e6, time.UTC); !at.Equal(want) {
		t.Errorf("the event happened at %v, want %v", at, want)
	}
}
