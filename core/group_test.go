package core

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// What becomes of an event does not depend on whether it is offered by itself or in a group.
func TestAGroupTakesWhatWouldBeTakenOneByOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Event {
			e := Event{
				Name: rapid.SampledFrom([]string{"run", "", "bad\nname"}).Draw(rt, "name"),
				ID:   rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "id"),
			}
			if rapid.IntRange(0, 9).Draw(rt, "refuses") == 0 {
				e.Consent.DoNotTrack = true
			}
			if rapid.IntRange(0, 9).Draw(rt, "large") == 0 {
				e.Props = Props{"text": string(make([]byte, 3000))}
			}
			return e
		}), 1, 40).Draw(rt, "events")
		queue := QueueConfig{MaxBytes: 8 << 10, OnFull: DropNewest} // has room for some
		hang := SinkFunc(func(ctx context.Context, _ []Sealed) error { <-ctx.Done(); return ctx.Err() })
		together := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", hang)}, Queue: queue})
		apart := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", hang)}, Queue: queue})
		for _, d := range []*Dispatcher{together, apart} { // so that no sink makes room meanwhile
			d.lanes()[0].session.cancel()
			d.lanes()[0].session.wait(context.Background())
		}
		g := together.Group(context.Background())
		defer g.Release()
		for _, e := range events {
			g.Offer(e)
		}
		outcomes := g.Outcomes()
		for i, e := range events {
			verdict, err := apart.Offer(context.Background(), e)
			got := outcomes[i]
			if got.Verdict != verdict || (got.Err == nil) != (err == nil) || errors.Is(got.Err, ErrQueueFull) != errors.Is(err, ErrQueueFull) {
				rt.Fatalf("event %d of %d: %v, %v in a group; %v, %v by itself", i, len(events), got.Verdict, got.Err, verdict, err)
			}
		}
		if a, b := together.Stats().Books, apart.Stats().Books; a != b {
			rt.Fatalf("the books of the group %+v, one by one %+v", a, b)
		}
	})
}

func TestGroupsThatRepeatEachOthersIdsEndAndTakeEachOnce(t *testing.T) {
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
	const groups, ids = 16, 50
	var all sync.WaitGroup
	for n := range groups {
		all.Go(func() {
			for round := range 20 {
				g := d.Group(context.Background())
				for i := range ids {
					if n%2 == 1 {
						i = ids - 1 - i
					}
					g.Offer(Event{Name: "run", ID: fmt.Sprint(round, "-", i)})
				}
				for _, o := range g.Outcomes() {
					if o.Verdict != Accepted && o.Verdict != Duplicate {
						t.Error(o)
					}
				}
				g.Release()
			}
		})
	}
	all.Wait()
	closeOrFail(t, d)
	want := Books{Received: groups * 20 * ids, Accepted: 20 * ids, Duplicates: (groups - 1) * 20 * ids}
	if got := d.Stats(); got.Books != want || got.Sinks["a"].Delivered != 20*ids {
		t.Errorf("books %+v, want %+v; delivered %d", got.Books, want, got.Sinks["a"].Delivered)
	}
}
