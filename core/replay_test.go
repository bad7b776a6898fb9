package core

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// withLetters returns a dispatcher whose sink has refused events by these names.
func withLetters(t testing.TB, s *fakeSink, cfg Config, names ...string) *Dispatcher {
	t.Helper()
	s.set(func(context.Context, []string) error { return Refused(errors.New("closed on Saturdays")) })
	sink := sinkOf("a", s)
	if len(cfg.Sinks) > 0 {
		sink.DeadLetter = cfg.Sinks[0].DeadLetter
	}
	d := newTest(t, Config{Sinks: []SinkConfig{sink}})
	track(t, d, names...)
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.DeadLetters("a"); len(got) != len(names) {
		t.Fatalf("%d dead letters, want %d", len(got), len(names))
	}
	s.set(nil)
	return d
}

func letterNames(d *Dispatcher) (names []string) {
	for _, l := range d.DeadLetters("a") {
		names = append(names, l.Name)
	}
	return names
}

func TestAReplayDeliversUnderTheSameIdsAtItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, names := &fakeSink{}, numbered(500)
		d := withLetters(t, s, Config{}, names...)
		var ids []string
		for _, l := range d.DeadLetters("a") {
			ids = append(ids, l.ID)
		}
		begin := time.Now()
		got, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{Rate: 50})
		if err != nil || got != (Replayed{Accepted: 500}) {
			t.Errorf("%+v, %v", got, err)
		}
		if took := time.Since(begin); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("500 events at 50 a second took %v", took)
		}
		if !slices.Equal(s.taken(), names) {
			t.Errorf("took %d of %d, or not in order", len(s.taken()), len(names))
		}
		for i, text := range s.json {
			if !strings.Contains(text, ids[i]) {
				t.Fatalf("event %d came without its id %s: %s", i, ids[i], text)
			}
		}
		if left := d.DeadLetters("a"); len(left) > 0 {
			t.Errorf("%d dead letters are left", len(left))
		}
		checkBalance(t, d.Stats())
		if k := d.Stats().Sinks["a"]; k.DeadLettered != 500 || k.Recovered != 500 || k.Delivered != 500 {
			t.Errorf("%+v", k)
		}
		closeOrFail(t, d)
	})
}

func TestAReplayThatFailsKeepsEveryDeadLetter(t *testing.T) {
	for name, c := range map[string]struct {
		answer         func(context.Context, []string) error
		accepted, fail int
		wrong          bool
	}{
		"down":         {answer: down, wrong: true},
		"unauthorized": {answer: func(context.Context, []string) error { return Unauthorized(errDown) }, wrong: true},
		"paused":       {answer: func(context.Context, []string) error { return RetryAfter(time.Hour, errDown) }, wrong: true},
		"panics":       {answer: func(context.Context, []string) error { panic("no") }, wrong: true},
		"exits":        {answer: func(context.Context, []string) error { runtime.Goexit(); return nil }, wrong: true},
		"hangs":        {answer: hang, wrong: true},
		"still refused": {answer: func(context.Context, []string) error {
			return Refused(errDown)
		}, fail: 10},
		"one of them bad": {answer: func(_ context.Context, names []string) error {
			if slices.Contains(names, "e0003") {
				return Permanent(errDown)
			}
			return nil
		}, accepted: 9, fail: 1},
		"named": {answer: func(_ context.Context, names []string) error {
			e := &BatchError{}
			e.Fail(slices.Index(names, "e0003"), errDown)
			return e
		}, accepted: 9, fail: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSink{}
				d := withLetters(t, s, Config{}, numbered(10)...)
				s.set(c.answer)
				got, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{Rate: 1000})
				if (err != nil) != c.wrong || got.Accepted != c.accepted || got.Failed != c.fail {
					t.Errorf("%+v, %v", got, err)
				}
				if got.Accepted+got.Failed+got.Left != 10 {
					t.Errorf("%+v do not add up to 10", got)
				}
				left := d.DeadLetters("a")
				if len(left) != 10-c.accepted {
					t.Errorf("%d dead letters, want %d", len(left), 10-c.accepted)
				}
				for _, l := range left {
					if c.fail > 0 && (l.Attempts != 2 || !strings.Contains(l.Error, "connection refused")) {
						t.Errorf("%s: %d attempts, %s", l.Name, l.Attempts, l.Error)
					}
				}
				checkBalance(t, d.Stats())
				s.set(nil)
				time.Sleep(2 * time.Hour)
				if got, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{}); err != nil || got.Accepted != len(left) {
					t.Errorf("the second replay: %+v, %v", got, err)
				}
				closeOrFail(t, d)
			})
		})
	}
}

func TestAReplayOfSomeLeavesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		d := withLetters(t, s, Config{}, numbered(5)...)
		letters := d.DeadLetters("a")
		got, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{IDs: []string{letters[1].ID, letters[3].ID}})
		if err != nil || got != (Replayed{Accepted: 2}) {
			t.Errorf("%+v, %v", got, err)
		}
		if got := letterNames(d); !slices.Equal(got, []string{"e0000", "e0002", "e0004"}) {
			t.Errorf("left: %v", got)
		}
		if n, err := d.PurgeDeadLetters("a"); n != 3 || err != nil || len(d.DeadLetters("a")) != 0 {
			t.Errorf("purged %d, %v", n, err)
		}
		if _, err := d.ReplayDeadLetters(t.Context(), "b", ReplayOptions{}); err == nil {
			t.Error("an unknown sink is no error")
		}
		closeOrFail(t, d)
		if _, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{}); err == nil {
			t.Error("a replay after Close is no error")
		}
	})
}

func TestDeadLettersPurgedDuringAReplayAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		d := withLetters(t, s, Config{}, numbered(300)...)
		s.set(func(context.Context, []string) error { time.Sleep(time.Second); return errDown })
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{Rate: 1000})
		}()
		time.Sleep(500 * time.Millisecond)
		d.SetDoNotTrack(true)
		<-done
		if got := d.DeadLetters("a"); len(got) > 0 {
			t.Errorf("%d dead letters outlived the withdrawal", len(got))
		}
		closeOrFail(t, d)
		checkBalance(t, d.Stats())
	})
}

func TestDeadLettersGoWhenTheyAreOldOrTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{}
		limits := Config{Sinks: []SinkConfig{{DeadLetter: DeadLetterConfig{MaxAge: time.Hour, MaxBytes: 8 << 10}}}}
		d := withLetters(t, s, limits, numbered(5)...)
		time.Sleep(50 * time.Minute)
		s.set(func(context.Context, []string) error { return Refused(errDown) })
		track(t, d, "young")
		_ = d.Flush(t.Context())
		time.Sleep(15 * time.Minute)
		if got := letterNames(d); !slices.Equal(got, []string{"young"}) {
			t.Errorf("after an hour: %v", got)
		}
		for i := range 200 {
			track(t, d, fmt.Sprint("n", i))
			_ = d.Flush(t.Context())
		}
		got := letterNames(d)
		if len(got) == 0 || len(got) > 100 || got[len(got)-1] != "n199" {
			t.Errorf("%d in 8 KiB, the last %v", len(got), got[max(0, len(got)-1):])
		}
		closeOrFail(t, d)
		checkBalance(t, d.Stats())
	})
}
