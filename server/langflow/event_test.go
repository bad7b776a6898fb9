package langflow

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

func TestAPropertyHasTheTypeOfThePayloadTable(t *testing.T) {
	for _, c := range []struct {
		name, event, query string
		want               core.Props
	}{
		{"ints", "run", "runSeconds=45", core.Props{"runSeconds": int64(45)}},
		{"negative ints", "run", "runSeconds=-3", core.Props{"runSeconds": int64(-3)}},
		{"an int that Python wrote as a float", "shutdown", "timeRunning=45.0", core.Props{"timeRunning": int64(45)}},
		{"an int with a fraction", "shutdown", "timeRunning=45.5", core.Props{"timeRunning": 45.5}},
		{"an int past int64", "shutdown", "timeRunning=92233720368547758080", core.Props{"timeRunning": 9.223372036854775808e19}},
		{"an int that is none", "shutdown", "timeRunning=long", core.Props{"timeRunning": "long"}},
		{"an empty int", "shutdown", "timeRunning=", core.Props{"timeRunning": ""}},
		{"floats", "deployment_run", "deploymentSeconds=1e-07", core.Props{"deploymentSeconds": 1e-07}},
		{"a whole float", "deployment", "deploymentSeconds=12.0", core.Props{"deploymentSeconds": 12.0}},
		{"a float that JSON cannot hold", "deployment", "deploymentSeconds=nan", core.Props{"deploymentSeconds": "nan"}},
		{"an infinite float", "deployment", "deploymentSeconds=1e999", core.Props{"deploymentSeconds": "1e999"}},
		{"bools", "run", "runSuccess=true&runIsWebhook=false", core.Props{"runSuccess": true, "runIsWebhook": false}},
		{"bools in any case", "component", "componentSuccess=True", core.Props{"componentSuccess": true}},
		{"bools as digits", "version", "autoLogin=1&backendOnly=0", core.Props{"autoLogin": true, "backendOnly": false}},
		{"a bool that is none", "version", "desktop=maybe", core.Props{"desktop": "maybe"}},
		{"strings that look like numbers", "version", "version=1.8&python=3.12", core.Props{"version": "1.8", "python": "3.12"}},
		{"ids that look like numbers", "component", "componentId=007&componentRunId=1e10", core.Props{"componentId": "007", "componentRunId": "1e10"}},
		{"an empty string", "run", "runErrorMessage=", core.Props{"runErrorMessage": ""}},
		{"a name without value", "run", "runErrorMessage", core.Props{"runErrorMessage": ""}},
		{"unknown names", "run", "runCost=1&flag=true", core.Props{"runCost": "1", "flag": "true"}},
		{"another event's names", "run", "timeRunning=1", core.Props{"timeRunning": "1"}},
		{"an unknown event", "custom", "runSeconds=1", core.Props{"runSeconds": "1"}},
		{"snake_case", "run", "run_is_webhook=False&run_seconds=2&run_error_message=no&client_type=oss", core.Props{
			"runIsWebhook": false, "runSeconds": int64(2), "runErrorMessage": "no", "clientType": "oss"}},
		{"snake_case on the wire", "run", "langflow_version=1.8.0", core.Props{"langflow_version": "1.8.0"}},
		{"snake_case that is nobody's", "run", "my_own_thing=1&_=2&__a__=3", core.Props{"my_own_thing": "1", "_": "2", "__a__": "3"}},
		{"repeated names", "run", "tag=a&tag=b&tag=c", core.Props{"tag": []any{"a", "b", "c"}}},
		{"repeated names with a type", "run", "runSeconds=1&run_seconds=2", core.Props{"runSeconds": []any{int64(1), int64(2)}}},
		{"a space either way", "run", "a=1%202&b=1+2&c=1%2B2", core.Props{"a": "1 2", "b": "1 2", "c": "1+2"}},
		{"raw semicolons", "run", "a=1;2;b=3&c=4", core.Props{"a": "1;2;b=3", "c": "4"}},
		{"a broken escape", "run", "a=50%&b=%zz&c=1", core.Props{"a": "50%", "b": "%zz", "c": "1"}},
		{"invalid UTF-8", "run", "a=%ff%41", core.Props{"a": "\uFFFDA"}},
		{"equals signs in a value", "run", "a=b=c==", core.Props{"a": "b=c=="}},
		{"empty pairs and names", "run", "&&a=1&=2&", core.Props{"a": "1"}},
		{"no query", "run", "", core.Props{}},
		{"a dict", "component_inputs", "componentInputs=" + `%7B%27a%27%3A%20%27v%201%27%2C%20%27b%27%3A+True%2C+%27n%27%3A+None%7D`, core.Props{
			"componentInputs": map[string]any{"a": "v 1", "b": true, "n": nil}}},
		{"a dict as JSON", "component_inputs", `componentInputs={"a":true,"n":null,"i":1}`, core.Props{
			"componentInputs": map[string]any{"a": true, "n": nil, "i": json.Number("1")}}},
		{"a dict that holds something else", "component_inputs", `componentInputs={'a':<object at 0x7f>}`, core.Props{
			"componentInputs": `{'a':<object at 0x7f>}`}},
		{"a list for a dict", "component_inputs", `componentInputs=[1]`, core.Props{"componentInputs": `[1]`}},
		{"a dict too deep as JSON", "component_inputs", "componentInputs=" + strings.Repeat(`{"a":`, 100) + "null" + strings.Repeat("}", 100), core.Props{
			"componentInputs": strings.Repeat(`{"a":`, 100) + "null" + strings.Repeat("}", 100)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := ParseEvent(c.event, c.query)
			if e.Name != c.event {
				t.Errorf("the event is called %q", e.Name)
			}
			if diff := cmp.Diff(c.want, e.Props); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTheBaseURLItselfIsTheVersionEvent(t *testing.T) {
	want := core.Event{Name: "version", Props: core.Props{"package": "langflow", "autoLogin": true}}
	if diff := cmp.Diff(want, ParseEvent("", "package=langflow&autoLogin=true")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheTimestampIsTheTimeOfTheEventAndStaysAProperty(t *testing.T) {
	micro := time.Date(2026, 2, 24, 10, 0, 0, 123456000, time.UTC)
	second := time.Date(2026, 2, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		query string
		want  time.Time
	}{
		{"timestamp=2026-02-24T10%3A00%3A00.123456%2B00%3A00", micro},
		{"timestamp=2026-02-24T10:00:00.123456+00:00", micro}, // the plus not escaped
		{"timestamp=2026-02-24T11:00:00.123456%2B01:00", micro},
		{"timestamp=2026-02-24T10:00:00.123456Z", micro},
		{"timestamp=2026-02-24T10:00:00%2B00:00", second},
		{"timestamp=2026-02-24T10:00:00", second},
		{"timestamp=2026-02-24+10:00:00%2B00:00", second},
		{"timestamp=now", time.Time{}},
		{"timestamp=", time.Time{}},
		{"timestamp=1970-01-01T00:00:00Z", time.Time{}},
		{"timestamp=9999-12-31T00:00:00Z", time.Time{}},
		{"timestamp=2026-02-24T10:00:00Z&timestamp=2026-02-24T10:00:00Z", time.Time{}},
		{"", time.Time{}},
	} {
		e := ParseEvent("run", c.query)
		if !e.Time.Equal(c.want) {
			t.Errorf("%s: got %v, want %v", c.query, e.Time, c.want)
		}
		if _, ok := e.Props["timestamp"]; ok != (c.query != "") {
			t.Errorf("%s: the properties are %v", c.query, e.Props)
		}
	}
}

func TestAQueryOfAMillionParametersIsCutOff(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		b.WriteString("&p")
		b.WriteString(strings.Repeat("x", i%7))
		b.WriteString("=1")
	}
	e := ParseEvent("run", b.String())
	values := 0
	for _, v := range e.Props {
		values += len(v.([]any))
	}
	if values != maxParameters {
		t.Errorf("%d values were taken", values)
	}
}

func FuzzLangflowQuery(f *testing.F) {
	for _, seed := range []struct{ endpoint, query string }{
		{"", "package=langflow&version=1.8.0&autoLogin=true&timestamp=2026-02-24T10%3A00%3A00.123456%2B00%3A00"},
		{"run", "runIsWebhook=false&runSeconds=45&runSuccess=true&runErrorMessage="},
		{"component_inputs", "componentRunId=r&componentId=c&componentInputs=%7B%27a%27%3A+1%7D&chunkIndex=0&totalChunks=2"},
		{"component_inputs", `componentInputs={"a":[1,{}]}&chunk_index=-1&total_chunks=1`},
		{"deployment", "deploymentSeconds=1e-07&deploymentSeconds=inf&x=%zz;y"},
		{"a/b", "&&=&a=b=c&%00=%ff"},
	} {
		f.Add(seed.endpoint, seed.query)
	}
	f.Fuzz(func(t *testing.T, endpoint, query string) {
		e := ParseEvent(endpoint, query)
		if e.Name == "" {
			t.Fatalf("no name for %q", endpoint)
		}
		encoded, err := json.Marshal(e.Props)
		if err != nil {
			t.Fatalf("%q became %v, which is no JSON: %v", query, e.Props, err)
		}
		var back map[string]any
		if err := json.Unmarshal(encoded, &back); err != nil {
			t.Fatalf("%q became %s: %v", query, encoded, err)
		}
		var emitted []core.Event
		a := NewAssembler(AssemblerOptions{}, func(_ context.Context, e core.Event) { emitted = append(emitted, e) })
		if report, ok := a.Add(t.Context(), "", e, len(query)); ok {
			emitted = append(emitted, report)
		}
		a.Close(t.Context())
		if len(emitted) != 1 || emitted[0].Name != e.Name {
			t.Fatalf("%q: %d events came out: %v", query, len(emitted), emitted)
		}
	})
}
