package ga4

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestValuesBecomeWhatGA4Takes(t *testing.T) {
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	_, params := onlyEvent(t, newSink(t, Config{}), core.Event{
		ID: "m", Name: "run", AnonymousID: "a",
		Props: core.Props{
			"text": "x", "empty": "", "yes": true, "no": false, "int": -3, "float": 1.5, "nothing": nil,
			"exact": int64(1) << 53, "big": int64(1)<<53 + 1, "minus": -(int64(1)<<53 + 1), "time": at,
			"long": strings.Repeat("ä", 101), "fits": strings.Repeat("ä", 100), "bad": "a\xffb",
			"nested": map[string]any{"a": map[string]any{"b": 1}, "c": "d"}, "list": []any{1, "x", nil, true, map[string]any{"q": 1}}, "none": []any{},
			"html": "<a>&", "nan": math.NaN(), "inf": []any{math.Inf(-1)},
		},
	})
	want := map[string]any{
		"inf":                  "", // of the list nothing is left
		"engagement_time_msec": 1.0, "message_id": "m", "app_version": "1.8.0",
		"text": "x", "empty": "", "yes": "true", "no": "false", "int": -3.0, "float": 1.5,
		"exact": float64(int64(1) << 53), "big": "9007199254740993", "minus": "-9007199254740993", "time": "2026-11-21T10:00:00Z",
		"long": strings.Repeat("ä", 100), "fits": strings.Repeat("ä", 100), "bad": "a\ufffdb",
		"nested_a_b": 1.0, "nested_c": "d", "list": `1,x,true,{"q":1}`, "none": "", "html": "<a>&",
	}
	if diff := cmp.Diff(want, params); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNumbersNoFloatHoldsAreSentAsText(t *testing.T) {
	for raw, want := range map[string]string{
		"1e999": `"1e999"`, "-1e999": `"-1e999"`, "123456789012345678901234567890": `"123456789012345678901234567890"`,
		"0.10000000000000000000000000000000000001": "0.1", "1e300": "1e300", "0": "0", "-0": "-0", "9007199254740992": "9007199254740992",
		strings.Repeat("9", 150): `"` + strings.Repeat("9", 100) + `"`,
	} {
		if got, _ := appendNumber(nil, raw, maxValue); string(got) != want {
			t.Errorf("%s becomes %s, want %s", raw, got, want)
		}
	}
}

func TestOfTooManyParametersTheImportantStay(t *testing.T) {
	props := core.Props{}
	for i := range 40 {
		props[fmt.Sprintf("p%02d", i)] = i
	}
	s := newSink(t, Config{PreferParams: []string{"p39", "p38"}})
	_, params := onlyEvent(t, s, core.Event{Name: "run", AnonymousID: "a", SessionID: "5", Props: props})
	if len(params) != 25 {
		t.Errorf("%d parameters", len(params))
	}
	// Three of the protocol, two preferred, app_version and the first of the alphabet.
	for _, name := range []string{"session_id", "engagement_time_msec", "message_id", "p38", "p39", "app_version", "p00", "p18"} {
		if params[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if params["p19"] != nil {
		t.Error("p19 is there")
	}
	batch := seal(t, core.Event{Name: "run", AnonymousID: "a", SessionID: "5", Props: props})
	m, err := s.mapEvent(batch[0])
	if want := (Stats{Dropped: 44 - 25}); err != nil || m.changes != want {
		t.Errorf("%+v, %v", m.changes, err)
	}
}

func TestWhatTheProtocolNeedsIsNotOverwritten(t *testing.T) {
	for name, c := range map[string]struct {
		event core.Event
		want  map[string]any
	}{
		"a session of another form": {
			core.Event{SessionID: "s-1"}, map[string]any{"session_id": sessionID(core.Secret{}, "s-1")},
		},
		"the session of the context": {
			core.Event{Context: core.Props{"session_id": "77"}}, map[string]any{"session_id": "77"},
		},
		"the session of the properties": {
			core.Event{Props: core.Props{"session_id": 78}}, map[string]any{"session_id": "78"},
		},
		"two sessions": {
			core.Event{SessionID: "77", Props: core.Props{"session_id": 78}},
			map[string]any{"session_id": "77", "session_id_" + digest("session_id"): 78.0},
		},
		"no session":        {core.Event{SessionID: "null"}, map[string]any{}},
		"a time engaged":    {core.Event{Props: core.Props{"engagement_time_msec": 1200.7}}, map[string]any{"engagement_time_msec": 1200.0}},
		"a time that isn't": {core.Event{Props: core.Props{"engagement_time_msec": "x"}}, map[string]any{"engagement_time_msec_" + digest("engagement_time_msec"): "x"}},
		"a message_id":      {core.Event{Props: core.Props{"message_id": "mine"}}, map[string]any{"message_id_" + digest("message_id"): "mine"}},
		"a version":         {core.Event{Props: core.Props{"app_version": "2"}}, map[string]any{"app_version": "2"}},
		"no debug mode":     {core.Event{Props: core.Props{"debug_mode": false}}, map[string]any{}},
		"debug mode":        {core.Event{Props: core.Props{"debug_mode": true}}, map[string]any{"debug_mode": 1.0}},
		"no transaction":    {core.Event{Props: core.Props{"transaction_id": ""}}, map[string]any{}},
		"colliding names": {
			core.Event{Props: core.Props{"a.b": 1, "a-b": 2, "a": map[string]any{"b": 3}}},
			map[string]any{"a_b": 3.0, "a_b_" + digest("a-b"): 2.0, "a_b_" + digest("a.b"): 1.0},
		},
	} {
		c.event.ID, c.event.Name, c.event.AnonymousID = "m", "run", "a"
		_, got := onlyEvent(t, newSink(t, Config{}), c.event)
		for name, value := range map[string]any{"engagement_time_msec": 1.0, "message_id": "m", "app_version": "1.8.0"} {
			if c.want[name] == nil {
				c.want[name] = value
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestItemsAreSentAsItems(t *testing.T) {
	item := func(n int) map[string]any {
		item := map[string]any{"item_id": "sku", "price": 9.5, "gift": true, "tags": []any{"a"}, "note": nil}
		for i := range n {
			item[fmt.Sprintf("custom %02d", i)] = "v"
		}
		return item
	}
	s := newSink(t, Config{})
	event := core.Event{Name: "purchase", AnonymousID: "a", Props: core.Props{"items": []any{item(0), item(12)}}}
	_, params := onlyEvent(t, s, event)
	items := params["items"].([]any)
	if diff := cmp.Diff(map[string]any{"item_id": "sku", "price": 9.5, "gift": "true"}, items[0]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if n := len(items[1].(map[string]any)); n != 2+10 {
		t.Errorf("%d parameters", n)
	}
	m, err := s.mapEvent(seal(t, event)[0])
	if want := (Stats{Renamed: 10, Dropped: 1 + 1 + 3}); err != nil || m.changes != want {
		t.Errorf("%+v, %v", m.changes, err)
	}
	_, params = onlyEvent(t, s, core.Event{Name: "purchase", AnonymousID: "a", Props: core.Props{"items": []any{map[string]any{"q": 1}}}})
	if params["x_items"] != `{"q":1}` || params["items"] != nil {
		t.Errorf("what are no items: %v", params)
	}
}

func TestAnEventThatNoRequestHoldsIsTooLargeByItself(t *testing.T) {
	var items []any
	for range 90 {
		item := map[string]any{"item_id": "x"}
		for i := range 10 {
			item[fmt.Sprint("custom", i)] = strings.Repeat("日本", 50)
		}
		items = append(items, item)
	}
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	batch := seal(t, append(events(2, "a"), core.Event{Name: "purchase", AnonymousID: "anon-a", Props: core.Props{"items": items}})...)
	if diff := cmp.Diff([]core.Class{"", "", core.ClassTooLarge}, sinktest.Classes(s.Send(t.Context(), batch), 3)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	v.done(t)
}

func TestTimesAreMovedIntoWhatGA4Keeps(t *testing.T) {
	s := newSink(t, Config{})
	now := time.Now()
	for name, c := range map[string]struct {
		at, from, to time.Time
		clamped      uint64
	}{
		"now":        {now, now, now, 0},
		"yesterday":  {now.Add(-24 * time.Hour), now.Add(-24 * time.Hour), now.Add(-24 * time.Hour), 0},
		"last month": {now.Add(-720 * time.Hour), now.Add(-72*time.Hour + ageMargin), now.Add(-72*time.Hour + ageMargin + time.Minute), 1},
		"tomorrow":   {now.Add(24 * time.Hour), now, now.Add(10 * time.Second), 1},
	} {
		batch := seal(t, core.Event{Name: "run", AnonymousID: "a", Time: c.at})
		m := &mapper{sink: s, source: batch[0]}
		if got := m.time(); got.Before(c.from.Truncate(time.Microsecond)) || got.After(c.to) || m.changes.Clamped != c.clamped {
			t.Errorf("%s: %v, want between %v and %v; %+v", name, got, c.from, c.to, m.changes)
		}
	}
}

// A repetition, however much later, says the same: GA4 tells nothing else apart.
func TestTheSameEventIsTheSameBytesHoweverOldItIs(t *testing.T) {
	for _, age := range []time.Duration{0, time.Hour, 72*time.Hour - time.Millisecond, 100 * time.Hour, -time.Hour} {
		s := newSink(t, Config{Delivery: atLeastOnce})
		batch := seal(t, core.Event{ID: "m", Name: "run", AnonymousID: "a", Time: time.Now().Add(-age)})
		first, _ := s.requests(batch)
		time.Sleep(2 * time.Millisecond)
		again, _ := s.requests(batch)
		if string(first[0].body) != string(again[0].body) {
			t.Errorf("%v old: %s, then %s", age, first[0].body, again[0].body)
		}
	}
}

func TestKindsAreMappedOrDeclined(t *testing.T) {
	page := core.Event{
		Name: "Docs", Kind: core.KindPage, AnonymousID: "a",
		Props: core.Props{"url": "https://x.example/" + strings.Repeat("p/", 100), "referrer": "https://r.example/", "path": "/a"},
	}
	prefixed := newSink(t, Config{}, registry.Env{EventPrefix: "langflow_"})
	event, params := onlyEvent(t, prefixed, page)
	if event["name"] != "page_view" || params["page_location"] != page.Props["url"] || params["page_referrer"] != "https://r.example/" || params["page_title"] != "Docs" || params["path"] != "/a" {
		t.Errorf("%v", event)
	}
	page.Name, page.Props["title"] = "page", "Title"
	if _, params := onlyEvent(t, prefixed, page); params["page_title"] != "Title" {
		t.Errorf("%v", params)
	}
	event, params = onlyEvent(t, prefixed, core.Event{Name: "Home", Kind: core.KindScreen, AnonymousID: "a"})
	if event["name"] != "screen_view" || params["screen_name"] != "Home" {
		t.Errorf("%v", event)
	}
	v := newVendor(t)
	s := newSink(t, Config{Endpoint: v.URL})
	batch := seal(t, core.Event{Name: "identify", Kind: core.KindIdentify, UserID: "u"}, core.Event{Name: "run", UserID: "u"},
		core.Event{Name: "group", Kind: core.KindGroup, UserID: "u"}, core.Event{Name: "alias", Kind: core.KindAlias, UserID: "u"})
	want := []core.Class{core.ClassDeclined, "", core.ClassDeclined, core.ClassDeclined}
	if diff := cmp.Diff(want, sinktest.Classes(s.Send(t.Context(), batch), 4)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	v.done(t)
}
