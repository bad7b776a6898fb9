package endurance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// TestClosingTwiceAndEnqueueingMeanwhileEndsOrderly closes from two goroutines and from within the
// sink, while events come.
func TestClosingTwiceAndEnqueueingMeanwhileEndsOrderly(t *testing.T) {
	began, slowest := time.Now(), time.Duration(0)
	var mu sync.Mutex // of slowest
	n := often(500, 10_000)
	for range n {
		var d *core.Dispatcher
		made := make(chan struct{})
		var once sync.Once
		cfg := sinkOf("a", core.SinkFunc(func(context.Context, []core.Sealed) error {
			<-made
			once.Do(func() {
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // it cannot wait for itself
				_ = d.Close(ctx)
			})
			return nil
		}))
		cfg.Batch.MaxWait = -1
		d = newTest(t, core.Config{Sinks: []core.SinkConfig{cfg}})
		close(made)
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				for range 5 {
					if err := d.Enqueue(context.Background(), core.Event{Name: "run"}); err != nil && !errors.Is(err, core.ErrClosed) {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				asked := time.Now()
				_ = d.Close(context.Background())
				took := time.Since(asked)
				mu.Lock()
				slowest = max(slowest, took)
				mu.Unlock()
			})
		}
		all.Wait()
		if err := d.Enqueue(context.Background(), core.Event{Name: "late"}); !errors.Is(err, core.ErrClosed) {
			t.Errorf("after closing: %v", err)
		}
		checkBalance(t, d.Stats())
	}
	if slowest > 5*time.Second {
		t.Errorf("closing took %v", slowest)
	}
	t.Logf("%d times in %v, the slowest Close %v", n, time.Since(began).Round(time.Millisecond), slowest.Round(time.Microsecond))
}

// openFiles returns how many descriptors the process has, 0 where it cannot tell.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestAThousandStartsAndStopsLeaveNothingBehind(t *testing.T) {
	dir := t.TempDir()
	opts := isolated(t)
	onDisk := func(sub string) func(int64, queue.OnFull) (queue.Log, error) {
		return func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return disk.Open(disk.Config{Dir: filepath.Join(dir, sub), MaxBytes: maxBytes, OnFull: onFull, Sync: disk.SyncNever})
		}
	}
	for name, cycle := range map[string]func() core.Config{
		"in memory": func() core.Config {
			return core.Config{Sinks: []core.SinkConfig{sinkOf("a", core.SinkFunc(func(context.Context, []core.Sealed) error { return nil }))}}
		},
		"on disk": func() core.Config {
			sink := sinkOf("a", core.SinkFunc(func(context.Context, []core.Sealed) error { return core.Permanent(errDown) }))
			sink.DeadLetter = core.DeadLetterConfig{MaxBytes: 64 << 10, Open: onDisk("dead")}
			return core.Config{Queue: core.QueueConfig{Open: onDisk("queue")}, Sinks: []core.SinkConfig{sink}}
		},
	} {
		run := func(n int) {
			for range n {
				d, err := core.New(cycle(), opts...)
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					_ = d.Track(context.Background(), "run")
				}
				closeOrFail(t, d)
			}
		}
		n := often(1000, 1000)
		if name == "on disk" {
			n = often(150, 1000)
		}
		run(20)
		goroutines, files, heap := settledGoroutines(0), openFiles(), heapInUse()
		run(n)
		grown := heapInUse() - heap
		if now := settledGoroutines(goroutines); now > goroutines {
			t.Errorf("%s: %d goroutines before, %d after", name, goroutines, now)
		}
		if now := openFiles(); now > files {
			t.Errorf("%s: %d open files before, %d after", name, files, now)
		}
		if grown > 5<<20 {
			t.Errorf("%s: the heap grew by %d KiB", name, grown>>10)
		}
		t.Logf("%s: %d cycles, %d goroutines, %d files, heap %+d KiB", name, n, goroutines, files, grown>>10)
	}
}

// settledGoroutines waits a moment for goroutines that are about to end.
func settledGoroutines(most int) (n int) {
	for range 100 {
		if n = runtime.NumGoroutine(); n <= most {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return n
}
