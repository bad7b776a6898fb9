package disk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// collector is a sink that takes everything, unless it is made to answer otherwise.
type collector struct {
	answer func(ctx context.Context) error

	mu   sync.Mutex
	took []string
}

func (c *collector) Close(context.Context) error { return nil }

func (c *collector) Send(ctx context.Context, batch []core.Sealed) error {
	if c.answer != nil {
		if err := c.answer(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range batch {
		c.took = append(c.took, batch[i].Name())
	}
	return nil
}

// dispatcherOver makes a dispatcher whose queue is on a disk in memory.
func dispatcherOver(t *testing.T, fs *crashfs.FS, sinks map[string]core.Sink, change ...func(*core.Config)) (*core.Dispatcher, error) {
	t.Helper()
	cfg := core.Config{Queue: core.QueueConfig{Open: func(_ int64, onFull queue.OnFull) (queue.Log, error) {
		return Open(Config{Dir: "/queue", FS: fs, MaxBytes: 8 << 20, OnFull: onFull})
	}}}
	for name, sink := range sinks {
		cfg.Sinks = append(cfg.Sinks, core.SinkConfig{Name: name, Reach: core.ReachLocal, Sink: sink})
	}
	for _, f := range change {
		f(&cfg)
	}
	return core.New(cfg, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
}

func TestClosingWithDestinationsDownKeepsAllThatTheyHaveNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := crashfs.New(1)
		well := &collector{}
		d, err := dispatcherOver(t, fs, map[string]core.Sink{
			"well":  well,
			"down":  &collector{answer: func(context.Context) error { return errDown }},
			"hangs": &collector{answer: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		})
		if err != nil {
			t.Fatal(err)
		}
		var accepted []string
		var sending sync.WaitGroup
		sending.Go(func() { // before it closes, while, and afterwards
			for i := range 1000 {
				name := fmt.Sprintf("e%04d", i)
				if v, _ := d.Offer(context.Background(), core.Event{Name: name}); v == core.Accepted {
					accepted = append(accepted, name)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
		time.Sleep(5 * time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Error(err)
		}
		sending.Wait()
		if len(accepted) < 400 || len(accepted) > 900 {
			t.Fatalf("%d of 1000 were accepted before it was closed", len(accepted))
		}
		after := map[string]core.Sink{"well": &collector{}, "down": &collector{}, "hangs": &collector{}}
		d, err = dispatcherOver(t, fs.Kill(), after)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"down", "hangs"} {
			if diff := cmp.Diff(accepted, after[name].(*collector).took); diff != "" {
				t.Errorf("%s (-accepted +taken after the restart):\n%s", name, diff)
			}
		}
		if diff := cmp.Diff(accepted, append(well.took, after["well"].(*collector).took...)); diff != "" {
			t.Errorf("well (-accepted +taken):\n%s", diff)
		}
	})
}

func TestAConfigurationThatIsRefusedLeavesTheBacklogAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := crashfs.New(1)
		d, err := dispatcherOver(t, fs, map[string]core.Sink{"out": &collector{answer: func(context.Context) error { return errDown }}})
		if err != nil {
			t.Fatal(err)
		}
		var accepted []string
		for i := range 100 {
			accepted = append(accepted, fmt.Sprintf("e%04d", i))
			if err := d.Track(context.Background(), accepted[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		for name, spoil := range map[string]func(*core.Config){
			"a sink without a name":         func(c *core.Config) { c.Sinks[0].Name = "" },
			"a setting that makes no sense": func(c *core.Config) { c.Sinks[0].Batch.MaxEvents = -1 },
			"a policy that there is not":    func(c *core.Config) { c.Queue.OnFull = "drop_everything" },
			"a sink that cannot be opened": func(c *core.Config) {
				c.Sinks[0].Sink, c.Sinks[0].Open = nil, func() (core.Sink, error) { return nil, errors.New("no") }
			},
		} {
			fs = fs.Kill()
			if d, err := dispatcherOver(t, fs, map[string]core.Sink{"out": &collector{}}, spoil); err == nil {
				t.Errorf("%s: no error", name)
				_ = d.Close(context.Background())
			}
		}
		out := &collector{}
		d, err = dispatcherOver(t, fs.Kill(), map[string]core.Sink{"out": out})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(accepted, out.took); diff != "" {
			t.Error(diff)
		}
	})
}

func TestClosingAgainAndAgainWhileOthersAppendAndFetch(t *testing.T) {
	rounds := 300
	if testing.Short() || raceEnabled {
		rounds = 100
	}
	for round := range rounds {
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: crashfs.New(uint64(round)), MaxBytes: 64 << 10}, "a")
		var wg sync.WaitGroup
		for p := range 2 {
			wg.Go(func() {
				for i := 0; ; i++ {
					err := l.Append(context.Background(), record(i, 50))
					if errors.Is(err, queue.ErrClosed) {
						return
					}
					if err != nil && !errors.Is(err, queue.ErrPaused) {
						t.Errorf("appender %d: %v", p, err)
						return
					}
				}
			})
		}
		wg.Go(func() {
			for i := 0; i < 50; i++ {
				run, _ := cursors[0].Fetch(10, 1<<20, true)
				if i%7 == 0 {
					cursors[0].Rewind()
				}
				run.Done()
				runtime.Gosched()
			}
		})
		for closer := range 3 {
			wg.Go(func() {
				for range (round + closer) % 5 {
					runtime.Gosched()
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if run, more := cursors[0].Fetch(1, 1<<20, true); run.Len() > 0 || more {
			t.Fatal("a log that is closed gives records")
		}
		if err := l.Resume(); !errors.Is(err, queue.ErrClosed) {
			t.Fatalf("resumed after Close: %v", err)
		}
	}
}

func TestAThousandStartsAndStopsLeaveNothingBehind(t *testing.T) {
	fs := crashfs.New(1)
	cycle := func() {
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}, "a", "b")
		mustAppend(t, l, record(1, 100), record(2, 100))
		drain(t, l, cursors[0])
		drain(t, l, cursors[1])
		mustClose(t, l)
	}
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for range 10 {
		cycle()
	}
	fs = fs.Clone(1) // what it remembers of changes is the test's
	goroutines, before, used := runtime.NumGoroutine(), heap(), fs.Used()
	for i := range 1000 {
		if cycle(); i%100 == 99 {
			fs = fs.Clone(1)
		}
	}
	if n := fs.OpenFiles(); n > 0 {
		t.Errorf("%d files are open", n)
	}
	if now := fs.Used(); now > used+64<<10 {
		t.Errorf("%d bytes are on the disk, and were %d", now, used)
	}
	if grown := heap() - before; grown > 5<<20 {
		t.Errorf("%d bytes of memory are kept", grown)
	}
	for i := 0; runtime.NumGoroutine() > goroutines; i++ { // those that are about to end
		if i == 100 {
			t.Fatalf("%d goroutines, and were %d", runtime.NumGoroutine(), goroutines)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
