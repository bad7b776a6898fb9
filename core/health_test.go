package core

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// RetryAfter(0) is a hot loop.
func TestRetryAfterZeroDoesNotSpin(t *testing.T) {
	var n atomic.Int64
	s := SinkFunc(func(context.Context, []Sealed) error { n.Add(1); return RetryAfter(0, errDown) })
	cfg := sinkOf("a", s)
	cfg.Batch.MaxWait = -1
	d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
	track(t, d, "one")
	time.Sleep(200 * time.Millisecond)
	if n.Load() > 20 {
		t.Errorf("%d attempts in 200 ms", n.Load())
	}
	_ = d.Close(shortly(t))
}

// A success of an attempt that began before the pause cancels the pause.
func TestALateSuccessDoesNotCancelAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(_ context.Context, names []string) error {
			switch names[0] {
			case "slow":
				time.Sleep(time.Second)
			case "throttled":
				s.set(nil)
				return RetryAfter(time.Minute, errors.New("429"))
			}
			return nil
		})
		cfg := sinkOf("a", s)
		cfg.Concurrency, cfg.Batch.MaxEvents = 2, 1
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "slow")
		synctest.Wait()
		track(t, d, "throttled")
		_ = d.Flush(context.Background())
		at := s.times()
		if waited := at[len(at)-1].Sub(at[1]); waited < time.Minute {
			t.Errorf("asked for a pause of 1m, tried again after %v", waited)
		}
		closeOrFail(t, d)
	})
}

// A probe of an old session that does not return blocks the new session's new sink.
func TestAStuckProbeOfAnOldSinkDoesNotBlockTheNewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deaf atomic.Bool
		old := &fakeSink{}
		old.set(func(context.Context, []string) error {
			if deaf.Load() {
				time.Sleep(100 * time.Hour)
			}
			return errDown
		})
		fresh := &fakeSink{}
		next := Sink(old)
		d := newTest(t, Config{Sinks: []SinkConfig{{Name: "a", Reach: ReachLocal, Open: func() (Sink, error) { return next, nil }}}})
		track(t, d, "one")
		time.Sleep(20 * time.Minute)
		if got := d.Stats().Sinks["a"].State; got != StateOpen {
			t.Fatal(got)
		}
		deaf.Store(true)
		time.Sleep(20 * time.Minute) // the probe is stuck
		next = fresh
		d.SetDoNotTrack(true)
		d.SetDoNotTrack(false)
		track(t, d, "two")
		time.Sleep(time.Hour)
		if got := fresh.taken(); !slices.Equal(got, []string{"two"}) {
			t.Errorf("an hour later the new sink has got %v: %+v", got, d.Stats().Sinks["a"])
		}
		_ = d.Close(shortly(t))
		time.Sleep(200 * time.Hour)
	})
}

// The new session inherits the old sink's pause.
func TestANewSinkDoesNotInheritThePauseOfTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := &fakeSink{answer: func(context.Context, []string) error { return RetryAfter(time.Hour, errDown) }}
		fresh := &fakeSink{}
		next := Sink(old)
		d := newTest(t, Config{Sinks: []SinkConfig{{Name: "a", Reach: ReachLocal, Open: func() (Sink, error) { return next, nil }}}})
		track(t, d, "one")
		time.Sleep(time.Second)
		next = fresh
		d.SetDoNotTrack(true)
		d.SetDoNotTrack(false)
		track(t, d, "two")
		time.Sleep(10 * time.Minute)
		if got := fresh.taken(); !slices.Equal(got, []string{"two"}) {
			t.Errorf("ten minutes later the new sink has got %v: %+v", got, d.Stats().Sinks["a"])
		}
		_ = d.Close(shortly(t))
	})
}

// Expired while waiting in admit, sent all the same.
func TestAnEventThatExpiredDuringAPauseIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: func(context.Context, []string) error { return RetryAfter(time.Hour, errDown) }}
		cfg := sinkOf("a", s)
		cfg.Retry.MaxAge = 10 * time.Minute
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "old")
		time.Sleep(time.Second)
		s.set(nil)
		time.Sleep(2 * time.Hour)
		if got := s.taken(); len(got) > 0 {
			t.Errorf("max_age is 10m, yet it was sent an hour after acceptance: %+v", d.Stats().Sinks["a"])
		}
		closeOrFail(t, d)
	})
}

// A batch that always fails with a retryable error blocks all others for max_age.
func TestAPoisonBatchDoesNotBlockTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(ctx context.Context, names []string) error {
			if slices.Contains(names, "poison") {
				return hang(ctx, names) // the destination times out on it
			}
			return nil
		})
		cfg := sinkOf("a", s)
		cfg.Batch.MaxEvents = 1
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "poison", "good")
		time.Sleep(time.Hour)
		if got := s.taken(); !slices.Equal(got, []string{"good"}) {
			t.Errorf("an hour later: %v: %+v", got, d.Stats().Sinks["a"])
		}
		_ = d.Close(shortly(t))
	})
}

// One row of a batch that is throttled for ever opens the circuit and blocks everything behind it.
func TestOneRetryableRowDoesNotStopASinkThatTakesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(_ context.Context, names []string) error {
			e := &BatchError{}
			for i, n := range names {
				if n == "e0003" {
					e.Fail(i, errDown)
				}
			}
			return e.OrNil()
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, numbered(10)...)
		time.Sleep(time.Hour)
		track(t, d, "later")
		time.Sleep(time.Hour)
		if got := d.Stats().Sinks["a"]; got.Delivered != 10 {
			t.Errorf("two hours later: %+v", got)
		}
		_ = d.Close(shortly(t))
	})
}

// A wait given beside a BatchError is lost.
func TestAPauseAskedForBesideAPartialFailureIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(_ context.Context, names []string) error {
			s.set(nil)
			e := &BatchError{}
			e.Fail(0, errDown)
			return RetryAfter(time.Minute, e)
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "one", "two")
		_ = d.Flush(context.Background())
		at := s.times()
		if waited := at[1].Sub(at[0]); waited < time.Minute {
			t.Errorf("tried again after %v", waited)
		}
		closeOrFail(t, d)
	})
}

// Throttled attempts count towards max_attempts only when something else fails.
func TestMaxAttemptsCountsOneKindOfAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		n := 0
		s.set(func(context.Context, []string) error {
			if n++; n <= 10 {
				return RetryAfter(time.Second, errDown)
			} else if n == 11 {
				return errDown // the first real failure
			}
			return nil
		})
		cfg := sinkOf("a", s)
		cfg.Retry.MaxAttempts = 3
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "one")
		_ = d.Flush(context.Background())
		if got := d.Stats().Sinks["a"]; got.Delivered != 1 {
			t.Errorf("dead-lettered after %d attempts, one failure and ten pauses, with max_attempts 3: %+v", n, got)
		}
		closeOrFail(t, d)
	})
}

// An earlier attempt that returns lets a second probe through.
func TestAnOpenCircuitMakesOneAttemptAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(ctx context.Context, names []string) error {
			if names[0] == "slow" {
				time.Sleep(time.Hour)
				return errDown
			}
			time.Sleep(10 * time.Minute)
			return errDown
		})
		cfg := sinkOf("a", s)
		cfg.Concurrency, cfg.Batch.MaxEvents, cfg.Timeout = 3, 1, 3*time.Hour
		cfg.Retry.Max = time.Second
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "slow")
		time.Sleep(time.Second)
		track(t, d, "one", "two")
		time.Sleep(time.Hour + 15*time.Minute)
		s.mu.Lock()
		sending := s.sending
		s.mu.Unlock()
		if st := d.Stats().Sinks["a"].State; st == StateOpen && sending > 1 {
			t.Errorf("%d attempts at once with the circuit open", sending)
		}
		_ = d.Close(shortly(t))
		time.Sleep(5 * time.Hour)
	})
}

// A vendor names one throttled device, and asks for a short pause for the others.
func TestAThrottledDeviceDoesNotHoldUpTheOthersForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(_ context.Context, names []string) error {
			hot := -1
			for i, n := range names {
				if n == "hot" {
					hot = i
				}
			}
			if hot < 0 {
				return nil
			}
			p := new(BatchError)
			for i := range names {
				if i == hot {
					p.Fail(i, RetryAfter(30*time.Second, errors.New("throttled")))
				} else {
					p.Fail(i, RetryAfter(250*time.Millisecond, errors.New("not named")))
				}
			}
			return p
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "hot", "cool1", "cool2")
		time.Sleep(2 * time.Hour)
		if len(s.taken()) != 2 {
			t.Errorf("after 2 h and %d requests the others: %v, %+v", s.requests(), s.taken(), d.Stats().Sinks["a"])
		}
		ctx, c := context.WithTimeout(context.Background(), time.Second)
		defer c()
		_ = d.Close(ctx)
	})
}

// A destination that loses what it throttles, as one without de-duplication does, still asks for a pause.
func TestAPauseIsKeptWhenNothingIsLeftToTryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error {
			s.set(nil)
			e := &BatchError{}
			e.Fail(0, Refused(errDown))
			return RetryAfter(time.Minute, e)
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "lost")
		time.Sleep(time.Second)
		if got := d.Stats().Sinks["a"]; got.State != StatePaused || got.DeadLettered != 1 {
			t.Errorf("stats %+v", got)
		}
		track(t, d, "next")
		_ = d.Flush(context.Background())
		at := s.times()
		if waited := at[1].Sub(at[0]); waited < time.Minute {
			t.Errorf("tried again after %v", waited)
		}
		closeOrFail(t, d)
	})
}
