package core

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPausedSinkGetsNothingUntilItIsResumedAndOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &fakeSink{}, &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", a), sinkOf("b", b)}})
		if err := d.Pause("a"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			track(t, d, "run")
		}
		time.Sleep(time.Hour)
		stats := d.Stats()
		if s := stats.Sinks["a"]; s.State != StatePaused || !s.PausedByOperator || s.Queued != 3 || a.requests() != 0 {
			t.Errorf("%d requests, the books say %+v", a.requests(), s)
		}
		if s := stats.Sinks["b"]; s.State != StateOK || s.PausedByOperator || s.Delivered != 3 {
			t.Errorf("the other sink: %+v", s)
		}
		checkBalance(t, stats)
		if err := d.Resume("a"); err != nil {
			t.Fatal(err)
		}
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := d.Stats().Sinks["a"]; s.State != StateOK || s.PausedByOperator || s.Delivered != 3 {
			t.Errorf("after it was resumed: %+v", s)
		}
		closeOrFail(t, d)
	})
}

func TestWhatIsBeingSentWhenASinkIsPausedIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { time.Sleep(time.Second); return nil })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, "first")
		time.Sleep(700 * time.Millisecond)
		_ = d.Pause("a")
		track(t, d, "second")
		time.Sleep(time.Minute)
		if got := d.Stats().Sinks["a"]; got.Delivered != 1 || got.Queued != 1 || got.State != StatePaused {
			t.Errorf("the books say %+v", got)
		}
		_ = d.Resume("a")
		closeOrFail(t, d)
	})
}

func TestAPausedSinkKeepsToTheBoundsOfTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		d := newTest(t, Config{Queue: QueueConfig{MaxBytes: 4 << 10}, Sinks: []SinkConfig{sinkOf("a", s)}})
		_ = d.Pause("a")
		for range 500 {
			track(t, d, "run")
		}
		time.Sleep(time.Second)
		stats := d.Stats()
		if got := stats.Sinks["a"]; got.Overflowed == 0 || got.Queued == 0 || got.Queued > 100 {
			t.Errorf("the books say %+v", got)
		}
		checkBalance(t, stats)
		_ = d.Resume("a")
		closeOrFail(t, d)
	})
}

func TestAPauseOutlastsAReloadAndAChangeOfDoNotTrack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &fakeSink{}, &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", first)}})
		_ = d.Pause("a")
		track(t, d, "run")
		time.Sleep(time.Second)
		if err := d.Reload(Config{Sinks: []SinkConfig{sinkOf("a", second)}}); err != nil {
			t.Fatal(err)
		}
		d.SetDoNotTrack(true)
		d.SetDoNotTrack(false)
		track(t, d, "run")
		time.Sleep(time.Hour)
		if got := d.Stats().Sinks["a"]; !got.PausedByOperator || got.Queued != 1 || first.requests()+second.requests() != 0 {
			t.Errorf("%d and %d requests, the books say %+v", first.requests(), second.requests(), got)
		}
		_ = d.Resume("a")
		closeOrFail(t, d)
		if second.requests() != 1 {
			t.Errorf("the sink got %d requests after it was resumed", second.requests())
		}
	})
}

func TestClosingDoesNotWaitForAPausedSinkNorSendToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		_ = d.Pause("a")
		track(t, d, "run")
		time.Sleep(time.Second)
		began := time.Now()
		var left *LeftError
		if err := d.Close(context.Background()); !errors.As(err, &left) || left.Left["a"] != 1 {
			t.Errorf("closing returns %v", err)
		}
		if took := time.Since(began); took > time.Second || s.requests() != 0 {
			t.Errorf("closing took %v, the sink got %d requests", took, s.requests())
		}
		checkBalance(t, d.Stats())
	})
}

func TestNothingIsReplayedToAPausedSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		s.set(func(context.Context, []string) error { return Permanent(errDown) })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		for range 3 {
			track(t, d, "run")
		}
		_ = d.Flush(t.Context())
		s.set(nil)
		_ = d.Pause("a")
		if _, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{}); err == nil || !strings.Contains(err.Error(), "resume it first") {
			t.Errorf("a replay to a paused sink returns %v", err)
		}
		_ = d.Resume("a")
		replayed := make(chan error)
		go func() { // one a second
			_, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{Rate: 1})
			replayed <- err
		}()
		time.Sleep(1500 * time.Millisecond)
		_ = d.Pause("a")
		if err := <-replayed; !strings.Contains(err.Error(), "resume it first") {
			t.Errorf("a replay that is paused returns %v", err)
		}
		if left := len(d.DeadLetters("a")); left != 1 || d.CountDeadLetters("a") != left {
			t.Errorf("%d dead letters are left, counted %d", left, d.CountDeadLetters("a"))
		}
		checkBalance(t, d.Stats())
		closeOrFail(t, d)
	})
}

func TestOnlyASinkThatThereIsCanBePaused(t *testing.T) {
	logs := &capture{}
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}}, logs.option())
	if d.Pause("b") == nil || d.Resume("b") == nil || d.CountDeadLetters("b") != 0 {
		t.Error("a sink was paused that does not exist")
	}
	_, _, _, _ = d.Pause("a"), d.Pause("a"), d.Resume("a"), d.Resume("a")
	if n := strings.Count(logs.String(), "by the operator"); n != 2 {
		t.Errorf("%d lines of two changes: %s", n, logs)
	}
	closeOrFail(t, d)
}
