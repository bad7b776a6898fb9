package segment

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
)

var august = time.Date(2026, 8, 1, 10, 0, 0, 123456789, time.UTC)

// captured returns the body that an official library sent.
func captured(t *testing.T, file string) (top map[string]any, batch []map[string]any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var messages struct{ Batch []map[string]any }
	if err := json.Unmarshal(text, &top); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &messages); err != nil || len(messages.Batch) == 0 {
		t.Fatal(err)
	}
	return top, messages.Batch
}

// What analytics-go and analytics-node sent for messages that ours are compared with. What is
// changed in theirs are the differences that the package documentation lists.
func TestTheBodyIsThatOfTheOfficialLibraries(t *testing.T) {
	unknown := map[string]any{"categoryPreferences": map[string]any{}}
	for _, c := range []struct {
		file   string
		index  int
		event  core.Event
		differ func(theirs map[string]any)
	}{
		{"analytics-go-v3.3.0.json", 0, core.Event{Name: "run", UserID: "user-42", AnonymousID: "anon-7", Props: core.Props{"n": 3, "nested": map[string]any{"a": []int{1, 2}}, "plan": "pro"},
			Context: core.Props{"app": map[string]any{"name": "headgate", "version": "1.0"}, "ip": "203.0.113.9", "consent": map[string]any{"categoryPreferences": map[string]any{"Advertising": false}}}},
			func(m map[string]any) { delete(m["context"].(map[string]any), "ip") }},
		{"analytics-go-v3.3.0.json", 1, core.Event{Name: "minimal", AnonymousID: "anon-only"}, nil},
		{"analytics-go-v3.3.0.json", 2, core.Event{Kind: core.KindIdentify, Name: "identify", UserID: "user-42", Props: core.Props{"email": "x@example.com", "plan": "pro"}},
			func(m map[string]any) { m["traits"].(map[string]any)["email"] = "[redacted:email]" }},
		{"analytics-go-v3.3.0.json", 3, core.Event{Kind: core.KindGroup, Name: "group", UserID: "user-42", Props: core.Props{"groupId": "g1", "seats": 5}}, nil},
		{"analytics-go-v3.3.0.json", 4, core.Event{Kind: core.KindPage, Name: "home", UserID: "user-42"}, nil},
		{"analytics-go-v3.3.0.json", 5, core.Event{Kind: core.KindScreen, Name: "main", UserID: "user-42"}, nil},
		{"analytics-go-v3.3.0.json", 6, core.Event{Kind: core.KindAlias, Name: "alias", UserID: "user-42", Props: core.Props{"previousId": "anon-7"}}, nil},
		{"analytics-node-3.1.0.json", 0, core.Event{Name: "run", UserID: "user-42", AnonymousID: "anon-7", Props: core.Props{"plan": "pro", "n": 3},
			Context: core.Props{"ip": "0.0.0.0", "library": map[string]any{"name": "@segment/analytics-node", "version": "3.1.0"}}},
			func(m map[string]any) { delete(m["context"].(map[string]any), "ip") }},
		{"analytics-node-3.1.0.json", 1, core.Event{Kind: core.KindIdentify, Name: "identify", UserID: "user-42", Props: core.Props{"plan": "pro"},
			Context: core.Props{"library": map[string]any{"name": "@segment/analytics-node", "version": "3.1.0"}}}, nil},
	} {
		_, batch := captured(t, c.file)
		theirs := batch[c.index]
		c.event.ID = theirs["messageId"].(string)
		at, err := time.Parse(time.RFC3339Nano, theirs["timestamp"].(string))
		if err != nil {
			t.Fatal(err)
		}
		c.event.Time = at
		theirs["timestamp"] = at.Truncate(time.Millisecond).Format(time.RFC3339Nano)
		delete(theirs, "_metadata")
		delete(theirs, "integrations")
		if theirs["context"] == nil {
			theirs["context"] = map[string]any{}
		}
		if ctx := theirs["context"].(map[string]any); ctx["consent"] == nil {
			ctx["consent"] = unknown
		}
		if c.differ != nil {
			c.differ(theirs)
		}
		if diff := cmp.Diff(theirs, mapped(t, c.event)); diff != "" {
			t.Errorf("%s %d: -theirs +ours\n%s", c.file, c.index, diff)
		}
	}
	for _, file := range []string{"analytics-go-v3.3.0.json", "analytics-node-3.1.0.json"} {
		theirs, _ := captured(t, file)
		body, _ := newSink(t, "", Config{}).body(sealN(t, 1), time.Now(), new(core.BatchError))
		var ours map[string]any
		if err := json.Unmarshal(body, &ours); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"messageId", "writeKey", "context", "batch"} { // on purpose, or compared above
			delete(theirs, key)
			delete(ours, key)
		}
		for key := range theirs {
			if _, ok := ours[key]; !ok || len(ours) != len(theirs) {
				t.Errorf("%s: theirs has %v, ours %v", file, theirs, ours)
			}
		}
	}
}

func TestAnIDThatStandsForNobodyIsNotSent(t *testing.T) {
	for _, id := range []string{
		"", "  ", "anon", "Anonymous", "NIL", "none", "null", "n/a", "na", "undefined", "unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
		"guest", "NaN", "lmy47d", "not_authenticated", `"not_authenticated"`, "[object Object]", `"[object Object]"`, `""`,
		"00000000-0000-0000-0000-000000000000", " null ", "alice@example.com", "auth0|alice@example.com",
	} {
		got := mapped(t, core.Event{UserID: id, AnonymousID: "anon-7"})
		if _, sent := got["userId"]; sent || got["anonymousId"] != "anon-7" {
			t.Errorf("user id %q: %v", id, got)
		}
		a, b := mapped(t, core.Event{ID: "e1", UserID: id, AnonymousID: id}), mapped(t, core.Event{ID: "e2", UserID: id})
		if a["userId"] != nil || a["anonymousId"] == nil || a["anonymousId"] == b["anonymousId"] {
			t.Errorf("%q: %v, %v", id, a, b)
		}
		a, b = mapped(t, core.Event{ID: "e1", UserID: id, SessionID: "s1"}), mapped(t, core.Event{ID: "e2", UserID: id, SessionID: "s1"})
		if a["anonymousId"] != b["anonymousId"] {
			t.Errorf("%q: one session has two ids, %v and %v", id, a["anonymousId"], b["anonymousId"])
		}
	}
}

func TestConsentIsAlwaysSaid(t *testing.T) {
	for name, c := range map[string]struct {
		consent any
		want    map[string]any
	}{
		"nothing":         {nil, map[string]any{}},
		"empty":           {map[string]any{}, map[string]any{}},
		"of Segment":      {map[string]any{"categoryPreferences": map[string]any{"Analytics": true, "Ads": false}}, map[string]any{"Analytics": true, "Ads": false}},
		"by category":     {map[string]any{"analytics": true, "ads": false, "withdrawn": false}, map[string]any{"analytics": true, "ads": false}},
		"not booleans":    {map[string]any{"analytics": "yes", "categoryPreferences": map[string]any{"Ads": 1}}, map[string]any{"analytics": false, "Ads": false}},
		"not an object":   {"yes", map[string]any{}},
		"null as a whole": {map[string]any{"categoryPreferences": nil}, map[string]any{}},
	} {
		event := core.Event{UserID: "user-42"}
		if c.consent != nil {
			event.Context = core.Props{"consent": c.consent}
		}
		consent := mapped(t, event)["context"].(map[string]any)["consent"].(map[string]any)
		if diff := cmp.Diff(map[string]any{"categoryPreferences": c.want}, consent); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestContextKindsValuesAndIDs(t *testing.T) {
	got := mapped(t, core.Event{
		UserID: "user-42", SessionID: "s-1", Time: august,
		Context: core.Props{"ip": "203.0.113.9", "direct": true, "locale": "de", "screen": map[string]any{"width": 3}, "integrations": map[string]any{"All": false, "Mixpanel": true}, "odd": "x"},
		Props: core.Props{
			"max": int64(1 << 53), "big": int64(1<<53 + 1), "low": int64(math.MinInt64), "nil": nil, "nan": math.NaN(), "bad": "a\xffb",
			"list": []any{uint64(math.MaxUint64), nil, map[string]any{"n": 1}}, "time": august, "html": "<a&b>",
		},
	})
	want := map[string]any{
		"type": "track", "event": "run", "userId": "user-42", "messageId": got["messageId"], "timestamp": "2026-08-01T10:00:00.123Z",
		"integrations": map[string]any{"All": false, "Mixpanel": true},
		"context": map[string]any{
			"locale": "de", "screen": map[string]any{"width": 3.0}, "odd": "x", "sessionId": "s-1", "consent": map[string]any{"categoryPreferences": map[string]any{}},
		},
		"properties": map[string]any{
			"max": float64(1 << 53), "big": "9007199254740993", "low": "-9223372036854775808", "nil": nil, "bad": "a\ufffdb",
			"list": []any{"18446744073709551615", nil, map[string]any{"n": 1.0}}, "time": "2026-08-01T10:00:00.123456789Z", "html": "<a&b>",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, c := range []struct {
		event core.Event
		key   string
		want  any
	}{
		{core.Event{Kind: core.KindPage, Name: "page"}, "name", nil},
		{core.Event{Kind: core.KindScreen, Name: "screen"}, "name", nil},
		{core.Event{Kind: core.KindPage, Name: "screen"}, "name", "screen"},
		{core.Event{Kind: core.KindGroup, Name: "group", Props: core.Props{"groupId": 7}}, "groupId", "7"},
		{core.Event{Kind: core.KindIdentify, Name: "identify"}, "traits", nil},
		{core.Event{ID: strings.Repeat("x", 99)}, "messageId", strings.Repeat("x", 99)},
		{core.Event{ID: "e-1"}, "messageId", "e-1"},
	} {
		c.event.UserID = "user-42"
		if got := mapped(t, c.event)[c.key]; got != c.want {
			t.Errorf("%+v: %s is %v, want %v", c.event, c.key, got, c.want)
		}
	}
	a := mapped(t, core.Event{UserID: "user-42", ID: strings.Repeat("x", 100)})["messageId"]
	b := mapped(t, core.Event{UserID: "user-42", ID: strings.Repeat("x", 101)})["messageId"]
	if a == b || len(a.(string)) != 64 {
		t.Errorf("long ids become %v and %v", a, b)
	}
	text, err := encode(seal(t, core.Event{Name: "run"}), "langflow_")
	if err != nil || !strings.Contains(string(text), `"event":"langflow_run"`) {
		t.Errorf("%s, %v", text, err)
	}
	text, err = encode(seal(t, core.Event{Kind: core.KindPage, Name: "home"}), "langflow_")
	if err != nil || !strings.Contains(string(text), `"name":"home"`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestATimeInTheFutureIsThatOfAcceptance(t *testing.T) {
	e := seal(t, core.Event{UserID: "user-42", Time: time.Now().AddDate(100, 0, 0)})
	text, err := encode(e, "")
	if want := e.Received().Truncate(time.Millisecond).Format(time.RFC3339Nano); err != nil || !strings.Contains(string(text), `"timestamp":"`+want+`"`) {
		t.Errorf("%s, want %s, %v", text, want, err)
	}
}

// Of what is said twice of a category, the refusal counts, in whatever order it is read.
func TestConsentThatIsSaidTwiceIsTheStrongerRefusal(t *testing.T) {
	for range 50 {
		got := preferences(map[string]any{
			"Analytics": true, "Ads": false, "Social": true,
			"categoryPreferences": map[string]any{"Analytics": false, "Ads": true}, "CategoryPreferences": map[string]any{"Analytics": true, "Social": "yes"},
		})
		if diff := cmp.Diff(map[string]bool{"Analytics": false, "Ads": false, "Social": false}, got); diff != "" {
			t.Fatalf("-want +got\n%s", diff)
		}
	}
}

// anyValue draws what a property may hold.
func anyValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		last := 5
		if depth == 0 {
			last = 3
		}
		switch rapid.IntRange(0, last).Draw(t, "kind") {
		case 0:
			return rapid.SampledFrom([]any{true, false, nil, int64(math.MaxInt64), uint64(math.MaxUint64), 1e308}).Draw(t, "odd")
		case 1:
			return rapid.Int64Range(-1<<53, 1<<53).Draw(t, "int")
		case 2:
			return rapid.Float64Range(-1e15, 1e15).Draw(t, "float")
		case 3:
			return rapid.StringN(0, 40, -1).Draw(t, "text")
		case 4:
			return rapid.SliceOfN(anyValue(depth-1), 0, 4).Draw(t, "list")
		default:
			return rapid.MapOfN(rapid.StringN(1, 20, -1), anyValue(depth-1), 0, 4).Draw(t, "map")
		}
	})
}

var anyEvent = rapid.Custom(func(t *rapid.T) core.Event {
	ids := rapid.OneOf(rapid.SampledFrom([]string{"", "anonymous", "u", "null", "0", " x ", "user-42"}), rapid.StringN(0, 80, 250))
	e := core.Event{
		ID:   rapid.StringN(0, 120, 250).Draw(t, "id"),
		Kind: rapid.SampledFrom([]core.Kind{core.KindTrack, core.KindPage, core.KindScreen, core.KindIdentify, core.KindGroup, core.KindAlias}).Draw(t, "kind"),
		Name: rapid.StringMatching(`[ -~]{1,60}`).Draw(t, "name"),
		Time: time.Unix(rapid.Int64Range(-1<<32, 1<<33).Draw(t, "time"), 0), UserID: ids.Draw(t, "user"), AnonymousID: ids.Draw(t, "anonymous"),
		SessionID: rapid.StringMatching(`[a-z0-9]{0,20}`).Draw(t, "session"),
		Props:     rapid.MapOfN(rapid.StringN(1, 30, -1), anyValue(3), 0, 6).Draw(t, "props"),
		Context:   rapid.MapOfN(rapid.SampledFrom([]string{"app", "ip", "direct", "consent", "integrations", "library", "timezone"}), anyValue(2), 0, 4).Draw(t, "context"),
	}
	if rapid.Bool().Draw(t, "ids") {
		e.Props["groupId"], e.Props["previousId"] = ids.Draw(t, "group"), ids.Draw(t, "previous")
	}
	return e
})

func TestWhateverTheEventTheMessageObeysEveryRuleAndNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := anyEvent.Draw(rt, "event")
		sealed, err := core.Seal(core.Config{}, e)
		if err != nil {
			return // refused at the door
		}
		text, err := encode(sealed, "")
		again, err2 := encode(sealed, "")
		if string(text) != string(again) || fmt.Sprint(err) != fmt.Sprint(err2) {
			rt.Fatalf("two forms of one event: %s and %s", text, again)
		}
		if err != nil {
			if k := sealed.Kind(); k != core.KindGroup && k != core.KindAlias {
				rt.Fatalf("%v is refused: %v", k, err)
			}
			return
		}
		body := fmt.Sprintf(`{"batch":[%s],"context":{},"sentAt":"2026-11-21T00:00:00Z"}`, text)
		_, messages, problems := checkBody([]byte(body), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
		if len(problems) > 0 {
			rt.Fatalf("%q: %s", problems, text)
		}
		want := decode(sealed.Props())
		got, _ := messages[0]["properties"].(map[string]any)
		switch sealed.Kind() {
		case core.KindAlias:
			return
		case core.KindGroup:
			delete(want, "groupId")
			fallthrough
		case core.KindIdentify:
			got, _ = messages[0]["traits"].(map[string]any)
		}
		for key, value := range want {
			if diff := cmp.Diff(value, got[key]); diff != "" {
				rt.Fatalf("property %q: -want +got\n%s", key, diff)
			}
		}
	})
}
