package sinktest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

// spy is a test that notes what it is told, and goes on.
type spy struct {
	testing.TB
	said []string
}

func (s *spy) Helper() {}
func (s *spy) Errorf(format string, args ...any) {
	s.said = append(s.said, fmt.Sprintf(format, args...))
}

func TestAnExpectationHoldsForWhatWasReported(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	report := func(telemetry *core.Dispatcher) {
		_ = telemetry.Track(t.Context(), "start", slog.String("mode", "server"))
		_ = telemetry.Enqueue(t.Context(), core.Event{
			ID: "e-1", Name: "signup", Kind: core.KindIdentify, Time: at, UserID: "u-17", AnonymousID: "a", SessionID: "s",
			Props: core.Props{"plan": "pro", "seats": 3, "price": 9.50, "tags": []string{"a", "b"}, "nested": map[string]int{"x": 1}, "none": nil},
		})
	}
	start := core.Event{Name: "start", Props: core.Props{"mode": "server"}, Context: core.Props{"app": map[string]any{"name": "acme", "version": "2"}}}
	for name, want := range map[string]core.Event{
		"everything":    {ID: "e-1", Name: "signup", Kind: core.KindIdentify, Time: at, UserID: "u-17", AnonymousID: "a", SessionID: "s"},
		"other numbers": {Kind: core.KindIdentify, Props: core.Props{"seats": 3.0, "price": 9.5, "nested": map[string]any{"x": uint8(1)}}},
		"any value":     {Kind: core.KindIdentify, Props: core.Props{"plan": sinktest.Any, "none": nil, "tags": []any{"a", "b"}}},
		"absence":       {Kind: core.KindIdentify, Props: core.Props{"email": sinktest.Absent, "none": sinktest.Any}},
	} {
		t.Run(name, func(t *testing.T) {
			telemetry, recorder := sinktest.NewDispatcher(t, core.Config{App: core.App{Name: "acme", Version: "2"}})
			report(telemetry)
			recorder.Expect(t, start, want)
			if left := recorder.Events(); len(left) > 0 {
				t.Errorf("%d events are still there", len(left))
			}
			telemetry, recorder = sinktest.NewDispatcher(t, core.Config{App: core.App{Name: "acme", Version: "2"}})
			report(telemetry)
			recorder.ExpectInAnyOrder(t, want, start)
		})
	}
}

func TestWhatDiffersIsShown(t *testing.T) {
	run := func(seconds int, success bool) core.Event {
		return core.Event{Name: "run", UserID: "u", Props: core.Props{"seconds": seconds, "success": success}}
	}
	for _, c := range []struct {
		name      string
		got, want []core.Event
		anyOrder  bool
		shown     []string
	}{
		{name: "missing", want: []core.Event{run(1, true)}, shown: []string{`- run user_id="u" {seconds: 1, success: true}`}},
		{name: "unexpected", got: []core.Event{run(1, true)}, shown: []string{`+ run`, `seconds: 1`}},
		{name: "another value", got: []core.Event{run(1, true)}, want: []core.Event{run(2, true)}, shown: []string{`- run user_id="u" {seconds: 2`, `+ run`, "properties.seconds is 1, want 2"}},
		{name: "another user", got: []core.Event{run(1, true)}, want: []core.Event{{Name: "run", UserID: "v"}}, shown: []string{`user_id is "u", want "v"`}},
		{name: "another kind", got: []core.Event{run(1, true)}, want: []core.Event{{Name: "run", Kind: core.KindPage}}, shown: []string{`- page run`, `kind is track, want page`}},
		{name: "present", got: []core.Event{run(1, true)}, want: []core.Event{{Props: core.Props{"seconds": sinktest.Absent}}}, shown: []string{`- (any name) {seconds: absent}`}},
		{name: "absent", got: []core.Event{run(1, true)}, want: []core.Event{{Name: "run", Props: core.Props{"plan": sinktest.Any}}}, shown: []string{"properties.plan is absent, want any value"}},
		{name: "order", got: []core.Event{run(1, true), run(2, true)}, want: []core.Event{run(2, true), run(1, true)}, shown: []string{`1. came run user_id="u" {seconds: 1`, `want run user_id="u" {seconds: 2`}},
		{name: "one too few", got: []core.Event{run(1, true)}, want: []core.Event{run(1, true), run(1, true)}, anyOrder: true, shown: []string{"- run"}},
	} {
		telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
		for _, e := range c.got {
			e.AnonymousID = "a"
			_ = telemetry.Enqueue(t.Context(), e)
		}
		s := &spy{TB: t}
		if c.anyOrder {
			recorder.ExpectInAnyOrder(s, c.want...)
		} else {
			recorder.Expect(s, c.want...)
		}
		said := strings.Join(s.said, "\n")
		for _, part := range c.shown {
			if len(s.said) != 1 || !strings.Contains(said, part) {
				t.Errorf("%s: want %q in:\n%s", c.name, part, said)
			}
		}
	}
}

func TestAnExpectationThatSaysLittleLeavesTheEventOfOneThatSaysMore(t *testing.T) {
	telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
	for _, plan := range []string{"pro", "free"} {
		_ = telemetry.Track(t.Context(), "signup", slog.String("plan", plan))
	}
	recorder.ExpectInAnyOrder(t, core.Event{Name: "signup"}, core.Event{Props: core.Props{"plan": "pro"}})
}

func TestARecorderFailsAsItIsTold(t *testing.T) {
	telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
	recorder.FailNext(errors.New("down"), errors.New("down"))
	_ = telemetry.Track(t.Context(), "run")
	recorder.Expect(t, core.Event{Name: "run"})
	if s := telemetry.Stats().Sinks["sinktest_recorder"]; s.Retries != 2 {
		t.Errorf("%+v", s)
	}
	recorder.FailNext(core.Permanent(errors.New("no")))
	_ = telemetry.Track(t.Context(), "run")
	recorder.Expect(t)
}

func TestARecorderMayBeASinkOfOnesOwn(t *testing.T) {
	var recorder sinktest.Recorder
	telemetry, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "mine", Sink: &recorder, Reach: core.ReachLocal}}},
		core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { _ = telemetry.Track(context.Background(), "run") })
	}
	group.Wait()
	if err := telemetry.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(recorder.Events()); n != 10 {
		t.Errorf("%d events", n)
	}
}

func TestTheMachineHasNoSayInADispatcherForTests(t *testing.T) {
	t.Setenv("DO_NOT_TRACK", "1")
	telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
	_ = telemetry.Track(t.Context(), "run")
	recorder.Expect(t, core.Event{Name: "run"})
	off, none := sinktest.NewDispatcher(t, core.Config{DoNotTrack: true})
	_ = off.Track(t.Context(), "run")
	none.Expect(t)
}
