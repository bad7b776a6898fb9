package core

import (
	"context"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// An old worker takes the new session's events and counts them as withdrawn.
func TestAnOldWorkerDoesNotTakeEventsAcceptedAfterTurningOnAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		gate := make(chan struct{})
		cfg := sinkOf("a", s)
		cfg.When = func(e Sealed) bool {
			if e.Name() == "slow" {
				<-gate // the host's filter takes its time
			}
			return true
		}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "slow")
		synctest.Wait()
		d.SetDoNotTrack(true)
		d.SetDoNotTrack(false)
		track(t, d, "new")
		close(gate)
		_ = d.Flush(context.Background())
		if got := s.taken(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("took %v: %+v", got, d.Stats().Sinks["a"])
		}
		closeOrFail(t, d)
	})
}

// The same without a filter, by the random choice of select.
func TestTurningOffAndOnLosesNoLaterEvent(t *testing.T) {
	for i := range 300 {
		s := &fakeSink{}
		cfg := sinkOf("a", s)
		cfg.Batch.MaxWait = -1
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "old")
		d.SetDoNotTrack(true)
		d.SetDoNotTrack(false)
		track(t, d, "new")
		closeOrFail(t, d)
		if !slices.Contains(s.taken(), "new") {
			t.Fatalf("round %d: took %v: %+v", i, s.taken(), d.Stats().Sinks["a"])
		}
	}
}

// An old worker that was in the filter dead-letters after the purge.
func TestAWithdrawalLeavesNoDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		cfg := sinkOf("a", &fakeSink{limits: Limits{MaxBytes: 1000}})
		cfg.When = func(Sealed) bool { <-gate; return true }
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		_ = d.Enqueue(context.Background(), Event{Name: "big", Props: Props{"a": strings.Repeat("wd ", 400)}})
		synctest.Wait() // the worker is in the filter
		d.SetDoNotTrack(true)
		close(gate)
		synctest.Wait()
		if got := d.DeadLetters("a"); len(got) > 0 {
			t.Errorf("%d dead letters after the withdrawal", len(got))
		}
		closeOrFail(t, d)
	})
}

// slowToStop notices ctx late.
func slowToStop(ctx context.Context, _ []string) error {
	<-ctx.Done()
	time.Sleep(time.Second)
	return ctx.Err()
}

// Close closes a given sink while an old Send is in it.
func TestCloseAfterAWithdrawalWaitsForTheLastSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &closingSink{fakeSink: fakeSink{answer: slowToStop}}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "one")
		time.Sleep(time.Second)
		d.SetDoNotTrack(true)
		closeOrFail(t, d)
		if s.during > 0 {
			t.Error("Close was called while a Send was under way, which had 9 s left to return")
		}
	})
}

type closingSink struct {
	fakeSink
	during int
}

func (c *closingSink) Close(ctx context.Context) error {
	c.mu.Lock()
	c.during += c.sending
	c.mu.Unlock()
	return c.fakeSink.Close(ctx)
}

// Two Sends at once in a given sink whose concurrency is one.
func TestAGivenSinkIsNotSentToTwiceAtOnceAfterTurningOnAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: slowToStop}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "one")
		time.Sleep(time.Second)
		d.SetDoNotTrack(true)
		d.SetDoNotTrack(false)
		track(t, d, "two")
		time.Sleep(500 * time.Millisecond)
		s.mu.Lock()
		most := s.most
		s.mu.Unlock()
		if most > 1 {
			t.Errorf("%d Sends at once, concurrency 1", most)
		}
		s.set(nil)
		time.Sleep(5 * time.Second)
		_ = d.Close(context.Background())
	})
}

// A sink that cannot be opened closes the given ones, which are used again later.
func TestAFailedTurnOnDoesNotCloseTheGivenSinks(t *testing.T) {
	given := &fakeSink{}
	fail := false
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("given", given), {Name: "b", Reach: ReachLocal, Open: func() (Sink, error) {
		if fail {
			return nil, errDown
		}
		return &fakeSink{}, nil
	}}}})
	d.SetDoNotTrack(true)
	fail = true
	d.SetDoNotTrack(false)
	if s := d.Stats().DoNotTrack; !s.Active {
		v, _ := d.Offer(context.Background(), Event{Name: "x"})
		t.Errorf("tracking could not be turned on, an event is %v, yet the stats say %+v", v, s)
	}
	if given.closed != 0 {
		t.Error("the given sink was closed")
	}
	fail = false
	d.SetDoNotTrack(true)
	d.SetDoNotTrack(false)
	track(t, d, "one")
	closeOrFail(t, d)
	if given.closed != 1 || given.lateUses > 0 {
		t.Errorf("closed %d times, used %d times after", given.closed, given.lateUses)
	}
}

type badLimits struct{ fakeSink }

func (*badLimits) Limits() Limits { panic("boom") }

// A panic in Limits reaches the host.
func TestAPanicInLimitsDoesNotReachTheHost(t *testing.T) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("New panicked: %v", r)
		}
	}()
	if d, err := New(Config{Sinks: []SinkConfig{sinkOf("a", &badLimits{})}}, isolated(t)...); err == nil {
		_ = d.Close(shortly(t))
	}
}

// Absurd settings, no logger.
func TestNewDoesNotPanic(t *testing.T) {
	for name, f := range map[string]func() (*Dispatcher, error){
		"concurrency": func() (*Dispatcher, error) {
			cfg := sinkOf("a", &fakeSink{})
			cfg.Concurrency = math.MaxInt
			return New(Config{Sinks: []SinkConfig{cfg}}, isolated(t)...)
		},
		"nil logger": func() (*Dispatcher, error) {
			return New(Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}}, append(isolated(t), WithLogger(nil))...)
		},
		"nil option": func() (*Dispatcher, error) {
			return New(Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}}, append(isolated(t), nil)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("New panicked: %v", r)
				}
			}()
			if d, err := f(); err == nil {
				_ = d.Close(shortly(t))
			}
		})
	}
}

// bombHandler is a host's slog handler with a fault.
type bombHandler struct{ slog.Handler }

func (b bombHandler) Handle(context.Context, slog.Record) error { panic("handler") }
func (b bombHandler) WithAttrs([]slog.Attr) slog.Handler        { return b }
func (b bombHandler) WithGroup(string) slog.Handler             { return b }
func (b bombHandler) Enabled(context.Context, slog.Level) bool  { return true }

// Books underflow when a host's slog handler panics.
func TestAPanickingLoggerDoesNotUnbalanceTheBooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error {
			e := &BatchError{}
			e.Fail(0, errDown)
			return e
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}}, WithLogger(slog.New(bombHandler{})))
		track(t, d, numbered(5)...)
		time.Sleep(3 * time.Second)
		stats := d.Stats()
		if got := stats.Sinks["a"]; got.Delivered > 5 || got.Queued > 5 {
			t.Errorf("5 events: %+v", got)
		}
		d.log.Stop()
		d.lanes()[0].session.cancel()
		time.Sleep(time.Minute)
	})
}

// crashes runs a part of this test binary in a process of its own.
func crashes(t *testing.T, part string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestInAProcessOfItsOwn$")
	cmd.Env = append(os.Environ(), "HEADGATE_TEST_PART="+part)
	out, err := cmd.CombinedOutput()
	if err != nil {
		text := string(out)
		if i := strings.Index(text, "\ngoroutine"); i > 0 {
			text = text[:i]
		}
		t.Errorf("the host process died: %.300s", text)
	}
}

func TestInAProcessOfItsOwn(t *testing.T) {
	ctx := context.Background()
	switch os.Getenv("HEADGATE_TEST_PART") {
	case "":
		t.Skip("a part of TestNothingEndsTheHostProcess, which runs it")
	case "logger":
		n := 0
		s := SinkFunc(func(context.Context, []Sealed) error {
			if n++; n == 1 {
				return errDown
			}
			return nil
		})
		cfg := sinkOf("a", s)
		cfg.Retry = RetryConfig{Initial: time.Millisecond, Max: time.Millisecond}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}}, WithLogger(slog.New(bombHandler{})))
		track(t, d, "one")
		time.Sleep(time.Second)
		_ = d.Close(ctx)
	case "nil context":
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: down})}, Queue: QueueConfig{MaxBytes: 1000, OnFull: Block}})
		go func() {
			for range 100 { // it blocks, as the queue is told to
				_ = d.Track(nil, "x") //lint:ignore SA1012 a careless host is what is tested
			}
		}()
		time.Sleep(200 * time.Millisecond)
		_ = d.Close(shortly(t))
	case "close nil context":
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
		go func() {
			defer func() { _ = recover() }()
			_ = d.Close(nil) //lint:ignore SA1012 a careless host is what is tested
		}()
		time.Sleep(time.Second)
	case "cyclic consent":
		m := map[string]any{}
		m["categoryPreferences"] = m
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
		_, _ = d.Offer(ctx, Event{Name: "x", Context: Props{"consent": m}})
		_ = d.Close(ctx)
	}
}

func TestNothingEndsTheHostProcess(t *testing.T) {
	for _, part := range []string{"logger", "nil context", "close nil context", "cyclic consent"} {
		t.Run(part, func(t *testing.T) { crashes(t, part) })
	}
}

// A filter that ends its goroutine loses the rest of its run.
func TestAFilterThatEndsItsGoroutineLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		cfg := sinkOf("a", s)
		once := true
		cfg.When = func(e Sealed) bool {
			if e.Name() == "e0002" && once {
				once = false
				runtime.Goexit()
			}
			return true
		}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		s.set(func(context.Context, []string) error { time.Sleep(time.Second); return nil })
		track(t, d, "first")
		time.Sleep(500 * time.Millisecond)
		track(t, d, numbered(10)...)
		_ = d.Flush(context.Background())
		if got := d.Stats().Sinks["a"]; got.Queued != 0 {
			t.Errorf("after a Flush that succeeded: %+v", got)
		}
		_ = d.Close(context.Background())
	})
}

// A sink that ends its goroutine is tried for ever whatever max_attempts.
func TestMaxAttemptsHoldsForASinkThatEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		cfg := sinkOf("a", SinkFunc(func(context.Context, []Sealed) error { n++; runtime.Goexit(); return nil }))
		cfg.Retry.MaxAttempts = 3
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "one")
		time.Sleep(time.Hour)
		if got := d.Stats().Sinks["a"]; got.DeadLettered != 1 {
			t.Errorf("%d attempts: %+v", n, got)
		}
		_ = d.Close(shortly(t))
	})
}

// Flush reports success when Close gives up beneath it.
func TestAFlushThatACloseCutsShortSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: down})}})
		track(t, d, "one")
		flushed := make(chan error, 1)
		go func() { flushed <- d.Flush(context.Background()) }()
		time.Sleep(time.Second)
		if err := d.Close(shortly(t)); err == nil {
			t.Fatal("delivered?")
		}
		if err := <-flushed; err == nil {
			t.Errorf("Flush returned nil, the event is %+v", d.Stats().Sinks["a"])
		}
	})
}

// A typed nil *BatchError is retried for ever.
func TestATypedNilBatchErrorIsSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", SinkFunc(func(context.Context, []Sealed) error {
			n++
			var failed *BatchError
			return failed
		}))}})
		track(t, d, "one")
		time.Sleep(time.Hour)
		if got := d.Stats().Sinks["a"]; n > 1 {
			t.Errorf("sent %d times: %+v", n, got)
		}
		_ = d.Close(shortly(t))
	})
}

// Preview closes the host's own sink.
func TestPreviewLeavesAGivenSinkOpen(t *testing.T) {
	s := &fakeSink{}
	if _, err := Preview(Config{Sinks: []SinkConfig{sinkOf("a", s)}}, Event{Name: "x"}, isolated(t)...); err != nil {
		t.Fatal(err)
	}
	if s.closed > 0 {
		t.Error("the preview closed the host's sink")
	}
}

// Open that asks for Stats when tracking is turned on again.
func TestOpenMayAskForStats(t *testing.T) {
	var d *Dispatcher
	var ready atomic.Bool
	d = newTest(t, Config{Sinks: []SinkConfig{{Name: "a", Reach: ReachLocal, Open: func() (Sink, error) {
		if ready.Load() {
			_ = d.Stats()
		}
		return &fakeSink{}, nil
	}}}})
	ready.Store(true)
	done := make(chan struct{})
	go func() { d.SetDoNotTrack(true); d.SetDoNotTrack(false); close(done) }()
	select {
	case <-done:
		closeOrFail(t, d)
	case <-time.After(2 * time.Second):
		t.Error("deadlock")
	}
}

// Ids are claimed for an event whose sealing panicked.
func TestAPanicReleasesTheID(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := New(Config{}, WithLogger(slog.New(bombHandler{})), WithStateDir(filepath.Join(file, "no")), WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(context.Background())
	first, err1 := d.Offer(context.Background(), Event{Name: "x", ID: "id"})
	second, err2 := d.Offer(context.Background(), Event{Name: "x", ID: "id"})
	if first != Accepted || second != Duplicate {
		t.Errorf("first %v (%v), second %v (%v)", first, err1, second, err2)
	}
}

// A duplicate of an event that is then refused is lost, though its sender was told not to send again.
func TestADuplicateOfAPendingEventIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: hang}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}, Queue: QueueConfig{MaxBytes: 2000, OnFull: Block}})
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			err := d.Track(ctx, "filler")
			cancel()
			if err != nil {
				break
			}
		}
		var first Verdict
		var wg sync.WaitGroup
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			first, _ = d.Offer(ctx, Event{Name: "x", ID: "id"})
		})
		time.Sleep(500 * time.Millisecond)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		second, _ := d.Offer(ctx, Event{Name: "x", ID: "id"})
		wg.Wait()
		if first == Rejected && second == Duplicate {
			t.Errorf("first %v, second %v: nobody will send it again, and it is nowhere", first, second)
		}
		_ = d.Close(shortly(t))
	})
}

// Late Close of a partially delivered batch.
func TestAPartialAnswerAtTheEndIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := SinkFunc(func(ctx context.Context, batch []Sealed) error {
			<-ctx.Done()
			e := &BatchError{}
			e.Fail(1, ctx.Err()) // the first is delivered
			return e
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "one", "two")
		time.Sleep(time.Second)
		_ = d.Close(shortly(t))
		if got := d.Stats().Sinks["a"]; got.Delivered != 1 {
			t.Errorf("%+v", got)
		}
	})
}
