package ga4

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// anyEvent generates what programs report, and what they should not.
func anyEvent() *rapid.Generator[core.Event] {
	text := rapid.OneOf(rapid.StringN(0, 12, 60), rapid.SampledFrom([]string{
		"run", "error", "ga_x", "日本語", "flow.run", "flow-run", "flow_run", "_", "1st", "session_id", "message_id", "engagement_time_msec",
		"debug_mode", "debug-mode", "items", "items.", "value", "Value", "price", "quantity", "tax", "currency", "score", "page_location", "page-title",
		"transaction_id", "page", "title", "url", "usd", "9.99", "1e400", "true", "app_version", "firebase_conversion", "user_id", "params", strings.Repeat("a", 45), strings.Repeat("ä ", 150),
	}))
	var value *rapid.Generator[any]
	scalar := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil),
	)
	value = rapid.Deferred(func() *rapid.Generator[any] {
		return rapid.OneOf(scalar, scalar, scalar,
			rapid.Map(rapid.SliceOfN(value, 0, 4), func(s []any) any { return s }),
			rapid.Map(rapid.MapOfN(text, value, 0, 4), func(m map[string]any) any { return m }),
			rapid.Map(rapid.SliceOfN(rapid.MapOfN(rapid.SampledFrom([]string{"item_id", "item_name", "item id", "price", "pri ce", "currency", "quantity", "x_price", "x y", "x.y"}), scalar, 1, 4), 1, 3), func(items []map[string]any) any {
				list := []any{}
				for _, item := range items {
					list = append(list, map[string]any(item))
				}
				return list
			}))
	})
	id := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z0-9-]{1,20}`), rapid.SampledFrom([]string{"anonymous", "123.456", "1785578000", "null"}))
	return rapid.Custom(func(t *rapid.T) core.Event {
		return core.Event{
			ID:     rapid.StringMatching(`[a-zA-Z0-9-]{1,120}`).Draw(t, "id"),
			Name:   rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9 ._äöü日-]{1,60}`), rapid.SampledFrom(append(reservedEvents, reservedAppEvents...))).Draw(t, "name"),
			Kind:   rapid.SampledFrom([]core.Kind{core.KindTrack, core.KindTrack, core.KindPage, core.KindScreen}).Draw(t, "kind"),
			Time:   time.Now().Add(time.Duration(rapid.Int64Range(-100, 2).Draw(t, "hours")) * time.Hour),
			UserID: id.Draw(t, "user"), AnonymousID: id.Draw(t, "anonymous"), SessionID: id.Draw(t, "session"),
			Props:   rapid.MapOfN(text, value, 0, 40).Draw(t, "props"),
			Context: rapid.MapOfN(rapid.SampledFrom([]string{"os", "device", "screen", "locale", "consent", "ip", "session_id"}), value, 0, 4).Draw(t, "context"),
		}
	})
}

func TestAnyEventObeysEveryRuleAndIsAlwaysTheSameRequest(t *testing.T) {
	web, app := newSink(t, Config{}, registry.Env{EventPrefix: "lf_"}), newSink(t, Config{FirebaseAppID: "1:2:android:3"})
	rules := &vendor{secret: secret()}
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(anyEvent(), 1, 5).Draw(t, "events")
		var batch []core.Sealed
		for _, e := range list {
			s, err := core.Seal(core.Config{}, e)
			if err != nil {
				t.Skip("not an event")
			}
			batch = append(batch, s)
		}
		for _, s := range []*Sink{web, app} {
			requests, failed := s.requests(batch)
			if err := failed.OrNil(); err != nil {
				t.Fatal(err)
			}
			again, _ := s.requests(batch)
			sent := 0
			for i, r := range requests {
				if string(again[i].body) != string(r.body) {
					t.Fatalf("%s\n%s", r.body, again[i].body)
				}
				req := s.request(pathCollect, r.body)
				http := httptest.NewRequest("POST", req.URL, nil)
				http.Header = req.Header
				problems, ids := rules.validate(http, r.body)
				if len(problems) > 0 {
					t.Fatalf("%v\n%s", problems, r.body)
				}
				sent += len(ids)
			}
			if sent != len(batch) {
				t.Fatalf("%d of %d events", sent, len(batch))
			}
		}
	})
}

// What fits must arrive: every leaf of the properties, under some name, with its value.
func TestNothingRepresentableIsLost(t *testing.T) {
	s := newSink(t, Config{})
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9 ._é-]{1,50}`), rapid.SampledFrom([]string{"a", "a_b", "a.b", "a-b", "b", "message_id"}))
		leaf := rapid.OneOf(rapid.Map(rapid.Int32(), func(n int32) any { return n }), rapid.Map(rapid.StringMatching(`[a-z]{1,4}( [a-z]{1,4}){0,9}`), func(s string) any { return s }), rapid.Map(rapid.Bool(), func(b bool) any { return b }))
		value := rapid.OneOf(leaf, leaf, rapid.Map(rapid.MapOfN(key, leaf, 1, 3), func(m map[string]any) any { return m }))
		sealed, err := core.Seal(core.Config{}, core.Event{ID: "m", Name: "run", AnonymousID: "a", Props: rapid.MapOfN(key, value, 0, 7).Draw(t, "props")})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{} // values as GA4 shows them, to how often
		var walk func(o core.Object)
		walk = func(o core.Object) {
			for key, v := range o.All() {
				if v.Kind() == core.ValueObject {
					walk(v.Object())
				} else if key != "debug_mode" {
					want[v.Text()]++
				}
			}
		}
		walk(sealed.Props())
		m, err := s.mapEvent(sealed)
		if err != nil {
			t.Fatal(err)
		}
		var event struct{ Params map[string]any }
		d := json.NewDecoder(strings.NewReader(string(m.event)))
		d.UseNumber()
		if err := d.Decode(&event); err != nil {
			t.Fatal(err)
		}
		delete(event.Params, "message_id")
		delete(event.Params, "engagement_time_msec")
		got := map[string]int{}
		for _, value := range event.Params {
			got[fmt.Sprint(value)]++
		}
		if fmt.Sprint(want) != fmt.Sprint(got) || m.changes.Dropped != 0 || m.changes.Cut != 0 {
			t.Fatalf("want %v, got %v, %+v\n%s\n%s", want, got, m.changes, sealed.JSON(), m.event)
		}
	})
}
