package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func track(t testing.TB, d *Dispatcher, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := d.Track(context.Background(), name); err != nil {
			t.Fatalf("Track(%q): %v", name, err)
		}
	}
}

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("e%04d", i))
	}
	return names
}

func TestEverySinkGetsEveryEventOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sinks := []*fakeSink{{}, {}, {}}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", sinks[0]), sinkOf("b", sinks[1]), sinkOf("c", sinks[2])}})
		names := numbered(1234)
		track(t, d, names...)
		closeOrFail(t, d)
		for i, s := range sinks {
			if !slices.Equal(s.taken(), names) {
				t.Errorf("sink %d got %d events, want %d in order", i, len(s.taken()), len(names))
			}
			if s.closed != 1 {
				t.Errorf("sink %d was closed %d times", i, s.closed)
			}
		}
		checkBalance(t, d.Stats())
	})
}

func TestABatchIsCompleteByCountBytesOrTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		byCount, byBytes, byLimit := &fakeSink{}, &fakeSink{}, &fakeSink{limits: Limits{MaxEvents: 7}}
		configs := []SinkConfig{sinkOf("count", byCount), sinkOf("bytes", byBytes), sinkOf("limit", byLimit)}
		configs[0].Batch = BatchConfig{MaxEvents: 10, MaxWait: time.Minute}
		configs[1].Batch = BatchConfig{MaxBytes: 1000, MaxWait: time.Minute}
		configs[2].Batch = BatchConfig{MaxEvents: 10, MaxWait: time.Minute}
		d := newTest(t, Config{Sinks: configs})
		begin := time.Now()
		track(t, d, numbered(25)...)
		synctest.Wait()
		if got := byCount.requests(); got != 2 {
			t.Errorf("25 events in batches of 10: %d requests before the wait is over, want 2", got)
		}
		if got := byLimit.requests(); got != 3 {
			t.Errorf("25 events at a sink that takes 7: %d requests before the wait is over, want 3", got)
		}
		if byBytes.requests() == 0 {
			t.Error("no batch was complete by its bytes")
		}
		if err := d.Track(context.Background(), strings.Repeat("x", 200)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		at := byCount.times()
		if last := at[len(at)-1]; last.Sub(begin) != time.Minute {
			t.Errorf("the last batch left after %v, want the wait of one minute", last.Sub(begin))
		}
		closeOrFail(t, d)
	})
}

func TestAFailedBatchIsTriedAgainUntilItIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		failures := 0
		s.set(func(context.Context, []string) error {
			if failures++; failures < 4 {
				return errDown
			}
			return nil
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		names := numbered(20)
		track(t, d, names...)
		if err := d.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.taken(), names) {
			t.Errorf("took %v", s.taken())
		}
		got := d.Stats().Sinks["a"]
		if got.Retries < 3 || got.Delivered != 20 || got.State != StateOK || got.LastError != "" {
			t.Errorf("stats %+v", got)
		}
		closeOrFail(t, d)
	})
}

func TestBackoffGrowsToItsBoundWithFullJitter(t *testing.T) {
	retry := RetryConfig{Initial: time.Second, Max: 30 * time.Second}
	for failures, bound := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 5: 16, 6: 30, 64: 30, 1000: 30} {
		bound *= time.Second
		var least, most time.Duration = math.MaxInt64, 0
		for range 2000 {
			wait := backoff(retry, failures)
			least, most = min(least, wait), max(most, wait)
		}
		if most > bound || most < bound*9/10 || least > bound/10 {
			t.Errorf("after %d failures waits are between %v and %v, want them spread over [0, %v]", failures, least, most, bound)
		}
	}
}

func TestRetryAfterPausesTheWholeSinkAndIsBounded(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		7 * time.Second: 7 * time.Second,
		24 * time.Hour:  time.Hour,
		-time.Hour:      0, // about at once, but not in a loop
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &fakeSink{}
			first := true
			s.set(func(context.Context, []string) error {
				if first {
					first = false
					return RetryAfter(asked, errors.New("slow down"))
				}
				return nil
			})
			cfg := sinkOf("a", s)
			cfg.Concurrency, cfg.Batch.MaxEvents = 4, 1
			d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
			track(t, d, "one")
			synctest.Wait()
			track(t, d, "two", "three")
			synctest.Wait()
			if state := d.Stats().Sinks["a"].State; want > 0 && state != StatePaused {
				t.Errorf("state %q, want paused", state)
			}
			_ = d.Flush(context.Background())
			at := s.times()
			if waited := at[1].Sub(at[0]); waited != want && (want > 0 || waited > time.Second) {
				t.Errorf("asked for %v: the next attempt came after %v, want %v", asked, waited, want)
			}
			closeOrFail(t, d)
		})
	}
}

func TestADeadSinkIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: down}
		cfg := sinkOf("a", s)
		cfg.Concurrency, cfg.Batch.MaxEvents = 8, 10
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, numbered(1000)...)
		time.Sleep(time.Hour)
		before := s.requests()
		if got := d.Stats().Sinks["a"].State; got != StateOpen {
			t.Errorf("state %q, want open", got)
		}
		if before > 150 { // one attempt in 2.5 min on average once the backoff has grown, and a few at first
			t.Errorf("%d attempts within an hour", before)
		}
		s.set(nil)
		time.Sleep(6 * time.Minute) // a circuit stays open at most retry.max
		if got := d.Stats().Sinks["a"]; got.Delivered != 1000 || got.State != StateOK {
			t.Errorf("after recovery: %+v", got)
		}
		closeOrFail(t, d)
	})
}

func TestRefusedCredentialsKeepEventsAndAreProbedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { return Unauthorized(errors.New("401")) })
		cfg := sinkOf("a", s)
		cfg.Concurrency, cfg.Batch.MaxEvents = 4, 10
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, numbered(200)...)
		time.Sleep(time.Hour + time.Second)
		if n := s.requests(); n < 55 || n > 66 {
			t.Errorf("%d probes in an hour, want about 60", n)
		}
		if got := d.Stats().Sinks["a"]; got.State != StateFailed || got.Queued != 200 {
			t.Errorf("stats %+v, want failed with 200 queued", got)
		}
		s.set(nil)
		time.Sleep(90 * time.Second)
		if got := d.Stats().Sinks["a"]; got.Delivered != 200 {
			t.Errorf("90 s after the credentials work: %+v", got)
		}
		closeOrFail(t, d)
	})
}

// refuseAny refuses every batch that holds one of the bad names.
func refuseAny(err func(error) error, bad ...string) func(context.Context, []string) error {
	return func(_ context.Context, names []string) error {
		for _, name := range names {
			if slices.Contains(bad, name) {
				return err(errors.New("400 bad event"))
			}
		}
		return nil
	}
}

func requestBound(n int) int { return 2*int(math.Ceil(math.Log2(float64(n)))) + 1 }

func TestOneBadEventIsFoundAndItsNeighboursAreDelivered(t *testing.T) {
	for _, n := range []int{1, 2, 3, 100, 500} {
		for bad := range n {
			if n > 10 && bad%7 != 0 && bad != n-1 {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				names := numbered(n)
				s := &fakeSink{answer: refuseAny(Permanent, names[bad])}
				d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
				track(t, d, names...)
				closeOrFail(t, d)
				want := slices.Delete(slices.Clone(names), bad, bad+1)
				if got := slices.Sorted(slices.Values(s.taken())); !slices.Equal(got, want) {
					t.Errorf("%d of %d bad: %d delivered, want the other %d once", bad, n, len(got), n-1)
				}
				if got := s.requests(); got > requestBound(n) {
					t.Errorf("%d of %d bad: %d requests, want at most %d", bad, n, got, requestBound(n))
				}
				letters := d.DeadLetters("a")
				if len(letters) != 1 || letters[0].Name != names[bad] || letters[0].Reason != "permanent" {
					t.Errorf("dead letters %+v", letters)
				}
				checkBalance(t, d.Stats())
			})
		}
	}
}

func TestABatchThatIsBadAsAWholeCostsNoMoreRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { return Permanent(errors.New("400")) })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, numbered(100)...)
		closeOrFail(t, d)
		if got := s.requests(); got > requestBound(100) {
			t.Errorf("%d requests, want at most %d", got, requestBound(100))
		}
		if got := d.Stats().Sinks["a"]; got.DeadLettered != 100 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestSeveralBadEventsLoseNoNeighbour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := numbered(300)
		bad := []string{names[0], names[1], names[77], names[150], names[298], names[299]}
		s := &fakeSink{answer: refuseAny(Permanent, bad...)}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, names...)
		closeOrFail(t, d)
		if got := len(s.taken()); got != 294 {
			t.Errorf("%d delivered, want 294", got)
		}
		if got := len(d.DeadLetters("a")); got != 6 {
			t.Errorf("%d dead letters, want 6", got)
		}
	})
}

func TestABatchThatIsTooLargeIsHalvedUntilItFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := numbered(100)
		s := &fakeSink{}
		s.set(func(_ context.Context, batch []string) error {
			if len(batch) > 30 || slices.Contains(batch, names[42]) {
				return TooLarge(errors.New("413"))
			}
			return nil
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, names...)
		closeOrFail(t, d)
		if got := d.Stats().Sinks["a"]; got.Delivered != 99 || got.DeadLettered != 1 {
			t.Errorf("stats %+v", got)
		}
		if letters := d.DeadLetters("a"); len(letters) != 1 || letters[0].Reason != "too_large" || letters[0].Name != names[42] {
			t.Errorf("dead letters %+v", letters)
		}
	})
}

func TestARefusedBatchIsDeadLetteredAfterOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { return Refused(errors.New("302 to elsewhere")) })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, numbered(50)...)
		closeOrFail(t, d)
		if got := d.Stats().Sinks["a"]; s.requests() != 1 || got.DeadLettered != 50 {
			t.Errorf("%d requests, stats %+v", s.requests(), got)
		}
	})
}

func TestAPartialFailureRetriesOnlyWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := numbered(10)
		s := &fakeSink{}
		calls := 0
		s.set(func(_ context.Context, batch []string) error {
			calls++
			partial := &BatchError{}
			for i, name := range batch {
				switch {
				case name == names[3]:
					partial.Fail(i, Permanent(errors.New("bad")))
				case name == names[5] && calls < 3:
					partial.Fail(i, RetryAfter(time.Second, errors.New("throttled")))
				case name == names[7] && calls < 2:
					partial.Fail(i, errDown)
				}
			}
			partial.Fail(99, errDown) // not in the batch: ignored
			if len(partial.Failed) == 1 {
				return nil
			}
			return partial
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, names...)
		closeOrFail(t, d)
		if got := d.Stats().Sinks["a"]; got.Delivered != 9 || got.DeadLettered != 1 {
			t.Errorf("stats %+v", got)
		}
		for _, call := range s.calls[1:] {
			for _, name := range call {
				if name != names[5] && name != names[7] {
					t.Errorf("%s was sent again: %v", name, s.calls[1:])
				}
			}
		}
	})
}

func TestDeclinedEventsAreFiltered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		some, all := &fakeSink{}, &fakeSink{}
		some.set(func(_ context.Context, names []string) error {
			declined := &BatchError{}
			for i, name := range names {
				if name == "alias" {
					declined.Fail(i, Declined(errors.New("no such thing here")))
				}
			}
			return declined.OrNil()
		})
		all.set(func(context.Context, []string) error { return Declined(errors.New("nothing of the sort")) })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("some", some), sinkOf("all", all)}})
		for _, kind := range []Kind{KindTrack, KindIdentify, KindAlias} {
			if err := d.Enqueue(context.Background(), Event{Kind: kind, Name: kind.String()}); err != nil {
				t.Fatal(err)
			}
		}
		closeOrFail(t, d)
		stats := d.Stats()
		checkBalance(t, stats)
		if s := stats.Sinks["some"]; s.Delivered != 2 || s.Filtered != 1 || s.Reasons[reasonDeclined] != 1 || s.LastError != "" {
			t.Errorf("some: %+v", s)
		}
		if s := stats.Sinks["all"]; s.Filtered != 3 || s.State != StateOK || all.requests() != 1 {
			t.Errorf("all: %+v", s)
		}
		if !strings.Contains(some.json[1], `"name":"identify","kind":"identify",`) || strings.Contains(some.json[0], "kind") {
			t.Errorf("sealed %v", some.json)
		}
	})
}

func TestEventsExpireAfterMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: down}
		cfg := sinkOf("a", s)
		cfg.Retry = RetryConfig{MaxAge: time.Hour, Max: time.Minute}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, numbered(10)...)
		time.Sleep(50 * time.Minute)
		track(t, d, "young")
		time.Sleep(15 * time.Minute)
		got := d.Stats().Sinks["a"]
		if got.Expired != 10 || got.Queued != 1 || got.Reasons["expired.max_age"] != 10 {
			t.Errorf("stats %+v, want 10 expired and 1 queued", got)
		}
		s.set(nil)
		_ = d.Flush(context.Background())
		if want := []string{"young"}; !slices.Equal(s.taken(), want) {
			t.Errorf("delivered %v, want %v", s.taken(), want)
		}
		closeOrFail(t, d)
	})
}

func TestMaxAttemptsDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: down}
		cfg := sinkOf("a", s)
		cfg.Retry.MaxAttempts = 3
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, numbered(5)...)
		_ = d.Flush(context.Background())
		letters := d.DeadLetters("a")
		if s.requests() > 4 || len(letters) != 5 || letters[0].Attempts != 3 || letters[0].Reason != "max_attempts" {
			t.Errorf("%d requests, dead letters %+v", s.requests(), letters)
		}
		if letters[0].Error != errDown.Error() || len(letters[0].Event) == 0 || letters[0].ID == "" {
			t.Errorf("a dead letter does not say what and why: %+v", letters[0])
		}
		closeOrFail(t, d)
	})
}

func TestASinkThatPanicsHurtsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &capture{}
		names := numbered(100)
		healthy, sick := &fakeSink{}, &fakeSink{}
		sick.set(func(_ context.Context, batch []string) error {
			if slices.Contains(batch, names[13]) {
				panic("the value is hush-hush")
			}
			return nil
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("healthy", healthy), sinkOf("sick", sick)}}, log.option())
		track(t, d, names...)
		if err := d.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		stats := d.Stats()
		if got := stats.Sinks["healthy"].Delivered; got != 100 {
			t.Errorf("the healthy sink got %d", got)
		}
		if got := stats.Sinks["sick"]; got.Delivered != 99 || got.DeadLettered != 1 {
			t.Errorf("the sick sink: %+v, want 99 delivered and the poison dead-lettered", got)
		}
		if strings.Contains(log.String(), "hush-hush") {
			t.Error("the value of the panic was logged")
		}
		closeOrFail(t, d)
	})
}

func TestASinkThatEndsItsGoroutineIsCalledOnAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		exits := 0
		s.set(func(context.Context, []string) error {
			if exits++; exits < 4 {
				runtime.Goexit()
			}
			return nil
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, numbered(10)...)
		_ = d.Flush(context.Background())
		if got := d.Stats().Sinks["a"]; got.Delivered != 10 || got.Retries < 3 {
			t.Errorf("stats %+v", got)
		}
		checkBalance(t, d.Stats())
		closeOrFail(t, d)
	})
}

func TestAnAttemptIsBoundedByItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: hang}
		cfg := sinkOf("a", s)
		cfg.Timeout = 3 * time.Second
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "one")
		time.Sleep(3*time.Second + 300*time.Millisecond)
		if got := d.Stats().Sinks["a"].State; got != StateRetrying {
			t.Errorf("state %q after the timeout, want retrying", got)
		}
		s.set(nil)
		closeOrFail(t, d)
	})
}

func TestASendThatIgnoresItsContextIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { time.Sleep(time.Hour); return nil })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "one")
		time.Sleep(time.Minute)
		if got := d.Stats().Sinks["a"]; !strings.Contains(got.LastError, "has not returned 50s after its timeout") {
			t.Errorf("stats %+v", got)
		}
		time.Sleep(time.Hour)
		if got := d.Stats().Sinks["a"]; got.LastError != "" || got.Delivered != 1 {
			t.Errorf("after it returned: %+v", got)
		}
		closeOrFail(t, d)
	})
}

func TestConcurrencyIsUsedAndNotExceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context, []string) error {
			time.Sleep(time.Second)
			return nil
		}
		free, limited := &fakeSink{answer: slow}, &fakeSink{answer: slow, limits: Limits{MaxConcurrency: 2}}
		configs := []SinkConfig{sinkOf("free", free), sinkOf("limited", limited)}
		for i := range configs {
			configs[i].Concurrency, configs[i].Batch.MaxEvents = 5, 10
		}
		d := newTest(t, Config{Sinks: configs})
		track(t, d, numbered(300)...)
		_ = d.Flush(context.Background())
		closeOrFail(t, d)
		if free.most != 5 || limited.most != 2 {
			t.Errorf("Sends at once: %d and %d, want 5 and 2", free.most, limited.most)
		}
	})
}

func TestTheErrorOfASinkIsShownWithoutItsSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &capture{}
		s := &fakeSink{}
		s.set(func(context.Context, []string) error {
			return errors.New("Post \"https://host.example/collect?api_" + "secret=HUSH-123\": EOF\nforged line")
		})
		cfg := sinkOf("a", s)
		cfg.Retry.MaxAttempts = 1
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}}, log.option())
		track(t, d, "one")
		_ = d.Flush(context.Background())
		shown := log.String() + d.Stats().Sinks["a"].LastError + fmt.Sprintf("%+v", d.DeadLetters("a"))
		if strings.Contains(shown, "HUSH") || !strings.Contains(shown, "https://host.example/collect") {
			t.Errorf("shown: %s", shown)
		}
		if strings.Contains(d.Stats().Sinks["a"].LastError, "\n") {
			t.Error("the error is more than one line")
		}
		closeOrFail(t, d)
	})
}
