package endurance

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// TestAFloodWithEverySinkDownKeepsToItsBound has more events come than there is room for, by far.
func TestAFloodWithEverySinkDownKeepsToItsBound(t *testing.T) {
	const maxBytes, producers = 16 << 20, 4
	n := often(400_000, 30_000_000)
	note := strings.Repeat("n", 200)
	before := heapInUse()
	d := newTest(t, core.Config{Queue: core.QueueConfig{MaxBytes: maxBytes}, Sinks: []core.SinkConfig{
		sinkOf("down", core.SinkFunc(func(context.Context, []core.Sealed) error { return errDown })),
		sinkOf("hangs", core.SinkFunc(func(ctx context.Context, _ []core.Sealed) error { <-ctx.Done(); return ctx.Err() })),
	}})
	began := time.Now()
	var all sync.WaitGroup
	for range producers {
		all.Go(func() {
			for range n / producers {
				if err := d.Enqueue(context.Background(), core.Event{Name: "run", Props: core.Props{"note": note}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	grown := heapInUse() - before
	s := d.Stats()
	checkBalance(t, s)
	for name, k := range s.Sinks {
		if k.Overflowed+k.Queued != uint64(n) || k.Overflowed == 0 {
			t.Errorf("%s: of %d events %d overflowed and %d are queued", name, n, k.Overflowed, k.Queued)
		}
	}
	if grown > maxBytes+64<<20 {
		t.Errorf("memory grew by %d MiB, the queue may take %d", grown>>20, maxBytes>>20)
	}
	t.Logf("%d events at %.0f/s, queue of %d MiB, memory +%d MiB, resident %s; %d overflowed", n, float64(n)/took.Seconds(), maxBytes>>20, grown>>20, resident(), s.Sinks["down"].Overflowed)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_ = d.Close(ctx)
}

// resident is the most memory that the process has had, where that is known.
func resident() string {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if kB, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kB)[0])
			return fmt.Sprintf("at most %d MiB", n>>10)
		}
	}
	return "unknown"
}
