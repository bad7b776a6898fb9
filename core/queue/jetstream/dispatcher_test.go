package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

// receiver is a sink that can be away.
type receiver struct {
	mu   sync.Mutex
	away bool
	got  map[string]int
}

func (r *receiver) Send(_ context.Context, events []core.Sealed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return errors.New("nobody is there")
	}
	for _, e := range events {
		r.got[e.ID()]++
	}
	return nil
}

func (r *receiver) Close(context.Context) error { return nil }

func (r *receiver) set(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
}

// dispatch starts a dispatcher whose log is in a stream.
func dispatch(t *testing.T, s *testServer, r *receiver) *core.Dispatcher {
	t.Helper()
	d, err := core.New(core.Config{
		Queue: core.QueueConfig{Open: func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return Open(Config{URL: core.NewSecret(s.url()), MaxBytes: maxBytes, OnFull: onFull, AckWait: 2 * time.Second, Patience: late})
		}},
		Sinks: []core.SinkConfig{{
			Name: "receiver", Reach: core.ReachLocal, Open: func() (core.Sink, error) { return r, nil },
			Batch: core.BatchConfig{MaxEvents: 7, MaxWait: 5 * time.Millisecond},
			Retry: core.RetryConfig{Initial: 5 * time.Millisecond, Max: 20 * time.Millisecond},
		}},
	}, core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d
}

func offer(t *testing.T, d *core.Dispatcher, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if v, err := d.Offer(context.Background(), core.Event{ID: fmt.Sprint("event-", i), Name: "run"}); v != core.Accepted {
			t.Fatalf("event %d: %v, %v", i, v, err)
		}
	}
}

func balanced(t *testing.T, d *core.Dispatcher) core.SinkStats {
	t.Helper()
	stats := d.Stats()
	s := stats.Sinks["receiver"]
	in, out := stats.Books.Accepted+s.Recovered, s.Delivered+s.Filtered+s.SampledOut+s.DeadLettered+s.Expired+s.Overflowed+s.Queued
	if in != out {
		t.Errorf("%d came in, %d went out: %+v, %+v", in, out, stats.Books, s)
	}
	return s
}

func TestWhatADispatcherDidNotDeliverTheNextOneDoes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	away := &receiver{away: true, got: make(map[string]int)}
	first := dispatch(t, s, away)
	offer(t, first, 0, 50)
	if v, err := first.Offer(context.Background(), core.Event{ID: "event-3", Name: "run"}); v != core.Duplicate {
		t.Errorf("an id that was taken before is %v, %v", v, err)
	}
	eventually(t, "it was tried", func() bool { return first.Stats().Sinks["receiver"].Retries > 0 })
	if q := balanced(t, first).Queued; q != 50 {
		t.Errorf("%d events are queued, want 50", q)
	}
	ctx, cancel := contextFor(300 * time.Millisecond)
	defer cancel()
	_ = first.Close(ctx)
	if err := first.Close(context.Background()); err != nil { // when it has let go of the stream, too
		t.Fatal(err)
	}
	balanced(t, first)

	there := &receiver{got: make(map[string]int)}
	second := dispatch(t, s, there)
	offer(t, second, 50, 60)
	eventually(t, "all is delivered", func() bool {
		return second.Stats().Sinks["receiver"].Delivered == 60
	})
	// What a process that is slow has given back, and is given again, it has recovered twice and handed over once.
	if sink := balanced(t, second); sink.Recovered-sink.Reasons["filtered.handed_over"] != 50 || sink.Queued != 0 {
		t.Errorf("the second dispatcher has %+v", sink)
	}
	if err := second.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	there.mu.Lock()
	defer there.mu.Unlock()
	for i := range 60 {
		if n := there.got[fmt.Sprint("event-", i)]; n != 1 {
			t.Errorf("event %d was delivered %d times", i, n)
		}
	}
}

func TestTurningTrackingOffEmptiesTheStreamOfWhatThisProcessTook(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := &receiver{away: true, got: make(map[string]int)}
	d := dispatch(t, s, r)
	offer(t, d, 0, 30)
	d.SetDoNotTrack(true)
	eventually(t, "the stream is empty", func() bool { return a.state().Msgs == 0 })
	if sink := balanced(t, d); sink.Filtered != 30 || sink.Queued != 0 {
		t.Errorf("the sink has %+v", sink)
	}
	r.set(false)
	d.SetDoNotTrack(false)
	offer(t, d, 30, 40)
	eventually(t, "what came since is delivered", func() bool { return d.Stats().Sinks["receiver"].Delivered == 10 })
	balanced(t, d)
	if len(r.got) != 10 {
		t.Errorf("%d events were delivered, want 10", len(r.got))
	}
}

func TestPurgingEmptiesTheStreamAndCountsWhatWasUnfinished(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url())}
	if n, err := Purge(context.Background(), cfg); n != 0 || err != nil {
		t.Errorf("a stream that is not there: %d, %v", n, err)
	}
	if err := Reach(context.Background(), cfg); err != nil {
		t.Errorf("servers that are there cannot be reached: %v", err)
	}
	r := started(t, cfg, "a")
	r.appendTogether(t, 0, 10)
	r.read(t, 10)
	eventually(t, "the first message is finished", func() bool { return a.consumer("a").AckFloor.Stream == 1 })
	r.appendTogether(t, 10, 35)
	r.append(t, 35, 37)
	if n, err := Purge(context.Background(), cfg); n != 27 || err != nil {
		t.Errorf("%d records were deleted, %v; want 27", n, err)
	}
	if n := a.state().Msgs; n != 0 {
		t.Errorf("%d messages are left", n)
	}
	r.append(t, 37, 38)
	eventually(t, "what came since is read", func() bool {
		if run := r.fetch(10); run.Len() > 0 {
			r.finish(run)
		}
		r.cursor.Want(1, 1)
		return r.seen[string(record(37))] == 1
	})
	r.balance(t)
}
