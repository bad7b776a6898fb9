package ga4

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestEventsOfOnePersonConsentAndDeviceShareARequest(t *testing.T) {
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	list := events(6, "ab")
	list[2].UserID = "u"
	list[3].Context = core.Props{"consent": map[string]any{"advertising": true}}
	list[4].Context = core.Props{"os": map[string]any{"name": "Plan 9"}}
	if err := s.Send(t.Context(), seal(t, list...)); err != nil {
		t.Fatal(err)
	}
	v.done(t)
	var got [][]string
	for _, r := range v.requests {
		got = append(got, r.events)
	}
	want := [][]string{{"m-0"}, {"m-1", "m-5"}, {"m-2"}, {"m-3"}, {"m-4"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRequestsStayWithinTheirBounds(t *testing.T) {
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	list := events(60, "a")
	if err := s.Send(t.Context(), seal(t, list...)); err != nil {
		t.Fatal(err)
	}
	if v.count() != 3 {
		t.Errorf("%d requests for 60 events", v.count())
	}
	for i := range list { // 25 of these are too much for one request
		list[i].Props = core.Props{}
		for p := range 20 {
			list[i].Props[strings.Repeat("k", 30)+string(rune('a'+p))] = strings.Repeat("日", 100)
		}
	}
	if err := s.Send(t.Context(), seal(t, list[:25]...)); err != nil {
		t.Fatal(err)
	}
	if v.count() != 3+2 {
		t.Errorf("%d requests", v.count()-3)
	}
	v.done(t)
}

const (
	ok, retry, pausing    = core.Class(""), core.ClassRetry, core.ClassRetryAfter
	perm, refused, unauth = core.ClassPermanent, core.ClassRefused, core.ClassUnauthorized
	large                 = core.ClassTooLarge
)

func TestAnswersDecideWhatBecomesOfEachEvent(t *testing.T) {
	good := fault{status: 204, keep: true}
	for name, c := range map[string]struct {
		people          string
		faults          []fault
		atMost, atLeast []core.Class // of the six events
		requests        int
		requestsAtLeast int
		pauses          bool // at most once, the whole sink
	}{
		"all is well":             {"ab", nil, []core.Class{ok, ok, ok, ok, ok, ok}, nil, 2, 2, false},
		"200 with a body":         {"ab", []fault{{status: 200, body: "x"}}, []core.Class{ok, ok, ok, ok, ok, ok}, nil, 2, 2, false},
		"429 for the first":       {"abc", []fault{{status: 429}}, []core.Class{refused, pausing, pausing, refused, pausing, pausing}, []core.Class{retry, retry, retry, retry, retry, retry}, 1, 1, true},
		"429 with a wait":         {"ab", []fault{{status: 429, header: map[string]string{"Retry-After": "9"}}}, []core.Class{refused, pausing, refused, pausing, refused, pausing}, []core.Class{pausing, pausing, pausing, pausing, pausing, pausing}, 1, 1, true},
		"503 after a success":     {"ab", []fault{good, {status: 503}}, []core.Class{ok, refused, ok, refused, ok, refused}, []core.Class{ok, retry, ok, retry, ok, retry}, 2, 2, true},
		"500 for one person":      {"a", []fault{{status: 500}}, []core.Class{refused, refused, refused, refused, refused, refused}, []core.Class{retry, retry, retry, retry, retry, retry}, 1, 1, true},
		"a reset":                 {"ab", []fault{{reset: true, keep: true}}, []core.Class{refused, pausing, refused, pausing, refused, pausing}, []core.Class{retry, retry, retry, retry, retry, retry}, 1, 1, true},
		"a timeout":               {"ab", []fault{{hang: true, keep: true}}, []core.Class{refused, pausing, refused, pausing, refused, pausing}, []core.Class{retry, retry, retry, retry, retry, retry}, 1, 1, true},
		"a redirect":              {"ab", []fault{{status: 302, header: map[string]string{"Location": "https://elsewhere.example/"}}}, []core.Class{refused, refused, refused, refused, refused, refused}, nil, 1, 1, false},
		"an address not there":    {"ab", []fault{{status: 404}}, []core.Class{refused, refused, refused, refused, refused, refused}, nil, 1, 1, false},
		"credentials":             {"ab", []fault{{status: 403}}, []core.Class{unauth, unauth, unauth, unauth, unauth, unauth}, nil, 1, 1, false},
		"credentials, after some": {"ab", []fault{good, {status: 401}}, []core.Class{ok, unauth, ok, unauth, ok, unauth}, nil, 2, 2, false},
		"400 first":               {"ab", []fault{{status: 400}}, []core.Class{perm, perm, perm, perm, perm, perm}, nil, 1, 1, false},
		"400 later":               {"ab", []fault{good, {status: 400}}, []core.Class{ok, retry, ok, retry, ok, retry}, nil, 2, 2, false},
		"400 for one event":       {"abcdef", []fault{good, {status: 400}}, []core.Class{ok, perm, ok, ok, ok, ok}, nil, 6, 6, false},
		"too large":               {"a", []fault{{status: 413}}, []core.Class{large, large, large, large, large, large}, nil, 1, 1, false},
	} {
		for _, delivery := range []string{"at_most_once", atLeastOnce} {
			v := newVendor(t, c.faults...)
			s := newSink(t, Config{Endpoint: v.URL, Delivery: delivery}, registry.Env{Timeout: 150 * time.Millisecond})
			batch := seal(t, events(6, c.people)...)
			want, requests := c.atMost, c.requests
			if delivery == atLeastOnce && c.atLeast != nil {
				want, requests = c.atLeast, c.requestsAtLeast
			}
			err := s.Send(t.Context(), batch)
			if diff := cmp.Diff(want, sinktest.Classes(err, 6)); diff != "" {
				t.Errorf("%s, %s: -want +got\n%s%v", name, delivery, diff, err)
			}
			if v.count() != requests {
				t.Errorf("%s, %s: %d requests, want %d", name, delivery, v.count(), requests)
			}
			class, wait := core.Classify(err)
			rests := c.pauses && delivery != atLeastOnce || name == "429 with a wait"
			if (class == pausing && wait > 0) != rests {
				t.Errorf("%s, %s: the sink is to rest for %v: %v", name, delivery, wait, err)
			}
			v.done(t)
		}
	}
}

func TestWhatProvablyDidNotArriveIsNotLost(t *testing.T) {
	s := newSink(t, Config{Endpoint: "http://127.0.0.1:1"})
	if diff := cmp.Diff([]core.Class{retry, retry}, sinktest.Classes(s.Send(t.Context(), seal(t, events(2, "ab")...)), 2)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	v := newVendor(t)
	s = newSink(t, Config{Endpoint: v.URL})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if diff := cmp.Diff([]core.Class{retry, retry}, sinktest.Classes(s.Send(ctx, seal(t, events(2, "ab")...)), 2)); diff != "" || v.count() != 0 {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestARequestThatWouldBeCutOffIsNotBegun(t *testing.T) {
	slow := fault{status: 204, keep: true, delay: 100 * time.Millisecond}
	v := newVendor(t, slow, slow, slow, slow, slow, slow)
	s := newSink(t, Config{Endpoint: v.URL})
	ctx, cancel := context.WithTimeout(t.Context(), 450*time.Millisecond)
	defer cancel()
	err := s.Send(ctx, seal(t, events(6, "abcdef")...))
	sent := v.count()
	want := []core.Class{pausing, pausing, pausing, pausing, pausing, pausing}
	for i := range sent {
		want[i] = ok
	}
	if diff := cmp.Diff(want, sinktest.Classes(err, 6)); diff != "" || sent == 0 || sent == 6 {
		t.Errorf("%d requests: -want +got\n%s", sent, diff)
	}
	if err := s.Send(t.Context(), seal(t, events(1, "f")...)); err != nil {
		t.Errorf("the rest is not taken at once: %v", err)
	}
}

// At the end of a program, too, when an attempt has only the time that is left.
func TestTheFirstRequestIsNotBegunEitherIfItWouldBeCutOff(t *testing.T) {
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	s.pace.took(time.Second, true)
	left, cancel := context.WithTimeout(t.Context(), 1900*time.Millisecond)
	defer cancel()
	if diff := cmp.Diff([]core.Class{pausing, pausing}, sinktest.Classes(s.Send(left, seal(t, events(2, "ab")...)), 2)); diff != "" || v.count() != 0 {
		t.Errorf("%d requests: -want +got\n%s", v.count(), diff)
	}
	s.pace.took(time.Millisecond, true)
	if err := s.Send(left, seal(t, events(2, "ab")...)); err != nil || v.count() != 2 {
		t.Errorf("%d requests, %v", v.count(), err)
	}
}

func TestAnAttemptThatHasItsWholeTimeMayAlwaysBegin(t *testing.T) {
	p := pace{timeout: 10 * time.Second}
	p.took(time.Hour, true)
	whole, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if !p.allows(whole, true) || p.allows(whole, false) || !p.allows(t.Context(), false) {
		t.Error("after a slow request nothing is begun any more, or all")
	}
	p.took(time.Millisecond, true)
	p.took(time.Microsecond, false)
	if !p.allows(whole, false) || time.Duration(p.slowest.Load()) != time.Millisecond {
		t.Error("a slow request is remembered for ever")
	}
}

type bomb struct{ slog.Handler }

func (bomb) Enabled(context.Context, slog.Level) bool  { return true }
func (bomb) Handle(context.Context, slog.Record) error { panic("a host's handler") }
func (b bomb) WithAttrs([]slog.Attr) slog.Handler      { return b }
func (b bomb) WithGroup(string) slog.Handler           { return b }

func TestALoggerThatPanicsRepeatsNoEvent(t *testing.T) {
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL}, registry.Env{Logger: slog.New(bomb{}), Timeout: 5 * time.Second})
	if err := s.Send(t.Context(), seal(t, core.Event{ID: "m1", Name: "1st run", AnonymousID: "a"})); err != nil || v.kept["m1"] != 1 || s.Stats().Renamed != 1 {
		t.Errorf("%v, kept %v, %+v", err, v.kept, s.Stats())
	}
	v.done(t)
}

func TestAPauseGrowsWithEachFailureAndEndsWithASuccess(t *testing.T) {
	p := pause{first: firstPause, longest: longestPause}
	for _, bound := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
		bound *= time.Second
		if wait := p.next(0); wait < bound/2 || wait > bound {
			t.Fatalf("%v with a bound of %v", wait, bound)
		}
	}
	if wait := p.next(9 * time.Second); wait != 9*time.Second {
		t.Errorf("asked for 9 s: %v", wait)
	}
	p.end()
	if wait := p.next(0); wait > firstPause {
		t.Errorf("after a success: %v", wait)
	}
}

// What is lost leaves nothing to try again, and yet the sink rests and says so.
func TestAfterALossTheSinkIsPaused(t *testing.T) {
	for name, f := range map[string]fault{
		"429 with a wait": {status: 429, header: map[string]string{"Retry-After": "3600"}},
		"503":             {status: 503},
		"a reset":         {reset: true, keep: true},
	} {
		v := newVendor(t, f)
		s := newSink(t, Config{Endpoint: v.URL})
		s.pause.first, s.pause.longest = time.Hour, time.Hour
		d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "ga4", Sink: s, Batch: core.BatchConfig{MaxWait: time.Millisecond}}}},
			core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
		if err != nil {
			t.Fatal(err)
		}
		report := func(id string) { _ = d.Enqueue(t.Context(), core.Event{ID: id, Name: "run", AnonymousID: "a"}) }
		report("lost")
		for until := time.Now().Add(10 * time.Second); d.Stats().Sinks["ga4"].State != core.StatePaused && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		report("later")
		time.Sleep(30 * time.Millisecond) // time for a request that must not come
		if got := d.Stats().Sinks["ga4"]; got.State != core.StatePaused || got.DeadLettered != 1 || got.Queued != 1 || v.count() != 1 || got.LastError == "" {
			t.Errorf("%s: %d requests, %+v", name, v.count(), got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = d.Close(ctx)
		v.done(t)
	}
}

func TestWhatWasChangedIsCountedOnceItIsDelivered(t *testing.T) {
	v := newVendor(t, fault{status: 503})
	s := newSink(t, Config{Endpoint: v.URL, Delivery: atLeastOnce})
	batch := seal(t, core.Event{
		Name: "flow.run", AnonymousID: "a", Time: time.Now().Add(-200 * time.Hour),
		Props: core.Props{"a b": strings.Repeat("x", 101), "transaction_id": ""},
	})
	if err := s.Send(t.Context(), batch); err == nil || s.Stats() != (Stats{}) {
		t.Errorf("%v, %+v", err, s.Stats())
	}
	for n := uint64(1); n < 3; n++ {
		if err := s.Send(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if want := (Stats{Renamed: 2 * n, Cut: n, Dropped: n, Clamped: n}); s.Stats() != want {
			t.Errorf("%+v, want %+v", s.Stats(), want)
		}
	}
	v.done(t)
}
