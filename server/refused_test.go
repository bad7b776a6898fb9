package server

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// full is a queue that has room for n events and then refuses them with err.
func full(n int, err error) func(context.Context, core.Event) error {
	return func(context.Context, core.Event) error {
		if n--; n < 0 {
			return err
		}
		return nil
	}
}

func retryAfter(t *testing.T, w *httptest.ResponseRecorder) int {
	t.Helper()
	seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
	}
	return seconds
}

// TestABodyIsAskedForAgainOnlyWhenThatDoublesNothing holds the promise of the package
// comment: who sends again exactly what an answer asks for has each event taken once.
func TestABodyIsAskedForAgainOnlyWhenThatDoublesNothing(t *testing.T) {
	for _, refusal := range []struct {
		err    error
		status int
		text   string
	}{
		{core.ErrQueueFull, 429, "the queue is full"},
		{fmt.Errorf("%w, and waiting for room ended: %w", core.ErrQueueFull, context.DeadlineExceeded), 429, "the queue is full"},
		{context.DeadlineExceeded, 429, "the queue is full"},
		{core.ErrClosed, 503, "the server is stopping"},
		{errors.New("write /secret/dir/7.log: no space left on device"), 503, "the event could not be stored"},
	} {
		for _, c := range []struct {
			name     string
			room     int
			body     string
			status   int
			rejected []any
		}{
			{"nothing was taken", 0, `[{"name":"a"},{"name":"b"}]`, refusal.status, []any{0.0, 1.0}},
			{"all that was taken has an id", 1, `[{"name":"a","id":"1"},{"name":"b"}]`, refusal.status, []any{1.0}},
			{"something was taken that has none", 1, `[{"name":"a"},{"name":"b","id":"2"},{"name":"c"}]`, 200, []any{1.0, 2.0}},
			{"everything was taken", 2, `[{"name":"a"},{"name":"b"}]`, 200, nil},
		} {
			t.Run(fmt.Sprintf("%v: %s", refusal.err, c.name), func(t *testing.T) {
				gate := &recorder{before: full(c.room, refusal.err)}
				s := newServer(t, Options{Gate: gate})
				w := do(s, jsonRequest(c.body))
				answer := want(t, w, c.status)
				var indexes []any
				for _, r := range answer["rejected"].([]any) {
					r := r.(map[string]any)
					indexes = append(indexes, r["index"])
					if r["error"] != refusal.text+"; send this event again" {
						t.Errorf("the error is %v", r["error"])
					}
				}
				if diff := cmp.Diff(c.rejected, indexes); diff != "" {
					t.Errorf("rejected, -want +got:\n%s", diff)
				}
				if answer["accepted"] != float64(min(c.room, len(gate.taken()))) {
					t.Errorf("the answer is %v", answer)
				}
				if c.status == 200 {
					return
				}
				retryAfter(t, w)
				if answer["error"] != refusal.text+"; send the whole body again" {
					t.Errorf("the error is %v", answer["error"])
				}
				gate.before = nil
				want(t, do(s, jsonRequest(c.body)), 200)
				if diff := cmp.Diff([]string{"a", "b"}, gate.names()); diff != "" {
					t.Errorf("after sending again, -want +got:\n%s", diff)
				}
			})
		}
	}
}

func TestLangflowIsToldWhenItsEventWasNotTaken(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{{core.ErrQueueFull, 429}, {core.ErrClosed, 503}, {errors.New("no space left"), 503}, {core.ErrInvalidEvent, 200}} {
		s := newServer(t, Options{Gate: &recorder{before: full(0, c.err)}})
		w := do(s, request("GET", "/langflow/run?runSeconds=1", ""))
		want(t, w, c.status)
		if c.status != 200 {
			retryAfter(t, w)
		}
	}
}

// TestABlockedQueueIsWaitedForASecondPerRequest has a queue that blocks until its caller
// gives up, as one with on_full: block does.
func TestABlockedQueueIsWaitedForASecondPerRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &recorder{before: func(ctx context.Context, _ core.Event) error {
			<-ctx.Done()
			return core.ErrQueueFull
		}}
		s := newServer(t, Options{Gate: gate})
		begin := time.Now()
		r := jsonRequest(`[{"name":"a"},{"name":"b"},{"name":"c"}]`)
		want(t, do(s, r), 429)
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited for %v", waited)
		}
	})
}

// TestASenderWhoGoesAwayHasItsEventsTaken, for they have come, and it may not know.
func TestASenderWhoGoesAwayHasItsEventsTaken(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	gate := &recorder{before: func(ctx context.Context, _ core.Event) error { return ctx.Err() }}
	want(t, do(newServer(t, Options{Gate: gate}), jsonRequest(`{"name":"a"}`).WithContext(gone)), 200)
	if len(gate.taken()) != 1 {
		t.Error("the event was not taken")
	}
}

func TestTheBodiesInFlightAreBoundedTogether(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{})
	gate := &recorder{before: func(context.Context, core.Event) error {
		entered <- struct{}{}
		<-release
		return nil
	}}
	s := newServer(t, Options{Gate: gate, MaxInFlight: 24_000})
	body := `{"name":"a","properties":{"text":"` + strings.Repeat("x", 6000) + `"}}`
	first := make(chan int, 1)
	go func() { first <- do(s, jsonRequest(body)).Code }()
	select {
	case <-entered:
	case code := <-first:
		t.Fatalf("the first was answered %d", code)
	}
	w := do(s, jsonRequest(body)) // fits by itself, not beside the first
	want(t, w, 503)
	retryAfter(t, w)
	close(release)
	if code := <-first; code != 200 {
		t.Errorf("the first was answered %d", code)
	}
	gate.before = nil
	want(t, do(s, jsonRequest(body)), 200)
}
