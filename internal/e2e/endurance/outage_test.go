package endurance

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// TestADeadSinkUnderLoadIsNotStormed has a sink fail for ten minutes at 1,000 events a second.
func TestADeadSinkUnderLoadIsNotStormed(t *testing.T) {
	const perTick, tick, lasting = 100, 100 * time.Millisecond, 10 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		var attempts atomic.Int64
		dead := core.SinkConfig{Name: "dead", Reach: core.ReachLocal, Sink: core.SinkFunc(func(context.Context, []core.Sealed) error {
			attempts.Add(1)
			return errDown
		})}
		d := newTest(t, core.Config{Queue: core.QueueConfig{MaxBytes: 1 << 20}, Sinks: []core.SinkConfig{dead}})
		fill := func(d time.Duration, track func()) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(tick) {
				for range perTick {
					track()
				}
			}
		}
		track := func() { _ = d.Track(context.Background(), "run") }
		fill(time.Minute, track)
		first, before := attempts.Load(), heapInUse()
		fill(lasting-time.Minute, track)
		after := attempts.Load() - first
		grown := heapInUse() - before
		s := d.Stats()
		checkBalance(t, s)
		// Without the sink being down there would be five batches a second: 2,700.
		if first > 30 || after > 30 {
			t.Errorf("%d attempts in the first minute, %d in the nine others", first, after)
		}
		if grown > 10<<20 {
			t.Errorf("the heap grew by %d KiB", grown>>10)
		}
		if s.Sinks["dead"].State != core.StateOpen || s.Books.Accepted != uint64(lasting/tick*perTick) {
			t.Errorf("%+v", s)
		}
		t.Logf("%d events: %d attempts in the first minute, %d in the nine others, heap +%d KiB", s.Books.Accepted, first, after, grown>>10)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = d.Close(ctx)
	})
}

// TestProgramsThatLostTheSameSinkDoNotComeBackAtOnce has 50 programs lose one destination for a minute.
func TestProgramsThatLostTheSameSinkDoNotComeBackAtOnce(t *testing.T) {
	const programs, outage = 50, time.Minute
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var gone bool
		var at []time.Time                        // of all requests
		back := make(map[int][]time.Time)         // of the requests of each program since the recovery
		var recovered time.Time                   // when the destination was there again
		var all []*core.Dispatcher                // the programs
		var running sync.WaitGroup                // their events
		stop := make(chan struct{})               // ends them
		send := func(program int) core.SinkFunc { // is the destination
			return func(context.Context, []core.Sealed) error {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Now())
				if gone {
					return errDown
				}
				if !recovered.IsZero() {
					back[program] = append(back[program], time.Now())
				}
				return nil
			}
		}
		for program := range programs {
			d := newTest(t, core.Config{Sinks: []core.SinkConfig{sinkOf("a", send(program))}})
			all = append(all, d)
			running.Go(func() {
				time.Sleep(rand.N(time.Second)) // they were not started together
				for {
					_ = d.Track(context.Background(), "run")
					select {
					case <-stop:
						return
					case <-time.After(500 * time.Millisecond):
					}
				}
			})
		}
		time.Sleep(30 * time.Second)
		mu.Lock()
		steady := busiestSecond(at)
		at, gone = nil, true
		mu.Unlock()
		time.Sleep(outage)
		mu.Lock()
		during := len(at)
		at, gone, recovered = nil, false, time.Now()
		mu.Unlock()
		time.Sleep(6 * time.Minute)
		close(stop)
		running.Wait()

		mu.Lock()
		peak := busiestSecond(at)
		var starts []time.Duration
		for _, times := range back {
			starts = append(starts, times[0].Sub(recovered))
		}
		mu.Unlock()
		slices.Sort(starts)
		if peak > 2*steady {
			t.Errorf("%d requests in one second after the recovery, %d at most before", peak, steady)
		}
		if len(starts) != programs {
			t.Errorf("%d of %d programs came back", len(starts), programs)
		}
		most := 0 // that come back within the same second
		for i := range starts {
			n := 0
			for _, s := range starts[i:] {
				if s-starts[i] < time.Second {
					n++
				}
			}
			most = max(most, n)
		}
		if spread := starts[len(starts)*9/10] - starts[len(starts)/10]; spread < 5*time.Second || most > programs/3 {
			t.Errorf("four fifths of the programs come back within %v, %d of them in one second", spread, most)
		}
		t.Logf("at most %d requests in a second before, %d in all during a minute's outage, at most %d in a second after it; the programs come back after %v, %v, %v (first, median, last), %d at most in one second",
			steady, during, peak, starts[0].Round(time.Millisecond), starts[len(starts)/2].Round(time.Millisecond), starts[len(starts)-1].Round(time.Millisecond), most)
		for _, d := range all {
			closeOrFail(t, d)
		}
	})
}

// busiestSecond returns how many of the times are within the second that has most.
func busiestSecond(times []time.Time) (most int) {
	first := 0
	for i := range times {
		for times[i].Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
