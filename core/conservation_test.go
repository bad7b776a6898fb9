package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// faults are the ways a sink may answer; each is deterministic in the names it is given.
var faults = map[string]func(context.Context, []string) error{
	"ok":           nil,
	"down":         down,
	"hang":         hang,
	"throttled":    func(context.Context, []string) error { return RetryAfter(3*time.Second, errDown) },
	"unauthorized": func(context.Context, []string) error { return Unauthorized(errDown) },
	"panics":       func(context.Context, []string) error { panic("boom") },
	"exits":        func(context.Context, []string) error { runtime.Goexit(); return nil },
	"refused":      func(context.Context, []string) error { return Refused(errDown) },
	"too large": func(_ context.Context, names []string) error {
		if len(names) > 3 {
			return TooLarge(errDown)
		}
		return nil
	},
	"poison": func(_ context.Context, names []string) error {
		if slices.ContainsFunc(names, poisoned) {
			return Permanent(errDown)
		}
		return nil
	},
	"partial": func(_ context.Context, names []string) error {
		partial := &BatchError{}
		for i, name := range names {
			switch name[len(name)-1] {
			case '3':
				partial.Fail(i, Permanent(errDown))
			case '5':
				partial.Fail(i, errDown)
			case '8':
				partial.Fail(i, RetryAfter(time.Second, errDown))
			}
		}
		return partial.OrNil()
	},
}

func poisoned(name string) bool { return strings.HasSuffix(name, "7") }

type step struct {
	op    string
	sink  int
	fault string
	n     int
}

// TestNoEventIsLostWhateverTheSinksDo runs random histories against the books: after
// every step they balance, and at the end each event that was accepted and not
// dropped by a counted policy was taken by each sink, or is among its dead letters.
func TestNoEventIsLostWhateverTheSinksDo(t *testing.T) {
	names := make([]string, 0, len(faults))
	for name := range faults {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{
				op:    rapid.SampledFrom([]string{"track", "track", "wait", "fault", "fault", "flush", "toggle"}).Draw(t, "op"),
				sink:  rapid.IntRange(0, 2).Draw(t, "sink"),
				fault: rapid.SampledFrom(names).Draw(t, "fault"),
				n:     rapid.IntRange(1, 60).Draw(t, "n"),
			}
		}), 1, 25).Draw(rt, "steps")
		toggles := rapid.Bool().Draw(rt, "toggles")
		concurrency := rapid.IntRange(1, 3).Draw(rt, "concurrency")
		var problem string
		synctest.Test(t, func(t *testing.T) { problem = runHistory(t, steps, toggles, concurrency) })
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

func runHistory(t *testing.T, steps []step, toggles bool, concurrency int) (problem string) {
	sinks := []*fakeSink{{}, {}, {}}
	var configs []SinkConfig
	for i, s := range sinks {
		cfg := sinkOf(fmt.Sprint(i), s)
		cfg.Batch.MaxEvents, cfg.Concurrency, cfg.Timeout = 20, concurrency, 2*time.Second
		configs = append(configs, cfg)
	}
	d := newTest(t, Config{Sinks: configs})
	defer func() { _ = d.Close(context.Background()) }()
	off, accepted, withdrawn := false, []string{}, false
	var since []time.Time // when each was accepted
	for _, s := range steps {
		switch s.op {
		case "track":
			for range s.n {
				name := fmt.Sprintf("e%04d", len(accepted))
				if v, _ := d.Offer(context.Background(), Event{Name: name}); v == Accepted {
					accepted, since = append(accepted, name), append(since, time.Now())
				}
			}
		case "wait":
			time.Sleep(time.Duration(s.n) * 100 * time.Millisecond)
		case "fault":
			sinks[s.sink].set(faults[s.fault])
		case "flush":
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = d.Flush(ctx)
			cancel()
		case "toggle":
			if toggles {
				off = !off
				withdrawn = true
				d.SetDoNotTrack(off)
			}
		}
		if problem := imbalance(d.Stats()); problem != "" {
			return fmt.Sprintf("after %+v the books do not balance %s: %+v", s, problem, d.Stats())
		}
		for i, sink := range sinks {
			if problem := wrongAge(d, fmt.Sprint(i), sink, accepted, since); problem != "" && !withdrawn {
				return fmt.Sprintf("after %+v: %s", s, problem)
			}
		}
	}
	for _, s := range sinks {
		s.set(nil)
	}
	d.SetDoNotTrack(false)
	time.Sleep(3 * time.Hour) // any pause, probe or open circuit is over
	stats := d.Stats()
	if problem := imbalance(stats); problem != "" {
		return fmt.Sprintf("at the end the books do not balance %s: %+v", problem, stats)
	}
	for i, s := range sinks {
		if left := stats.Sinks[fmt.Sprint(i)].Queued; left > 0 {
			return fmt.Sprintf("sink %d has %d events queued although it has been well for hours: %+v", i, left, stats)
		}
		ended := map[string]bool{}
		for _, name := range s.taken() {
			if ended[name] && !withdrawn {
				return fmt.Sprintf("sink %d took %s twice", i, name)
			}
			ended[name] = true
		}
		for _, letter := range d.DeadLetters(fmt.Sprint(i)) {
			ended[letter.Name] = true
		}
		if !withdrawn && len(ended) != len(accepted) {
			return fmt.Sprintf("sink %d: %d events accepted, %d taken or dead-lettered: %+v", i, len(accepted), len(ended), stats)
		}
	}
	if err := d.Close(context.Background()); err != nil {
		return err.Error()
	}
	return ""
}

// wrongAge compares the age of the oldest event that a sink has not finished with what the test knows.
func wrongAge(d *Dispatcher, name string, sink *fakeSink, accepted []string, since []time.Time) string {
	synctest.Wait()
	ended := map[string]bool{}
	for _, name := range sink.taken() {
		ended[name] = true
	}
	for _, letter := range d.DeadLetters(name) {
		ended[letter.Name] = true
	}
	want := 0.0
	if i := slices.IndexFunc(accepted, func(name string) bool { return !ended[name] }); i >= 0 {
		want = time.Since(since[i]).Seconds()
	}
	if got := d.Stats().Sinks[name].OldestEventAge; got == nil || math.Abs(*got-want) > 0.001 {
		return fmt.Sprintf("sink %s: the oldest event is %s old, want %vs: %+v", name, ageText(got), want, d.Stats().Sinks[name])
	}
	return ""
}

func TestTheBooksBalanceAtEveryInstant(t *testing.T) {
	var sinks []SinkConfig
	for name, answer := range map[string]func(context.Context, []string) error{
		"ok": nil, "down": down, "poison": faults["poison"], "partial": faults["partial"], "panics": faults["panics"],
	} {
		cfg := sinkOf(name, &fakeSink{answer: answer})
		cfg.Batch = BatchConfig{MaxEvents: 50, MaxWait: time.Millisecond}
		cfg.Retry = RetryConfig{Initial: time.Millisecond, Max: 5 * time.Millisecond}
		cfg.Concurrency = 2
		half := 0.5
		if name == "ok" {
			cfg.Sample, cfg.Events = &half, []string{"e*", "!*1"}
		}
		sinks = append(sinks, cfg)
	}
	d := newTest(t, Config{Sinks: sinks, Queue: QueueConfig{MaxBytes: 200 << 10}})
	var stop atomic.Bool
	var wg sync.WaitGroup
	for p := range 3 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				_ = d.Enqueue(context.Background(), Event{Name: fmt.Sprintf("e%d", i), ID: fmt.Sprint(p, i/2), UserID: fmt.Sprint(i)})
				_ = d.Track(context.Background(), "bad\nname")
			}
		})
	}
	wg.Go(func() {
		for i := 0; !stop.Load(); i++ {
			time.Sleep(20 * time.Millisecond)
			d.SetDoNotTrack(i%4 == 3)
		}
	})
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		if s := d.Stats(); imbalance(s) != "" {
			t.Fatalf("the books do not balance %s: %+v", imbalance(s), s)
		}
	}
	stop.Store(true)
	wg.Wait()
	_ = d.Close(shortly(t))
	s := d.Stats()
	checkBalance(t, s)
	if s.Books.Accepted == 0 || s.Books.Denied == 0 || s.Books.Rejected == 0 || s.Books.Duplicates == 0 || s.Sinks["down"].Overflowed == 0 {
		t.Errorf("some way to end was not exercised: %+v", s)
	}
}

func TestAFullQueueDropsTheOldestTheNewestOrBlocks(t *testing.T) {
	t.Run("drop_oldest", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			healthy, dead := &fakeSink{}, &fakeSink{answer: down}
			d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("healthy", healthy), sinkOf("dead", dead)}, Queue: QueueConfig{MaxBytes: 100 << 10}})
			names := numbered(5000)
			for i, name := range names {
				track(t, d, name)
				if i%100 == 0 {
					_ = d.Flush(shortly(t))
				}
			}
			_ = d.Flush(shortly(t))
			stats := d.Stats()
			checkBalance(t, stats)
			if got := stats.Sinks["healthy"]; got.Delivered != 5000 {
				t.Errorf("the healthy sink: %+v", got)
			}
			if got := stats.Sinks["dead"]; got.Overflowed < 4000 || got.Queued < 200 {
				t.Errorf("the dead sink: %+v", got)
			}
			dead.set(nil)
			time.Sleep(10 * time.Minute)
			took := dead.taken()
			if !slices.Contains(took, names[4999]) || displaced(took) > 1 {
				t.Errorf("the newest events are not what was kept, in order: %d displaced", displaced(took))
			}
			closeOrFail(t, d)
		})
	})
	t.Run("drop_newest", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("dead", &fakeSink{answer: hang})}, Queue: QueueConfig{MaxBytes: 10 << 10, OnFull: DropNewest}})
			var refused int
			for _, name := range numbered(2000) {
				switch v, err := d.Offer(context.Background(), Event{Name: name}); {
				case v == Rejected && errors.Is(err, ErrQueueFull):
					refused++
				case v != Accepted:
					t.Fatal(v, err)
				}
			}
			stats := d.Stats()
			checkBalance(t, stats)
			if refused == 0 || stats.Books.Rejected != uint64(refused) || stats.Sinks["dead"].Overflowed != 0 {
				t.Errorf("%d refused, stats %+v", refused, stats)
			}
			_ = d.Close(shortly(t))
		})
	})
	t.Run("block", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			slow := &fakeSink{}
			slow.set(func(context.Context, []string) error { time.Sleep(time.Second); return nil })
			cfg := sinkOf("slow", slow)
			cfg.Batch.MaxEvents = 10
			d := newTest(t, Config{Sinks: []SinkConfig{cfg}, Queue: QueueConfig{MaxBytes: 8 << 10, OnFull: Block}})
			names := numbered(200)
			track(t, d, names...)
			for v := Accepted; v == Accepted; {
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				var err error
				if v, err = d.Offer(ctx, Event{Name: "impatient"}); v == Rejected && (!errors.Is(err, ErrQueueFull) || !errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("a caller whose context is done: %v, %v", v, err)
				} else if v == Accepted {
					names = append(names, "impatient")
				}
				cancel()
			}
			_ = d.Flush(context.Background())
			if !slices.Equal(slow.taken(), names) {
				t.Errorf("%d of %d delivered", len(slow.taken()), len(names))
			}
			closeOrFail(t, d)
		})
	})
}

// displaced counts the names behind a greater one: the event that a sink which is down may
// have set aside, see park.
func displaced(names []string) (n int) {
	greatest := ""
	for _, name := range names {
		if name < greatest {
			n++
		}
		greatest = max(greatest, name)
	}
	return n
}

// shortly returns a context that is done soon.
func shortly(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}
