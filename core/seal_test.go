package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
	"pgregory.net/rapid"
)

// sealOne returns what a sink gets of one event.
func sealOne(t testing.TB, cfg Config, report func(*Dispatcher) error) (got Sealed, stats Stats, err error) {
	t.Helper()
	var kept []byte
	cfg.Sinks = []SinkConfig{sinkOf("a", SinkFunc(func(_ context.Context, batch []Sealed) error {
		kept = append([]byte(nil), batch[0].rec...)
		return nil
	}))}
	d := newTest(t, cfg)
	err = report(d)
	closeOrFail(t, d)
	if kept == nil {
		return Sealed{}, d.Stats(), err
	}
	got, openErr := openRecord(kept)
	if openErr != nil {
		t.Fatal(openErr)
	}
	return got, d.Stats(), err
}

func TestASealedEventHasTheFormOfTheWire(t *testing.T) {
	when := time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.FixedZone("", 3600))
	s, _, err := sealOne(t, Config{App: App{Name: "acme", Version: "1.2.3"}}, func(d *Dispatcher) error {
		return d.Enqueue(context.Background(), Event{
			ID: "id-1", Name: `say "hi"`, Time: when, UserID: "u-1", AnonymousID: "a-1", SessionID: "s-1",
			Props:   Props{"n": 1, "list": []any{true, nil, 1.5}, "nested": map[string]any{"k": "ü"}},
			Context: Props{"locale": "en-GB"},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"id-1","name":"say \"hi\"","time":"2026-03-04T04:06:07.89Z","user_id":"u-1","anonymous_id":"a-1","session_id":"s-1",` +
		`"properties":{"list":[true,null,1.5],"n":1,"nested":{"k":"ü"}},"context":{"locale":"en-GB","app":{"name":"acme","version":"1.2.3"}}}`
	if diff := cmp.Diff(want, string(s.JSON())); diff != "" {
		t.Error(diff)
	}
	if s.ID() != "id-1" || s.Name() != `say "hi"` || s.UserID() != "u-1" || s.AnonymousID() != "a-1" || s.SessionID() != "s-1" || !s.Time().Equal(when) {
		t.Errorf("accessors: %q %q %q %q %q %v", s.ID(), s.Name(), s.UserID(), s.AnonymousID(), s.SessionID(), s.Time())
	}
	if time.Since(s.Received()) > time.Minute {
		t.Errorf("received at %v", s.Received())
	}
	if v, ok := s.Props().Lookup("nested"); !ok || v.Kind() != ValueObject {
		t.Errorf("nested: %v %v", v.Kind(), ok)
	} else if k, _ := v.Object().Lookup("k"); k.Text() != "ü" {
		t.Errorf("nested.k is %q", k.Text())
	}
	var keys []string
	for key := range s.Props().All() {
		keys = append(keys, key)
	}
	if diff := cmp.Diff([]string{"list", "n", "nested"}, keys); diff != "" {
		t.Error(diff)
	}
	again, err := DecodeEvent(s.JSON())
	if err != nil || again.Name != s.Name() || !again.Time.Equal(when) || again.ID != "id-1" {
		t.Errorf("decoding what was sealed: %+v, %v", again, err)
	}
}

func TestTrackEmitAndEnqueueSealTheSameProperties(t *testing.T) {
	forms := map[string]func(*Dispatcher) error{
		"Track": func(d *Dispatcher) error {
			return d.Track(context.Background(), "run", slog.Int("runSeconds", 45), slog.Bool("runSuccess", true))
		},
		"Emit": func(d *Dispatcher) error { return d.Emit(context.Background(), runPayload{45, true}) },
		"Enqueue": func(d *Dispatcher) error {
			return d.Enqueue(context.Background(), Event{Name: "run", Props: Props{"runSeconds": 45, "runSuccess": true}})
		},
	}
	for form, report := range forms {
		s, _, err := sealOne(t, Config{}, report)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(s.Props().Raw()), `{"runSeconds":45,"runSuccess":true}`; got != want {
			t.Errorf("%s sealed %s, want %s", form, got, want)
		}
		if s.Name() != "run" || s.AnonymousID() == "" || s.UserID() != "" {
			t.Errorf("%s: %s", form, s.JSON())
		}
	}
}

type runPayload struct {
	Seconds int  `json:"runSeconds"`
	Success bool `json:"runSuccess"`
}

func (runPayload) EventName() string { return "run" }

// countingPayload counts how often it is encoded.
type countingPayload struct{ n *int }

func (countingPayload) EventName() string { return "counted" }
func (c countingPayload) MarshalJSON() ([]byte, error) {
	*c.n++
	return []byte(`{"x":1}`), nil
}

func TestAnEventIsSealedOnceForAllSinksAndAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flaky := &fakeSink{}
		calls := 0
		flaky.set(func(context.Context, []string) error {
			if calls++; calls < 3 {
				return errDown
			}
			return nil
		})
		sinks := []*fakeSink{{}, {}, flaky}
		var configs []SinkConfig
		for i, s := range sinks {
			configs = append(configs, sinkOf(fmt.Sprint(i), s))
		}
		d := newTest(t, Config{Sinks: configs})
		marshalled := 0
		if err := d.Emit(context.Background(), countingPayload{&marshalled}); err != nil {
			t.Fatal(err)
		}
		track(t, d, "two", "three")
		closeOrFail(t, d)
		if marshalled != 1 || d.plan.Load().sealer.sealed.Load() != 3 {
			t.Errorf("marshalled %d times, sealed %d events of 3", marshalled, d.plan.Load().sealer.sealed.Load())
		}
		for _, s := range sinks[1:] {
			if diff := cmp.Diff(sinks[0].json, s.json); diff != "" {
				t.Errorf("sinks got different bytes: %s", diff)
			}
		}
	})
}

func TestSecretsDoNotPassTheSeal(t *testing.T) {
	secret := "gh" + "p_" + strings.Repeat("aB3dE5fG7h", 3) + "123456"
	s, _, err := sealOne(t, Config{}, func(d *Dispatcher) error {
		return d.Enqueue(context.Background(), Event{Name: "run", Props: Props{"password": "hunter2-hunter2", "note": "token " + secret}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(s.JSON()); strings.Contains(text, secret) || strings.Contains(text, "hunter2") {
		t.Errorf("sealed %s", text)
	}
}

type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error) { panic("boom") }

func TestBadInputIsRejectedOrMarkedAndHurtsNoNeighbour(t *testing.T) {
	cyclic := map[string]any{}
	cyclic["self"] = cyclic
	marked := map[string]Props{
		"NaN":              {"x": math.NaN(), "ok": 1},
		"infinity":         {"x": math.Inf(-1), "ok": 1},
		"cyclic map":       {"x": cyclic, "ok": 1},
		"panicking value":  {"x": bomb{}, "ok": 1},
		"channel":          {"x": make(chan int), "ok": 1},
		"function":         {"x": func() {}, "ok": 1},
		"invalid UTF-8":    {"x": "a\xffb", "\xfe": 1, "ok": 1},
		"control":          {"x": "a\x00\x1b\u2028b", "ok": 1},
		"long string":      {"x": strings.Repeat("x", 300<<10), "ok": 1},
		"nil pointer":      {"x": (*bomb)(nil), "ok": 1},
		"bad json.Number":  {"x": json.Number("1e"), "ok": 1},
		"bad json.Message": {"x": json.RawMessage(`{"a":`), "ok": 1},
	}
	for name, props := range marked {
		t.Run(name, func(t *testing.T) {
			s, stats, err := sealOne(t, Config{}, func(d *Dispatcher) error {
				return d.Enqueue(context.Background(), Event{Name: "run", Props: props})
			})
			if err != nil {
				t.Fatalf("rejected: %v", err)
			}
			checkBalance(t, stats)
			if !json.Valid(s.JSON()) {
				t.Fatalf("not JSON: %.300s", s.JSON())
			}
			if v, _ := s.Props().Lookup("ok"); v.Text() != "1" {
				t.Errorf("the neighbour is gone: %.300s", s.JSON())
			}
		})
	}
	rejected := map[string]Event{
		"no name":         {},
		"long name":       {Name: strings.Repeat("n", 257)},
		"newline in name": {Name: "run\nforged"},
		"escape in name":  {Name: "run\x1b[2J"},
		"bidi in name":    {Name: "run\u202e"},
		"invalid name":    {Name: "run\xff"},
		"long id":         {Name: "run", ID: strings.Repeat("i", 257)},
		"long user id":    {Name: "run", UserID: strings.Repeat("i", 257)},
	}
	for name, e := range rejected {
		t.Run(name, func(t *testing.T) {
			_, stats, err := sealOne(t, Config{}, func(d *Dispatcher) error { return d.Enqueue(context.Background(), e) })
			if !errors.Is(err, ErrInvalidEvent) {
				t.Errorf("got %v, want ErrInvalidEvent", err)
			}
			if stats.Books != (Books{Received: 1, Rejected: 1}) {
				t.Errorf("books %+v", stats.Books)
			}
		})
	}
	t.Run("panicking payload", func(t *testing.T) {
		_, stats, err := sealOne(t, Config{}, func(d *Dispatcher) error { return d.Emit(context.Background(), bombPayload{}) })
		if !errors.Is(err, ErrInvalidEvent) || stats.Books.Rejected != 1 {
			t.Errorf("got %v, books %+v", err, stats.Books)
		}
	})
	t.Run("huge event", func(t *testing.T) {
		props := Props{}
		for i := range 400 {
			props[fmt.Sprint(i)] = strings.Repeat("word ", 1000)
		}
		_, stats, err := sealOne(t, Config{}, func(d *Dispatcher) error {
			return d.Enqueue(context.Background(), Event{Name: "run", Props: props})
		})
		if !errors.Is(err, ErrInvalidEvent) && stats.Books.Accepted != 1 {
			t.Errorf("got %v, books %+v", err, stats.Books)
		}
	})
}

func TestARecordThatIsDamagedIsRefused(t *testing.T) {
	s, _, err := sealOne(t, Config{App: App{Name: "acme"}}, func(d *Dispatcher) error {
		return d.Enqueue(context.Background(), Event{
			Name: "run", UserID: "u", Props: Props{"a": 1}, Consent: consent.Signals{Categories: map[string]bool{"advertising": false}},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(s.rec) {
		if _, err := openRecord(s.rec[:n]); err == nil {
			t.Errorf("a record cut to %d of %d bytes was opened", n, len(s.rec))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		rec := append([]byte(nil), s.rec...)
		for range rapid.IntRange(1, 8).Draw(t, "flips") {
			rec[rapid.IntRange(0, recordHeaderSize-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if opened, err := openRecord(rec); err == nil { // it must at least be safe to look at
			_, _, _, _ = opened.ID(), opened.Name(), opened.Props().Raw(), opened.Context().Raw()
			_ = opened.allows(ReachThirdParty, []string{"advertising"})
			for range opened.Props().All() {
				break
			}
		}
	})
}

func TestEventIDsAreUUIDsThatAscend(t *testing.T) {
	var c idClock
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	last := ""
	now := time.Now()
	for i := range 20_000 {
		if i%5000 == 4999 {
			now = now.Add(-time.Hour) // the clock was set back
		}
		id := string(c.appendID(nil, now))
		if !form.MatchString(id) {
			t.Fatalf("%q is not a UUIDv7", id)
		}
		if id <= last {
			t.Fatalf("%q does not ascend from %q", id, last)
		}
		last = id
	}
}

func TestARepeatedIDIsDeliveredOnceAndCountedAsDuplicate(t *testing.T) {
	s := &fakeSink{}
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
	for i, want := range []Verdict{Accepted, Duplicate, Duplicate} {
		if v, err := d.Offer(context.Background(), Event{Name: "x", ID: "same"}); v != want || err != nil {
			t.Errorf("offer %d: %v %v, want %v", i, v, err, want)
		}
	}
	if v, _ := d.Offer(context.Background(), Event{Name: "bad\nname", ID: "other"}); v != Rejected {
		t.Error(v)
	}
	if v, _ := d.Offer(context.Background(), Event{Name: "good", ID: "other"}); v != Accepted {
		t.Errorf("an id whose event was rejected cannot be used again: %v", v)
	}
	closeOrFail(t, d)
	if got := d.Stats(); got.Books != (Books{Received: 5, Accepted: 2, Rejected: 1, Duplicates: 2}) || len(s.taken()) != 2 {
		t.Errorf("books %+v, took %v", got.Books, s.taken())
	}
}

func TestARepeatedEventWaitsForWhatBecomesOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newDedup()
		if fresh, err := w.claim(t.Context(), "a"); !fresh || err != nil {
			t.Fatal(fresh, err)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if fresh, err := w.claim(impatient, "a"); fresh || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("fresh %v, %v while nobody knows", fresh, err)
		}
		var fresh, second atomic.Int64
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				if first, err := w.claim(t.Context(), "a"); err != nil {
					t.Error(err)
				} else if first {
					fresh.Add(1)
					w.settle("a", true)
				} else {
					second.Add(1)
				}
			})
		}
		synctest.Wait()
		w.settle("a", false) // the first found no room: one of them takes its place
		waiting.Wait()
		if fresh.Load() != 1 || second.Load() != 2 {
			t.Errorf("%d were the first, %d a repetition", fresh.Load(), second.Load())
		}
	})
}

func TestTheDeduplicationWindowForgetsTheOldestAndIsBounded(t *testing.T) {
	w := newDedup()
	w.capacity = 100
	fresh := func(id int) bool {
		fresh, err := w.claim(t.Context(), fmt.Sprint(id))
		return fresh && err == nil
	}
	for i := range 1000 {
		if !fresh(i) {
			t.Fatalf("%d was taken for a duplicate", i)
		}
		w.settle(fmt.Sprint(i), true)
		if i >= 100 && fresh(i-99) {
			t.Fatalf("%d was forgotten within the window", i-99)
		}
	}
	if len(w.young)+len(w.old) > 2*w.capacity {
		t.Errorf("%d ids are held", len(w.young)+len(w.old))
	}
	if !fresh(5) {
		t.Error("an id is remembered for ever")
	}
}

func TestSamplingKeepsAPersonWhollyInOrOut(t *testing.T) {
	share := 0.3
	s := &fakeSink{}
	cfg := sinkOf("a", s)
	cfg.Sample = &share
	d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
	const people = 3000
	for range 2 {
		for i := range people {
			e := Event{Name: fmt.Sprintf("p%d", i), UserID: fmt.Sprintf("user-%d", i)}
			if i%2 == 1 {
				e.UserID, e.AnonymousID = "", e.UserID
			}
			if err := d.Enqueue(context.Background(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	closeOrFail(t, d)
	byPerson := map[string]int{}
	for _, name := range s.taken() {
		byPerson[name]++
	}
	for person, n := range byPerson {
		if n != 2 {
			t.Errorf("%s is in with %d of 2 events", person, n)
		}
	}
	if n := len(byPerson); n < people*25/100 || n > people*35/100 {
		t.Errorf("%d of %d people are in, want about 30 %%", n, people)
	}
	got := d.Stats().Sinks["a"]
	if got.SampledOut+got.Delivered != 2*people {
		t.Errorf("stats %+v", got)
	}
}

func TestGlobsSelectByName(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		name     string
		want     bool
	}{
		{nil, "anything", true},
		{[]string{"run"}, "run", true},
		{[]string{"run"}, "runs", false},
		{[]string{"component*", "!component_debug"}, "component", true},
		{[]string{"component*", "!component_debug"}, "component_index", true},
		{[]string{"component*", "!component_debug"}, "component_debug", false},
		{[]string{"!secret*"}, "run", true},
		{[]string{"!secret*"}, "secret_thing", false},
		{[]string{"*"}, "a/b", true},
		{[]string{"a*"}, "a/b/c", true},
		{[]string{"a/*"}, "a/b", true},
		{[]string{"[ab]?"}, "bx", true},
		{[]string{"[ab]?"}, "cx", false},
	} {
		g, err := compileGlobs(c.patterns)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.match(c.name); got != c.want {
			t.Errorf("%v matches %q: %v, want %v", c.patterns, c.name, got, c.want)
		}
	}
}

func TestConsentDecidesHowFarAnEventGoes(t *testing.T) {
	none := consent.Signals{}
	for _, c := range []struct {
		name    string
		cfg     Config
		event   Event
		reaches string // local, network, third party, advertising
	}{
		{"nothing said", Config{}, Event{}, "lnta"},
		{"DNT", Config{}, Event{Consent: consent.Signals{DoNotTrack: true}}, ""},
		{"GPC", Config{}, Event{Consent: consent.Signals{GPC: true}}, "ln"},
		{"GPC ignored", Config{IgnoreGPC: true}, Event{Consent: consent.Signals{GPC: true}}, "lnta"},
		{"withdrawn", Config{}, Event{Consent: consent.Signals{Withdrawn: true}}, ""},
		{"analytics refused", Config{}, Event{Consent: consent.Signals{Categories: map[string]bool{"analytics": false}}}, "la"},
		{"advertising refused", Config{}, Event{Consent: consent.Signals{Categories: map[string]bool{"advertising": false}}}, "lnt"},
		{"refused in the context", Config{}, Event{Context: Props{"consent": map[string]any{"advertising": false}}}, "lnt"},
		{"Segment's form", Config{}, Event{Context: Props{"consent": map[string]any{"categoryPreferences": map[string]any{"Analytics": false}}}}, "la"},
		{"unreadable", Config{}, Event{Context: Props{"consent": "whatever"}}, "l"},
		{"mode local", Config{Mode: "local"}, Event{Consent: none}, "l"},
		{"consent required, none given", Config{ConsentRequired: true}, Event{}, ""},
		{"consent required and given", Config{ConsentRequired: true}, Event{Consent: consent.Signals{Categories: map[string]bool{"analytics": true}}}, "lnta"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sinks := map[string]*fakeSink{}
			add := func(name string, reach Reach, purposes ...string) {
				sinks[name] = &fakeSink{}
				c.cfg.Sinks = append(c.cfg.Sinks, SinkConfig{Name: name, Sink: sinks[name], Reach: reach, Purposes: purposes})
			}
			add("l", ReachLocal)
			add("n", ReachNetwork)
			add("t", ReachThirdParty)
			add("a", ReachThirdParty, " Advertising ")
			d := newTest(t, c.cfg)
			c.event.Name = "run"
			v, err := d.Offer(context.Background(), c.event)
			if want := map[bool]Verdict{true: Accepted, false: Denied}[c.reaches != ""]; v != want || err != nil {
				t.Errorf("verdict %v, %v, want %v", v, err, want)
			}
			closeOrFail(t, d)
			got := ""
			for _, name := range []string{"l", "n", "t", "a"} {
				if len(sinks[name].taken()) > 0 {
					got += name
				}
			}
			if got != c.reaches {
				t.Errorf("it reached %q, want %q", got, c.reaches)
			}
			stats := d.Stats()
			checkBalance(t, stats)
		})
	}
	t.Run("denied when every sink is out of reach", func(t *testing.T) {
		d := newTest(t, Config{Sinks: []SinkConfig{{Name: "t", Sink: &fakeSink{}}}})
		if v, _ := d.Offer(context.Background(), Event{Name: "run", Consent: consent.Signals{GPC: true}}); v != Denied {
			t.Errorf("verdict %v, want denied", v)
		}
		closeOrFail(t, d)
	})
}

func TestPreviewShowsWhatWouldBeSentAndTouchesNothing(t *testing.T) {
	opened := 0
	cfg := Config{Privacy: sanitize.Options{}, Sinks: []SinkConfig{
		{Name: "shows", Reach: ReachLocal, Open: func() (Sink, error) { opened++; return showingSink{}, nil }},
		{Name: "cannot", Reach: ReachLocal, Open: func() (Sink, error) { return &fakeSink{}, nil }},
		{Name: "others", Reach: ReachLocal, Events: []string{"else"}, Open: func() (Sink, error) { t.Error("opened"); return nil, errDown }},
	}}
	got, err := Preview(cfg, Event{Name: "run", ID: "1", Props: Props{"password": "hunter2-hunter2"}}, isolated(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Findings) != 1 || got.Findings[0].Path != "properties.password" || strings.Contains(fmt.Sprint(got), "hunter2") {
		t.Errorf("findings %+v", got.Findings)
	}
	if opened != 1 || len(got.Sinks) != 3 || got.Sinks[0].Requests[0].Body != "run" || got.Sinks[1].Error == "" || got.Sinks[2].Filtered != reasonEvents {
		t.Errorf("sinks %+v", got.Sinks)
	}
	cfg.DoNotTrack = true
	if got, err := Preview(cfg, Event{Name: "run"}, isolated(t)...); err != nil || len(got.Denied) != 1 || len(got.Sinks) != 3 {
		t.Errorf("under do-not-track: %+v, %v", got, err)
	}
}

type showingSink struct{}

func (showingSink) Send(context.Context, []Sealed) error { panic("a preview sends nothing") }
func (showingSink) Close(context.Context) error          { return nil }
func (showingSink) Preview(batch []Sealed) ([]Request, error) {
	return []Request{{Body: batch[0].Name()}}, nil
}

func TestTheWireFormIsDecodedOrRefusedWithoutBeingRepeated(t *testing.T) {
	good := `{"name":"run","id":"1","time":"2026-01-02T03:04:05+01:00","user_id":"u","properties":{"n":12345678901234567890},"context":{},"extra":1}`
	e, err := DecodeEvent([]byte(good))
	if err != nil || e.Props["n"] != json.Number("12345678901234567890") || e.Time.Hour() != 3 {
		t.Errorf("%+v %v", e, err)
	}
	for _, bad := range []string{
		``, `{`, `null`, `[]`, `"hush"`, `{}`, `{"name":null}`, `{"name":7}`, `{"name":"a"} hush`, `{"name":"a","time":"hush"}`, `{"name":"a","time":5}`,
		`{"name":"a","properties":[1]}`, `{"name":"a","properties":"hush"}`, `{"name":"a","user_id":{"hush":1}}`, `{"name":hush}`, `{"name":"a","context":"hush"}`, `{"name":"a","kind":"hush"}`, `{"name":"a","kind":1}`,
	} {
		_, err := DecodeEvent([]byte(bad))
		if !errors.Is(err, ErrInvalidEvent) {
			t.Errorf("%s: %v, want ErrInvalidEvent", bad, err)
		} else if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "json:") {
			t.Errorf("%s: the error %q repeats the input or speaks of the implementation", bad, err)
		}
	}
}
