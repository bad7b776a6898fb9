package core

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// witness notes what it is told, as "sink name result reason error".
type witness struct {
	mu    sync.Mutex
	seen  map[string]int
	count map[Result]uint64
}

func (w *witness) tell(o Observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen, w.count = map[string]int{}, map[Result]uint64{}
	}
	for i := range o.Len() {
		event := o.Event(i)
		if o.ID(i) != event.ID() {
			panic("the id is another's")
		}
		w.seen[fmt.Sprint(o.Sink, " ", event.Name(), " ", o.Result, " ", o.Reason, " ", o.Error)]++
		w.count[o.Result]++
	}
}

func TestAnObserverIsToldWhatBecomesOfEveryEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		failures := 0
		s.set(func(_ context.Context, names []string) error {
			partial := &BatchError{Failed: map[int]error{}}
			for i, name := range names {
				switch name {
				case "declined":
					partial.Failed[i] = Declined(errors.New("no such event"))
				case "bad":
					partial.Failed[i] = Permanent(errors.New("bad event"))
				case "late":
					partial.Failed[i] = errors.New("not now")
				case "flaky":
					if failures++; failures < 3 {
						return errDown
					}
				}
			}
			if len(partial.Failed) > 0 {
				return partial
			}
			return nil
		})
		cfg := sinkOf("a", s)
		cfg.Events = []string{"!noise"}
		cfg.When = func(s Sealed) bool { return s.Name() != "unwanted" }
		cfg.Retry.MaxAge, cfg.Retry.Max = time.Minute, time.Second
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		w := &witness{}
		stop := d.Observe(w.tell)
		for _, name := range []string{"run", "declined", "bad", "noise", "unwanted", "late"} {
			track(t, d, name)
		}
		time.Sleep(2 * time.Minute)
		track(t, d, "flaky")
		_ = d.Flush(t.Context())
		s.set(nil)
		if _, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{}); err != nil {
			t.Fatal(err)
		}
		stats := d.Stats().Sinks["a"]
		if w.seen["a late retrying  not now"] == 0 {
			t.Error("it was not told of an event that is tried again")
		}
		delete(w.seen, "a late retrying  not now")
		want := map[string]int{
			"a run delivered  ": 1, "a declined filtered filtered.declined no such event": 1, "a bad dead_lettered permanent bad event": 1,
			"a noise filtered filtered.events ": 1, "a unwanted filtered filtered.when ": 1, "a late expired max_age ": 1,
			"a flaky retrying  connection refused": 2, "a flaky delivered  ": 1, "a bad delivered replayed ": 1,
		}
		if diff := cmp.Diff(want, w.seen); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		for result, n := range map[Result]uint64{
			Delivered: stats.Delivered, Filtered: stats.Filtered, DeadLettered: stats.DeadLettered, Expired: stats.Expired,
		} {
			if w.count[result] != n {
				t.Errorf("it was told of %d events %s, the books have %d", w.count[result], result, n)
			}
		}
		stop()
		stop()
		track(t, d, "unseen")
		_ = d.Flush(t.Context())
		if w.seen["a unseen delivered  "] > 0 {
			t.Error("it was told of an event after it had stopped")
		}
		closeOrFail(t, d)
	})
}

func TestAnObserverIsToldOfSamplingAndOfTheSinksThatAReloadAdds(t *testing.T) {
	never := 1e-9
	cfg := sinkOf("a", &fakeSink{})
	cfg.Sample = &never
	d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
	w := &witness{}
	defer d.Observe(w.tell)()
	_ = d.Enqueue(t.Context(), Event{Name: "run", UserID: "somebody"})
	_ = d.Flush(t.Context())
	edited := sinkOf("b", &fakeSink{})
	edited.Edit = Edit{Drop: []string{"left_out"}}
	if err := d.Reload(Config{Sinks: []SinkConfig{edited}}); err != nil {
		t.Fatal(err)
	}
	var json string
	defer d.Observe(func(o Observation) { json = string(o.Event(0).Props().Raw()) })()
	_ = d.Enqueue(t.Context(), Event{Name: "run", UserID: "somebody", Props: Props{"left_out": 1, "kept": 2}})
	_ = d.Flush(t.Context())
	closeOrFail(t, d)
	if diff := cmp.Diff(map[string]int{"a run sampled_out  ": 1, "b run delivered  ": 1}, w.seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if json != `{"kept":2}` {
		t.Errorf("the sink gets %s", json)
	}
}

func TestAnObserverThatPanicsHurtsNobody(t *testing.T) {
	s := &fakeSink{}
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
	w := &witness{}
	defer d.Observe(func(Observation) { panic("broken") })()
	defer d.Observe(w.tell)()
	for range 10 {
		track(t, d, "run")
	}
	closeOrFail(t, d)
	if w.count[Delivered] != 10 || d.Stats().Sinks["a"].Delivered != 10 || s.lateUses > 0 {
		t.Errorf("the other observer was told of %v, the books say %+v", w.count, d.Stats().Sinks["a"])
	}
}
