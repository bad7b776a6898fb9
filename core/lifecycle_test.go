package core

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
)

func TestCloseDeliversThroughAShortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: down}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		names := numbered(700)
		track(t, d, names...)
		time.AfterFunc(2*time.Second, func() { s.set(nil) })
		begin := time.Now()
		closeOrFail(t, d)
		if !slices.Equal(s.taken(), names) {
			t.Errorf("%d of %d delivered", len(s.taken()), len(names))
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("Close took %v although the sink was back after 2 s", took)
		}
	})
}

func TestCloseTriesAgainWhatWasSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names, begin := numbered(10), time.Now()
		s := &fakeSink{answer: func(_ context.Context, got []string) error {
			if slices.Contains(got, names[3]) && time.Since(begin) < time.Hour+time.Second {
				return errors.New("not now")
			}
			return nil
		}}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, names...)
		time.Sleep(time.Hour) // it is tried every few minutes by now
		closeOrFail(t, d)
		if got := len(s.taken()); got != len(names) {
			t.Errorf("%d of %d delivered", got, len(names))
		}
		if took := time.Since(begin) - time.Hour; took > 5*time.Second {
			t.Errorf("Close took %v although the sink took everything after 1 s", took)
		}
	})
}

func TestCloseIsBoundedAndReportsWhatItLeft(t *testing.T) {
	for name, answer := range map[string]func(context.Context, []string) error{
		"refusing": down,
		"hanging":  hang,
		"deaf":     func(context.Context, []string) error { time.Sleep(time.Hour); return nil }, // to its context
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				healthy, dead := &fakeSink{}, &fakeSink{answer: answer}
				d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("healthy", healthy), sinkOf("dead", dead)}})
				track(t, d, numbered(600)...)
				ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
				defer cancel()
				begin := time.Now()
				err := d.Close(ctx)
				if took := time.Since(begin); took > 3*time.Second {
					t.Errorf("Close took %v, more than its context", took)
				}
				var left *LeftError
				if !errors.As(err, &left) || left.Left["dead"] != 600 || len(left.Left) != 1 {
					t.Errorf("Close returned %v, want 600 left at the dead sink", err)
				}
				if again := d.Close(context.Background()); again != err {
					t.Errorf("the second Close returned %v, want the same as the first", again)
				}
				stats := d.Stats()
				checkBalance(t, stats)
				if got := stats.Sinks["dead"]; got.Expired != 600 || got.Reasons["expired.shutdown"] != 600 {
					t.Errorf("stats %+v", got)
				}
				if len(healthy.taken()) != 600 || healthy.closed != 1 || dead.closed != 1 {
					t.Errorf("healthy got %d; closed %d and %d times", len(healthy.taken()), healthy.closed, dead.closed)
				}
				time.Sleep(2 * time.Hour) // the deaf Send returns; its late result changes nothing
				checkBalance(t, d.Stats())
			})
		})
	}
}

func TestCloseDoesNotWaitForASinkThatWillNotBeTriedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { return RetryAfter(time.Hour, errors.New("busy")) })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "one")
		time.Sleep(time.Second)
		begin := time.Now()
		if err := d.Close(context.Background()); err == nil {
			t.Error("Close did not report the event it left")
		}
		if took := time.Since(begin); took > 0 {
			t.Errorf("Close took %v for a sink that asked for an hour", took)
		}
	})
}

func TestCloseWithoutDeadlineIsBoundedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: hang})}})
		track(t, d, "one")
		begin := time.Now()
		_ = d.Close(context.Background())
		if took := time.Since(begin); took > defaultCloseTimeout {
			t.Errorf("Close took %v", took)
		}
	})
}

func TestCloseWithoutDeadlineTakesNoLongerThanConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(*Dispatcher) error{
			"no deadline": func(d *Dispatcher) error { return d.Close(context.Background()) },
			"a deadline of its own": func(d *Dispatcher) error {
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
				defer cancel()
				return d.Close(ctx)
			},
		} {
			cfg := Config{CloseTimeout: 2 * time.Second, Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: hang})}}
			d := newTest(t, cfg)
			if name == "a deadline of its own" {
				cfg.CloseTimeout = time.Minute
				if err := d.Reload(cfg); err != nil {
					t.Fatal(err)
				}
			}
			track(t, d, "one")
			begin := time.Now()
			var left *LeftError
			if err := end(d); !errors.As(err, &left) || left.Left["a"] != 1 {
				t.Errorf("%s: got %v, want the event that is left", name, err)
			}
			if took := time.Since(begin); took < time.Second || took > 2*time.Second {
				t.Errorf("%s: Close took %v", name, took)
			}
		}
		d := newTest(t, Config{CloseTimeout: -1, Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: hang})}})
		track(t, d, "one")
		begin := time.Now()
		if err := d.Close(context.Background()); err == nil {
			t.Error("no time at all: nothing is said of the event that is left")
		}
		if took := time.Since(begin); took > 100*time.Millisecond { // for what ends just then
			t.Errorf("no time at all: Close took %v", took)
		}
	})
}

func TestEventsAfterCloseAreRejectedAndCounted(t *testing.T) {
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
	closeOrFail(t, d)
	if err := d.Track(context.Background(), "late"); !errors.Is(err, ErrClosed) {
		t.Errorf("Track: %v, want ErrClosed", err)
	}
	if v, err := d.Offer(context.Background(), Event{Name: "late"}); v != Rejected || !errors.Is(err, ErrClosed) {
		t.Errorf("Offer: %v %v", v, err)
	}
	if got := d.Stats().Books; got.Rejected != 2 || got.Received != 2 {
		t.Errorf("books %+v", got)
	}
	d.SetDoNotTrack(true)
	d.SetDoNotTrack(false)
	if err := d.Flush(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTrackingFlushingAndClosingTogetherDoNotDeadlock(t *testing.T) {
	for range 50 {
		s := &fakeSink{}
		cfg := sinkOf("a", s)
		cfg.Concurrency = 3
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		var wg sync.WaitGroup
		var accepted sync.Map
		for p := range 4 {
			wg.Go(func() {
				for i := range 200 {
					name := string(rune('a'+p)) + numbered(i + 1)[i]
					if v, _ := d.Offer(context.Background(), Event{Name: name}); v == Accepted {
						accepted.Store(name, true)
					}
				}
			})
		}
		wg.Go(func() { _ = d.Flush(context.Background()) })
		wg.Go(func() { closeOrFail(t, d) })
		wg.Go(func() { closeOrFail(t, d) })
		wg.Go(func() { checkBalance(t, d.Stats()) })
		wg.Wait()
		closeOrFail(t, d)
		took := map[string]bool{}
		for _, name := range s.taken() {
			took[name] = true
		}
		accepted.Range(func(name, _ any) bool {
			if !took[name.(string)] {
				t.Errorf("%v was accepted and not delivered", name)
			}
			return true
		})
		if s.lateUses > 0 {
			t.Error("Send was called after Close")
		}
		checkBalance(t, d.Stats())
	}
}

func TestCloseFromWithinASinkDoesNotDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		s.set(func(context.Context, []string) error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = d.Close(ctx)
			_ = d.Track(context.Background(), "from within")
			_ = d.Stats()
			return nil
		})
		track(t, d, "one")
		time.Sleep(time.Minute)
		checkBalance(t, d.Stats())
	})
}

func TestFlushWaitsForWhatWasAcceptedAndNamesWhoIsBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healthy, dead := &fakeSink{}, &fakeSink{answer: down}
		configs := []SinkConfig{sinkOf("healthy", healthy), sinkOf("dead", dead)}
		configs[0].Batch.MaxWait = time.Hour
		d := newTest(t, Config{Sinks: configs})
		track(t, d, numbered(20)...)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := d.Flush(ctx)
		if err == nil || !strings.Contains(err.Error(), "dead") || strings.Contains(err.Error(), "healthy") {
			t.Errorf("Flush: %v, want an error that names the dead sink alone", err)
		}
		if len(healthy.taken()) != 20 {
			t.Errorf("the healthy sink got %d: a flush does not wait for batches to fill", len(healthy.taken()))
		}
		dead.set(nil)
		closeOrFail(t, d)
	})
}

// offSources turn tracking off in each possible way.
func offSources(t *testing.T) map[string]struct {
	cfg  Config
	opts []Option
} {
	env := func(key string) Option {
		return WithEnviron(func(k string) (string, bool) { return "1", k == key })
	}
	chosen := filepath.Join(t.TempDir(), "state")
	if err := consent.WriteChoice(chosen, false); err != nil {
		t.Fatal(err)
	}
	return map[string]struct {
		cfg  Config
		opts []Option
	}{
		"DO_NOT_TRACK":           {opts: []Option{env("DO_NOT_TRACK")}},
		"app variable":           {cfg: Config{App: App{Name: "my app"}}, opts: []Option{env("MY_APP_DO_NOT_TRACK")}},
		"config":                 {cfg: Config{DoNotTrack: true}},
		"mode off":               {cfg: Config{Mode: "off"}},
		"unknown mode":           {cfg: Config{Mode: "onn"}},
		"headgate telemetry off": {opts: []Option{WithStateDir(chosen)}},
		"CI":                     {cfg: Config{DisableInCI: true}, opts: []Option{env("CI")}},
	}
}

func TestWithTrackingOffNothingIsMadeStartedOrWritten(t *testing.T) {
	for name, off := range offSources(t) {
		t.Run(name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state")
			off.cfg.Sinks = []SinkConfig{{Name: "a", Open: func() (Sink, error) {
				t.Error("a sink was made")
				return nil, errDown
			}}}
			before := runtime.NumGoroutine()
			opts := append([]Option{WithEnviron(func(string) (string, bool) { return "", false }), WithStateDir(state)}, off.opts...)
			d, err := New(off.cfg, opts...)
			if err != nil {
				t.Fatal(err)
			}
			for range 100 {
				if err := d.Track(context.Background(), "run"); err != nil {
					t.Fatal(err)
				}
				if err := d.Enqueue(context.Background(), Event{Name: "run"}); err != nil {
					t.Fatal(err)
				}
				if err := d.Emit(context.Background(), bombPayload{}); err != nil {
					t.Fatalf("a payload was encoded: %v", err)
				}
			}
			d.SetDoNotTrack(false) // cannot turn on what somebody else turned off
			if err := d.Track(context.Background(), "run"); err != nil {
				t.Fatal(err)
			}
			if after := runtime.NumGoroutine(); after > before {
				t.Errorf("%d goroutines, %d before", after, before)
			}
			stats := d.Stats()
			if stats.Books != (Books{Received: 301, Denied: 301}) || !stats.DoNotTrack.Active || len(stats.DoNotTrack.Sources) != 1 {
				t.Errorf("stats %+v", stats)
			}
			if _, err := os.Stat(state); err == nil {
				t.Error("a file was written")
			}
			if err := d.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

type bombPayload struct{}

func (bombPayload) EventName() string            { panic("boom") }
func (bombPayload) MarshalJSON() ([]byte, error) { panic("boom") }

func TestWithdrawingDiscardsWhatIsQueuedAndTurningOnStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made []*fakeSink
		answer := hang
		cfg := SinkConfig{Name: "a", Reach: ReachLocal, Open: func() (Sink, error) {
			s := &fakeSink{answer: answer}
			made = append(made, s)
			return s, nil
		}}
		given := &fakeSink{answer: down}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg, sinkOf("given", given)}})
		track(t, d, numbered(1200)...)
		time.Sleep(time.Second)
		begin := time.Now()
		d.SetDoNotTrack(true)
		if time.Since(begin) > 0 {
			t.Error("SetDoNotTrack waited")
		}
		track(t, d, "denied")
		synctest.Wait()
		stats := d.Stats()
		checkBalance(t, stats)
		for name, s := range stats.Sinks {
			if s.Filtered != 1200 || s.Queued != 0 || s.Reasons["filtered.withdrawn"] != 1200 {
				t.Errorf("%s after withdrawal: %+v", name, s)
			}
		}
		if stats.Books.Denied != 1 || !slices.Equal(stats.DoNotTrack.Sources, []string{"SetDoNotTrack"}) {
			t.Errorf("stats %+v", stats)
		}
		if made[0].closed != 1 || given.closed != 0 {
			t.Errorf("closed %d and %d times, want the one that was made closed", made[0].closed, given.closed)
		}
		answer = nil
		given.set(nil)
		d.SetDoNotTrack(false)
		track(t, d, "again")
		time.Sleep(10 * time.Minute)
		if want := []string{"again"}; len(made) != 2 || !slices.Equal(made[1].taken(), want) || !slices.Equal(given.taken(), want) {
			t.Errorf("after turning on again: %d sinks made, given got %v", len(made), given.taken())
		}
		closeOrFail(t, d)
		if given.closed != 1 {
			t.Error("the given sink was not closed at the end")
		}
	})
}

func TestAWithdrawalWhileEventsComeLetsNoneThrough(t *testing.T) {
	for range 30 {
		s := &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 300 {
					_ = d.Track(context.Background(), "x")
				}
			})
		}
		wg.Go(func() { d.SetDoNotTrack(true) })
		wg.Wait()
		stats := d.Stats()
		checkBalance(t, stats)
		if stats.Books.Received != 1200 {
			t.Errorf("books %+v", stats.Books)
		}
		if err := d.Close(context.Background()); err != nil {
			t.Errorf("events were left behind a withdrawal: %v", err)
		}
	}
}

func TestNewRefusesAConfigurationThatCannotWork(t *testing.T) {
	ok := &fakeSink{}
	none := 0.0
	for want, cfg := range map[string]Config{
		"no name":          {Sinks: []SinkConfig{{Sink: ok}}},
		"same name":        {Sinks: []SinkConfig{sinkOf("a", ok), sinkOf("a", ok)}},
		"Sink or Open":     {Sinks: []SinkConfig{{Name: "a"}}},
		"sample":           {Sinks: []SinkConfig{{Name: "a", Sink: ok, Sample: &none}}},
		"negative":         {Sinks: []SinkConfig{{Name: "a", Sink: ok, Concurrency: -1}}},
		"not a glob":       {Sinks: []SinkConfig{{Name: "a", Sink: ok, Events: []string{"["}}}},
		"on_full":          {Queue: QueueConfig{OnFull: "explode"}},
		"connection":       {Sinks: []SinkConfig{{Name: "a", Open: func() (Sink, error) { return nil, errDown }}}},
		"panicked":         {Sinks: []SinkConfig{{Name: "a", Open: func() (Sink, error) { panic("x") }}}},
		"returned no sink": {Sinks: []SinkConfig{{Name: "a", Open: func() (Sink, error) { return nil, nil }}}},
	} {
		_, err := New(cfg, isolated(t)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
