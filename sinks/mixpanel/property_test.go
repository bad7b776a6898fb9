package mixpanel

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
)

// anyEvent generates what programs report, and what they should not.
func anyEvent() *rapid.Generator[core.Event] {
	text := rapid.OneOf(rapid.StringN(0, 12, 60), rapid.SampledFrom([]string{
		"token", "time", "ip", "distinct_id", "$ignore", "bucket", "$bucket", "alias", "id", "mp_lib", "x_time", "$insert_id", "session_id", "name", "日本語",
		strings.Repeat("k", 300), strings.Repeat("ä ", 150), "2026-11-21T10:00:00Z", "2026-11-21T10:00:00.123+02:00",
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
			rapid.Map(rapid.IntRange(20, 300), func(n int) any { // many short or few long ones
				list := make([]any, n)
				for i := range list {
					list[i] = strings.Repeat("w ", max(3000/n-10, 1))
				}
				return list
			}))
	})
	id := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z0-9-]{1,20}`), rapid.StringN(1, 60, 250), rapid.SampledFrom([]string{"anonymous", "NULL", "0"}))
	return rapid.Custom(func(t *rapid.T) core.Event {
		return core.Event{
			ID:     rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9-]{1,60}`), rapid.SampledFrom([]string{"true", "-1", "msg_1"})).Draw(t, "id"),
			Name:   rapid.OneOf(rapid.StringMatching(`[$a-zA-Z0-9 ._äöü日-]{1,60}`), rapid.SampledFrom([]string{"$identify", strings.Repeat("n", 256)})).Draw(t, "name"),
			Kind:   rapid.SampledFrom([]core.Kind{core.KindTrack, core.KindTrack, core.KindPage, core.KindScreen}).Draw(t, "kind"),
			Time:   time.Now().Add(time.Duration(rapid.Int64Range(-600_000, 2).Draw(t, "hours")) * time.Hour),
			UserID: id.Draw(t, "user"), AnonymousID: id.Draw(t, "anonymous"), SessionID: id.Draw(t, "session"),
			Props:   rapid.MapOfN(text, value, 0, 20).Draw(t, "props"),
			Context: rapid.MapOfN(rapid.SampledFrom([]string{"os", "device", "app", "locale", "ip"}), value, 0, 4).Draw(t, "context"),
		}
	})
}

func TestAnyEventObeysEveryRuleAndIsAlwaysTheSameRequest(t *testing.T) {
	s := newSink(t, Config{})
	rules := &vendor{token: secret()}
	rapid.Check(t, func(t *rapid.T) {
		var batch []core.Sealed
		for _, e := range rapid.SliceOfN(anyEvent(), 1, 3).Draw(t, "events") {
			sealed, err := core.Seal(core.Config{}, e)
			if err != nil {
				t.Skip("not an event")
			}
			batch = append(batch, sealed)
		}
		requests, failed := s.requests(batch)
		if err := failed.OrNil(); err != nil || len(requests) != 1 {
			t.Fatal(err)
		}
		again, _ := s.requests(batch)
		if string(again[0].body) != string(requests[0].body) {
			t.Fatalf("%s\n%s", requests[0].body, again[0].body)
		}
		req := s.request(requests[0].body)
		http := httptest.NewRequest("POST", req.URL, nil)
		http.Header = req.Header
		problems, ids, _ := rules.validate(http, req.Body)
		if len(problems) > 0 || len(ids) != len(batch) {
			t.Fatalf("%v\n%s", problems, req.Body)
		}
	})
}

// What fits must arrive: every property, under some name, with its value.
func TestNothingRepresentableIsLost(t *testing.T) {
	s := newSink(t, Config{})
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.StringMatching(`[a-zA-Z$_ .é-]{1,50}`), rapid.SampledFrom([]string{"time", "x_time", "ip", "id", "name", "mp_a", "x_mp_a", "session_id"}))
		leaf := rapid.OneOf(rapid.Map(rapid.Int32(), func(n int32) any { return n }), rapid.Map(rapid.StringMatching(`[a-z]{1,4}( [a-z]{1,4}){0,9}`), func(s string) any { return s }), rapid.Map(rapid.Bool(), func(b bool) any { return b }))
		value := rapid.OneOf(leaf, leaf, rapid.Map(rapid.MapOfN(key, leaf, 1, 3), func(m map[string]any) any { return m }), rapid.Map(rapid.SliceOfN(leaf, 1, 3), func(l []any) any { return l }))
		sealed, err := core.Seal(core.Config{}, core.Event{ID: "m", Name: "run", AnonymousID: "a", Props: rapid.MapOfN(key, value, 0, 30).Draw(t, "props")})
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[string]int{}, map[string]int{} // values to how often they are there
		for _, v := range sealed.Props().All() {
			want[canonical(v.Raw())]++
		}
		body, changes, err := s.mapEvent(sealed)
		if err != nil {
			t.Fatal(err)
		}
		var event struct{ Properties map[string]json.RawMessage }
		if err := json.Unmarshal(body, &event); err != nil {
			t.Fatal(err)
		}
		for _, own := range []string{"time", "distinct_id", "$insert_id", "$device_id", "ip", "mp_lib", "$lib_version"} {
			delete(event.Properties, own)
		}
		for _, raw := range event.Properties {
			got[canonical(raw)]++
		}
		if fmt.Sprint(want) != fmt.Sprint(got) || changes.Dropped != 0 || changes.Cut != 0 {
			t.Fatalf("want %v, got %v, %+v\n%s\n%s", want, got, changes, sealed.JSON(), body)
		}
	})
}

// canonical returns JSON whose keys are sorted.
func canonical(raw []byte) string {
	var v any
	_ = json.Unmarshal(raw, &v)
	text, _ := json.Marshal(v)
	return string(text)
}
