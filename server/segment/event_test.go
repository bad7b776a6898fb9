package segment

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

var received = time.Date(2026, 11, 21, 2, 40, 0, 0, time.UTC)

// read reads the body of a request to an endpoint: its events, or why they are none.
func read(t testing.TB, endpoint, body string) (events []core.Event, problems []string) {
	t.Helper()
	b, err := Endpoints()[endpoint].Parse([]byte(body), Limits{100, 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for e, err := range b.Events(received) {
		if n++; err != nil {
			problems = append(problems, err.Error())
		} else {
			events = append(events, e)
		}
	}
	if n != b.Len() {
		t.Errorf("%d messages, but Len is %d", n, b.Len())
	}
	return events, problems
}

func TestEachKindOfMessageBecomesAnEventOfItsKind(t *testing.T) {
	at := time.Date(2026, 11, 21, 2, 36, 24, 572053284, time.UTC)
	const stamp = `"timestamp":"2026-11-21T02:36:24.572053284Z"`
	for _, c := range []struct {
		name, endpoint, body string
		want                 core.Event
	}{
		{"track, of analytics-go", "batch",
			`{"type":"track","messageId":"msg-run","anonymousId":"anon-7","userId":"user-42","event":"run",` + stamp + `,
			"context":{"app":{"name":"headgate","version":"1.0"},"consent":{"categoryPreferences":{"Advertising":false}},"ip":"203.0.113.9"},
			"properties":{"n":3,"nested":{"a":[1,2.50]},"plan":"pro"}}`,
			core.Event{ID: "msg-run", Name: "run", Time: at, UserID: "user-42", AnonymousID: "anon-7",
				Props: core.Props{"n": json.Number("3"), "nested": map[string]any{"a": []any{json.Number("1"), json.Number("2.50")}}, "plan": "pro"},
				Context: core.Props{"app": map[string]any{"name": "headgate", "version": "1.0"}, "ip": "203.0.113.9",
					"consent": map[string]any{"categoryPreferences": map[string]any{"Advertising": false}}}}},
		{"track with the least", "track", `{"event":"run"}`, core.Event{Name: "run"}},
		{"identify, of analytics-node", "batch",
			`{` + stamp + `,"integrations":{},"type":"identify","userId":"user-42","traits":{"plan":"pro"},
			"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"messageId":"m1","_metadata":{"nodeVersion":"v20.20.2"}}`,
			core.Event{ID: "m1", Kind: core.KindIdentify, Name: "identify", Time: at, UserID: "user-42", Props: core.Props{"plan": "pro"},
				Context: core.Props{"library": map[string]any{"name": "@segment/analytics-node", "version": "3.1.0"}}}},
		{"group", "g", `{"type":"group","messageId":"m2","userId":"user-42","groupId":"g1",` + stamp + `,"traits":{"seats":5}}`,
			core.Event{ID: "m2", Kind: core.KindGroup, Name: "group", Time: at, UserID: "user-42", Props: core.Props{"groupId": "g1", "seats": json.Number("5")}}},
		{"page", "page", `{"type":"page","messageId":"m3","userId":"user-42","name":"home",` + stamp + `}`,
			core.Event{ID: "m3", Kind: core.KindPage, Name: "home", Time: at, UserID: "user-42", Props: core.Props{"name": "home"}}},
		{"page, of analytics.js", "p",
			`{"type":"page","anonymousId":"a","writeKey":"k","name":"Prices","category":"Docs","properties":{"name":"Prices","category":"Docs","path":"/","url":"https://a.example/"}}`,
			core.Event{Kind: core.KindPage, Name: "Prices", AnonymousID: "a",
				Props: core.Props{"name": "Prices", "category": "Docs", "path": "/", "url": "https://a.example/"}}},
		{"page without a name", "page", `{"anonymousId":"a","name":null,"properties":{"url":"https://a.example/"}}`,
			core.Event{Kind: core.KindPage, Name: "page", AnonymousID: "a", Props: core.Props{"url": "https://a.example/"}}},
		{"page whose name is a property only", "page", `{"properties":{"name":"home","category":null},"category":"c"}`,
			core.Event{Kind: core.KindPage, Name: "home", Props: core.Props{"name": "home", "category": "c"}}},
		{"page with two names", "page", `{"name":"home","category":"c","properties":{"name":"other","category":5}}`,
			core.Event{Kind: core.KindPage, Name: "home", Props: core.Props{"name": "other", "category": json.Number("5")}}},
		{"screen", "screen", `{"type":"screen","messageId":"m4","userId":"user-42","name":"main",` + stamp + `}`,
			core.Event{ID: "m4", Kind: core.KindScreen, Name: "main", Time: at, UserID: "user-42", Props: core.Props{"name": "main"}}},
		{"alias", "alias", `{"type":"alias","messageId":"m5","previousId":"anon-7","userId":"user-42",` + stamp + `}`,
			core.Event{ID: "m5", Kind: core.KindAlias, Name: "alias", Time: at, UserID: "user-42", Props: core.Props{"previousId": "anon-7"}}},
		{"an endpoint knows better than the type", "i", `{"type":"track","event":"run","userId":"u"}`,
			core.Event{Kind: core.KindIdentify, Name: "identify", UserID: "u"}},
		{"numbers as ids, and PHP's empty objects", "import", `{"type":"track","event":"run","userId":4200000000000000001,"messageId":7,"properties":[],"context":[ ]}`,
			core.Event{ID: "7", Name: "run", UserID: "4200000000000000001"}},
		{"null for everything", "track", `{"event":"run","messageId":null,"userId":null,"anonymousId":null,"properties":null,"context":null,"timestamp":null}`,
			core.Event{Name: "run"}},
		{"a session", "track", `{"event":"run","context":{"sessionId":1788224784000}}`,
			core.Event{Name: "run", SessionID: "1788224784000", Context: core.Props{"sessionId": json.Number("1788224784000")}}},
		{"a key twice, and one that only looks alike", "track", `{"event":"no","event":"\u0072un","Event":"NO"}`, core.Event{Name: "run"}},
		{"a byte order mark", "track", "\xef\xbb\xbf\n{\"event\":\"run\"} ", core.Event{Name: "run"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.endpoint == "batch" || c.endpoint == "import" {
				c.body = `{"batch":[` + c.body + `]}`
			}
			events, problems := read(t, c.endpoint, c.body)
			if diff := cmp.Diff([]core.Event{c.want}, events); diff != "" || problems != nil {
				t.Errorf("%v; -want +got:\n%s", problems, diff)
			}
		})
	}
}

func TestAMessageInheritsFromItsBatch(t *testing.T) {
	events, problems := read(t, "batch", `{
		"messageId":"not of an event","sentAt":"2026-11-21T01:40:00Z","writeKey":"k",
		"context":{"library":{"name":"analytics-go"},"locale":"de","consent":{"analytics":true}},
		"batch":[
			{"type":"track","event":"a","timestamp":"2026-11-21T01:39:50Z"},
			{"type":"track","event":"b","context":{"locale":"fr","consent":{"analytics":false}},"timestamp":"2026-11-21T01:39:50Z","sentAt":"2026-11-21T01:39:55Z"},
			{"type":"track","event":"c","context":{}}
		]}`)
	library := map[string]any{"name": "analytics-go"}
	shared := core.Props{"library": library, "locale": "de", "consent": map[string]any{"analytics": true}}
	wanted := []core.Event{
		{Name: "a", Time: received.Add(-10 * time.Second), Context: shared},
		{Name: "b", Time: received.Add(-5 * time.Second), Context: core.Props{"library": library, "locale": "fr", "consent": map[string]any{"analytics": false}}},
		{Name: "c", Context: shared},
	}
	if diff := cmp.Diff(wanted, events); diff != "" || problems != nil {
		t.Errorf("%v; -want +got:\n%s", problems, diff)
	}
}

func TestAMessageThatIsNoEventLeavesItsNeighboursAlone(t *testing.T) {
	const private = "hunter2"
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, c := range []struct{ message, want string }{
		{`"` + private + `"`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`{}`, errType.Error()},
		{`{"type":"` + private + `"}`, errType.Error()},
		{`{"type":"Track","event":"a"}`, errType.Error()},
		{`{"type":7}`, errType.Error()},
		{`{"type":"track"}`, "event is missing"},
		{`{"type":"track","event":""}`, "event is missing"},
		{`{"type":"track","event":5}`, "event must be a string"},
		{`{"type":"track","event":{"` + private + `":1}}`, "event must be a string"},
		{`{"type":"track","event":"a","userId":["` + private + `"]}`, "userId must be a string"},
		{`{"type":"track","event":"a","messageId":true}`, "messageId must be a string"},
		{`{"type":"track","event":"a","properties":"` + private + `"}`, "properties must be an object"},
		{`{"type":"track","event":"a","properties":["` + private + `"]}`, "properties must be an object"},
		{`{"type":"track","event":"a","context":5}`, "context must be an object"},
		{`{"type":"page","name":{}}`, "name must be a string"},
		{`{"type":"identify","traits":{}}`, "userId and anonymousId are missing"},
		{`{"type":"identify","userId":"u","traits":1}`, "traits must be an object"},
		{`{"type":"group","groupId":"g"}`, "userId and anonymousId are missing"},
		{`{"type":"group","userId":"u"}`, "groupId is missing"},
		{`{"type":"alias","userId":"u"}`, "userId or previousId is missing"},
		{`{"type":"alias","previousId":"a"}`, "userId or previousId is missing"},
		{`{"type":"track","event":"a","properties":` + deep + `}`, "nested deeper than 64"},
		{deep, "nested deeper than 64"},
		{`{"type":"track","event":"a","properties":[` + strings.Repeat("1,", 10_000) + `1]}`, "more than 10000 values"},
	} {
		events, problems := read(t, "batch", `{"batch":[{"type":"track","event":"before"},`+c.message+`,{"type":"track","event":"after"}]}`)
		if diff := cmp.Diff([]string{c.want}, problems); diff != "" {
			t.Errorf("%.80s: -want +got:\n%s", c.message, diff)
		}
		if len(events) != 2 || events[0].Name != "before" || events[1].Name != "after" {
			t.Errorf("%.80s: the events are %v", c.message, events)
		}
		if strings.Contains(fmt.Sprint(problems), private) {
			t.Errorf("%.80s is repeated: %v", c.message, problems)
		}
	}
}

func TestTheDestinationsOfAMessageAreKept(t *testing.T) {
	events, problems := read(t, "batch", `{
		"integrations":{"All":true,"Mixpanel":false},"context":{"locale":"de"},
		"batch":[
			{"type":"track","event":"a"},
			{"type":"track","event":"b","integrations":{"All":false,"Mixpanel":true,"Amplitude":{"session_id":1}},"context":{"integrations":"none","locale":"fr"}},
			{"type":"track","event":"c","integrations":{}},
			{"type":"track","event":"d","integrations":null},
			{"type":"track","event":"e","integrations":[]}
		]}`)
	shared := core.Props{"locale": "de", "integrations": map[string]any{"All": true, "Mixpanel": false}}
	wanted := []core.Event{
		{Name: "a", Context: shared},
		{Name: "b", SessionID: "1", Context: core.Props{"locale": "fr", "integrations": map[string]any{"All": false, "Mixpanel": true, "Amplitude": map[string]any{"session_id": json.Number("1")}}}},
		{Name: "c", Context: shared}, {Name: "d", Context: shared}, {Name: "e", Context: shared},
	}
	if diff := cmp.Diff(wanted, events); diff != "" || problems != nil {
		t.Errorf("%v; -want +got:\n%s", problems, diff)
	}
	events, problems = read(t, "track", `{"event":"run","integrations":{"All":false}}`)
	if diff := cmp.Diff([]core.Event{{Name: "run", Context: core.Props{"integrations": map[string]any{"All": false}}}}, events); diff != "" || problems != nil {
		t.Errorf("%v; -want +got:\n%s", problems, diff)
	}
	if _, problems = read(t, "track", `{"event":"run","integrations":"none"}`); len(problems) != 1 || problems[0] != "integrations must be an object" {
		t.Errorf("%v", problems)
	}
}

func TestTheSessionIsFoundWhereTheLibrariesPutIt(t *testing.T) {
	for members, want := range map[string]string{
		``: "",
		`,"context":{"sessionId":"s-1","session_id":"s-2"}`:                                                      "s-1",
		`,"context":{"session_id":1788224784000}`:                                                                "1788224784000",
		`,"integrations":{"Actions Amplitude":{"session_id":1788224784000},"Amplitude":{"session_id":1}}`:        "1788224784000",
		`,"context":{"sessionId":null},"integrations":{"Actions Amplitude":true,"Amplitude":{"session_id":"5"}}`: "5",
		`,"context":{"sessionId":"undefined"},"integrations":{"Amplitude":{"session_id":-1}}`:                    "",
		`,"context":{"sessionId":{}}`:                                                                            "",
	} {
		events, problems := read(t, "track", `{"event":"run"`+members+`}`)
		if len(events) != 1 || events[0].SessionID != want {
			t.Errorf("%s: %v %v, want %q", members, events, problems, want)
		}
	}
}
