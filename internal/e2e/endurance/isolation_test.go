package endurance

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// TestASlowSinkChangesNothingForTheOthers compares what three sinks do alone, and beside one that takes a request
// in 30 s.
func TestASlowSinkChangesNothingForTheOthers(t *testing.T) {
	alone, without := latencies(t, false)
	beside, with := latencies(t, true)
	p99 := func(l []time.Duration) time.Duration { return l[len(l)*99/100] }
	if len(alone) != len(beside) || p99(beside) > p99(alone)*11/10 {
		t.Errorf("99 of 100 events take %v alone (%d), %v beside a slow sink (%d)", p99(alone), len(alone), p99(beside), len(beside))
	}
	if with > without+2 {
		t.Errorf("%d goroutines without the slow sink, %d with it", without, with)
	}
	t.Logf("p99 %v alone, %v beside a slow sink; %d and %d goroutines", p99(alone), p99(beside), without, with)
}

// latencies has events delivered for a minute, and returns how long each took to each of the fast sinks, in order,
// and how many goroutines there were.
func latencies(t *testing.T, slow bool) (took []time.Duration, goroutines int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		sinks := []core.SinkConfig{}
		for i := range 3 {
			sinks = append(sinks, sinkOf(fmt.Sprint("fast-", i), core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
				time.Sleep(20 * time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				for i := range batch {
					took = append(took, time.Since(batch[i].Time()))
				}
				return nil
			})))
		}
		if slow {
			sinks = append(sinks, sinkOf("slow", core.SinkFunc(func(ctx context.Context, _ []core.Sealed) error {
				select {
				case <-time.After(30 * time.Second):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})))
			sinks[3].Timeout = time.Minute
		}
		d := newTest(t, core.Config{Queue: core.QueueConfig{MaxBytes: 1 << 20}, Sinks: sinks})
		for range 6000 {
			if err := d.Enqueue(context.Background(), core.Event{Name: "run", Time: time.Now()}); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		goroutines = runtime.NumGoroutine()
		checkBalance(t, d.Stats())
		_ = d.Close(context.Background())
	})
	slices.Sort(took)
	return took, goroutines
}
