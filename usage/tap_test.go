package usage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

// tapRuns makes a service whose runs a tap of a size keeps, and nothing else.
func tapRuns(t *testing.T, size int, env environ) (*usage.Service, *core.Dispatcher, *usage.Tap) {
	t.Helper()
	tap := usage.NewTap(size)
	d, _ := dispatch(t, core.Config{Sinks: []core.SinkConfig{{Name: "runs", Sink: tap, Reach: core.ReachLocal, Events: []string{"run"}}}}, env)
	return usage.New(d, usage.Options{Lookup: environ{}.lookup}), d, tap
}

func logRuns(t *testing.T, s *usage.Service, d *core.Dispatcher, ids ...string) {
	t.Helper()
	for _, id := range ids {
		wantNil(t, s.LogRun(t.Context(), usage.Run{Seconds: 1, Success: true, ID: &id}))
	}
	wantNil(t, s.LogComponent(t.Context(), usage.Component{}))
	wantNil(t, d.Flush(t.Context()))
}

// runIDs returns the ids of the runs that were kept.
func runIDs(kept []usage.Tapped) (ids []string) {
	for _, e := range kept {
		_, rest, _ := strings.Cut(string(e.Properties), `"runId":"`)
		id, _, _ := strings.Cut(rest, `"`)
		ids = append(ids, id)
	}
	return ids
}

// TestTheUnitTestsOfLangflowsRunEventStorePass has what the unit tests of Langflow's store of run
// events state, under their names. The store is a sink here, and so behind the gate.
func TestTheUnitTestsOfLangflowsRunEventStorePass(t *testing.T) {
	want := func(t *testing.T, kept []usage.Tapped, ids ...string) {
		t.Helper()
		if got := runIDs(kept); !slices.Equal(got, ids) {
			t.Errorf("kept are %v, want %v", got, ids)
		}
	}
	for name, test := range map[string]func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap){
		"test_append_and_pop_roundtrip": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			logRuns(t, s, d, "r1")
			want(t, tap.PopAll(), "r1")
		},
		"test_pop_all_drains": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			logRuns(t, s, d, "r1", "r2")
			want(t, tap.PopAll(), "r1", "r2")
			want(t, tap.PopAll())
		},
		"test_pop_all_preserves_order": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			logRuns(t, s, d, "b", "a", "c")
			want(t, tap.PopAll(), "b", "a", "c")
		},
		"test_peek_all_is_nondestructive": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			logRuns(t, s, d, "r1")
			for range 2 {
				want(t, tap.PeekAll(), "r1")
			}
			want(t, tap.PopAll(), "r1")
		},
		"test_bound_discards_oldest": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			for i := range 8 {
				logRuns(t, s, d, fmt.Sprint("r", i))
			}
			want(t, tap.PeekAll(), "r5", "r6", "r7")
			want(t, tap.PopAll(), "r5", "r6", "r7")
			logRuns(t, s, d, "r8", "r9")
			want(t, tap.PopAll(), "r8", "r9")
		},
		"test_completion_time_is_captured_when_recorded": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			before := time.Now()
			time.Sleep(time.Second)
			logRuns(t, s, d, "r1")
			time.Sleep(time.Hour)
			if got := tap.PopAll()[0].Time; !got.Equal(before.Add(time.Second)) {
				t.Errorf("the time is %v", got)
			}
		},
		"test_existing_completion_time_survives_repeated_append": func(t *testing.T, _ *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			completed := time.Date(2026, 9, 14, 23, 59, 59, 0, time.UTC)
			for range 2 {
				wantNil(t, d.Enqueue(t.Context(), core.Event{Name: "run", Time: completed}))
			}
			wantNil(t, d.Flush(t.Context()))
			for _, e := range tap.PopAll() {
				if !e.Time.Equal(completed) {
					t.Errorf("the time is %v", e.Time)
				}
			}
		},
		"test_completion_time_is_not_sent_in_outbound_telemetry": func(t *testing.T, s *usage.Service, d *core.Dispatcher, tap *usage.Tap) {
			logRuns(t, s, d, "r1")
			if kept := tap.PopAll(); strings.Contains(string(kept[0].Properties), "ompleted") {
				t.Errorf("kept is %s", kept[0].Properties)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, d, tap := tapRuns(t, 3, nil)
				test(t, s, d, tap)
			})
		})
	}
}

// In the original it sees every run, also of people who have opted out.
func TestATapIsBehindTheGateAndWhatItKeepsIsClean(t *testing.T) {
	s, d, tap := tapRuns(t, 0, environ{"DO_NOT_TRACK": "1"})
	logRuns(t, s, d, "r1")
	if kept := tap.PopAll(); len(kept) > 0 {
		t.Errorf("under do-not-track it keeps %v", kept)
	}
	s, d, tap = tapRuns(t, 0, nil)
	address := "ada" + "@" + "example.org"
	wantNil(t, s.LogRun(t.Context(), usage.Run{ErrorMessage: new("no such user: " + address)}))
	wantNil(t, d.Flush(t.Context()))
	if kept := tap.PopAll(); len(kept) != 1 || strings.Contains(string(kept[0].Properties), address) {
		t.Errorf("it keeps %v", kept)
	}
}
