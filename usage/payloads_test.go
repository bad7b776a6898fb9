package usage_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// payloads are one of every kind with all that it can have, and one with the least.
var payloads = []struct {
	file        string
	full, least core.Payload
}{
	{"version", usage.Version{
		Package: "langflow", Version: "1.8.0", Platform: "Linux-6.1.0", Python: new("3.12"), Arch: "64bit", AutoLogin: new(true),
		CacheType: new("async"), BackendOnly: new(false), Desktop: new(false), DatabaseDialect: new("sqlite"),
	}, usage.Version{}},
	{"run", usage.Run{IsWebhook: new(false), Seconds: 45, Success: true, ErrorMessage: new(""), ID: new("r-1")}, usage.Run{}},
	{"playground", usage.Playground{
		Seconds: 3, ComponentCount: new(int64(0)), Success: true, ErrorMessage: new(""), RunID: new("007"),
	}, usage.Playground{}},
	{"component", usage.Component{
		Name: "ChatInput", ID: new("ChatInput-aB3dE"), Seconds: 2, Success: true, ErrorMessage: new(""), RunID: new("r-1"),
	}, usage.Component{}},
	{"component_inputs", usage.ComponentInputs{
		RunID: "r-1", ID: "Prompt-aB3dE", Name: "Prompt", Inputs: map[string]any{"template": "Hi {name}", "n": 3},
		ChunkIndex: new(int64(0)), TotalChunks: new(int64(2)),
	}, usage.ComponentInputs{Inputs: map[string]any{}}},
	{"component_index", usage.ComponentIndex{
		Source: "builtin", NumModules: 61, NumComponents: 344, FilteredModules: new("a,b,c"), LoadTimeMs: 812,
	}, usage.ComponentIndex{}},
	{"shutdown", usage.Shutdown{TimeRunning: 176400}, usage.Shutdown{}},
	{"exception", usage.Exception{
		Type: "*fs.PathError", Message: "open x: no such file", Context: "handler", StackTraceHash: new("0123456789abcdef"),
	}, usage.Exception{}},
	{"deployment", usage.Deployment{
		Action: "deployment.create", Provider: "watsonx", Seconds: 1.5, Success: true, ErrorMessage: new(""), TenantID: new("00012"),
	}, usage.Deployment{}},
	{"integration_action", usage.IntegrationAction{
		Provider: "google", Capability: "drive.read", Milliseconds: 12, ErrorCode: new("429"), OwnerKind: "env", PrincipalKind: "user",
	}, usage.IntegrationAction{}},
	{"mcp_tool", usage.MCPTool{Tool: "search", Success: true, Seconds: new(int64(2)), Error: new("")}, usage.MCPTool{}},
}

// The golden files hold the JSON names, what is left out while it is unset, and what stays
// when it is set to nothing.
func TestEveryPayloadIsEncodedAsItsGoldenFileSays(t *testing.T) {
	for _, p := range payloads {
		t.Run(p.file, func(t *testing.T) {
			if p.full.EventName() != p.file {
				t.Errorf("its name is %s", p.full.EventName())
			}
			var got bytes.Buffer
			for _, payload := range []core.Payload{p.full, p.least} {
				text, err := json.Marshal(payload)
				if err != nil {
					t.Fatal(err)
				}
				if err := json.Indent(&got, text, "", "  "); err != nil {
					t.Fatal(err)
				}
				got.WriteByte('\n')
			}
			golden := filepath.Join("testdata", "payloads", p.file+".json")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("the payload has changed (-want +got):\n%s", diff)
			}
		})
	}
}

// A field that is added to a struct is added to the golden files.
func TestTheGoldenPayloadsHaveEveryField(t *testing.T) {
	for _, p := range payloads {
		v := reflect.ValueOf(p.full)
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if f := v.Field(i); f.Kind() == reflect.Pointer && f.IsNil() {
				t.Errorf("%s has no %s", p.file, field.Name)
			}
			tag, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if tag == "" || strings.ContainsAny(tag, "_- ") || strings.ToLower(tag[:1]) != tag[:1] {
				t.Errorf("%s.%s is called %q, which is not in camel case", p.file, field.Name, tag)
			}
			if (options == "omitempty") != (field.Type.Kind() == reflect.Pointer) {
				t.Errorf("%s.%s: what may be left out is a pointer, and nothing else", p.file, field.Name)
			}
		}
	}
}

// typed returns a new payload of an endpoint of Langflow.
func typed(endpoint string) any {
	switch endpoint {
	case usage.EndpointDeploymentProvider, usage.EndpointDeploymentRun:
		endpoint = usage.EndpointDeployment
	}
	for _, p := range payloads {
		if p.file == endpoint {
			return reflect.New(reflect.TypeOf(p.full)).Interface()
		}
	}
	return nil
}

// added are the properties that the service adds, and Langflow's does.
var added = []string{"clientType", "timestamp", "langflow_version", "os"}

// What Langflow itself sends, recorded from its own HTTP client, fits the payloads here and
// comes out as it went in.
func TestWhatLangflowSendsIsDecodedAndEncodedAgainUnchanged(t *testing.T) {
	recording, err := os.ReadFile(filepath.Join("..", "server", "langflow", "testdata", "httpx-0.28.1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range bytes.Lines(recording) {
		var sent struct {
			Event      string
			Properties map[string]any
		}
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber()
		if err := dec.Decode(&sent); err != nil {
			t.Fatal(err)
		}
		payload := typed(sent.Event)
		if payload == nil {
			continue
		}
		seen[sent.Event]++
		for _, name := range added {
			delete(sent.Properties, name)
		}
		if sent.Event != usage.EndpointVersion {
			delete(sent.Properties, "platform")
		}
		checkRoundTrip(t, sent.Event, sent.Properties, payload)
	}
	if len(seen) != len(payloads)+2 { // deployment has three endpoints
		t.Errorf("the recording has only %v", seen)
	}
}

func checkRoundTrip(t *testing.T, name string, want map[string]any, payload any) {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(payload); err != nil {
		t.Errorf("%s does not fit %T: %v", name, payload, err)
		return
	}
	again, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(again, &got); err != nil {
		t.Fatal(err)
	}
	var wanted any
	if err := json.Unmarshal(text, &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s has changed (-want +got):\n%s", name, diff)
	}
}
