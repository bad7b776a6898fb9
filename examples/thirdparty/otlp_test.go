package otlp

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
	collector "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// ids finds the events of a request with the types that OpenTelemetry publishes, which refuse what
// is no OTLP.
func ids(t testing.TB, body []byte) (found []string) {
	var request collector.ExportLogsServiceRequest
	if err := protojson.Unmarshal(body, &request); err != nil {
		t.Errorf("the body is no OTLP: %v", err)
		return nil
	}
	for _, resource := range request.ResourceLogs {
		for _, scope := range resource.ScopeLogs {
			for _, record := range scope.LogRecords {
				for _, a := range record.Attributes {
					if a.Key == "headgate.event.id" {
						found = append(found, a.Value.GetStringValue())
					}
				}
			}
		}
	}
	return found
}

func TestTheSinkKeepsTheContract(t *testing.T) {
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			return New(t.Context(), env.Env, Config{
				Endpoint: env.URL, Compression: "gzip", Headers: map[string]core.Secret{"Authorization": env.Secret("token")},
			})
		},
		HTTP: &sinktest.HTTP{
			IDs: func(r sinktest.Request) []string { return ids(t, r.Body) },
		},
	})
}

func TestAnEventIsALogRecord(t *testing.T) {
	event, err := core.Seal(core.Config{}, core.Event{
		ID: "e1", Name: "run", UserID: "u1", SessionID: "s1",
		Props:   core.Props{"seconds": 3, "share": 0.5, "ok": true, "none": nil, "steps": []any{"a", 2}, "model": map[string]any{"name": "x"}},
		Context: core.Props{"locale": "en"},
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := encode(describe(core.App{Name: "langflow", Version: "1.8.0"}), []core.Sealed{event})
	if err != nil {
		t.Fatal(err)
	}
	var request collector.ExportLogsServiceRequest
	if err := protojson.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	record := request.ResourceLogs[0].ScopeLogs[0].LogRecords[0]
	got := map[string]string{}
	for _, a := range append(record.Attributes, request.ResourceLogs[0].Resource.Attributes...) {
		text, _ := protojson.Marshal(a.Value)
		got[a.Key] = strings.ReplaceAll(string(text), " ", "")
	}
	want := map[string]string{
		"headgate.event.id": `{"stringValue":"e1"}`, "user.id": `{"stringValue":"u1"}`, "session.id": `{"stringValue":"s1"}`,
		"seconds": `{"intValue":"3"}`, "share": `{"doubleValue":0.5}`, "ok": `{"boolValue":true}`, "none": `{}`,
		"steps":            `{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"2"}]}}`,
		"model":            `{"kvlistValue":{"values":[{"key":"name","value":{"stringValue":"x"}}]}}`,
		"headgate.context": `{"kvlistValue":{"values":[{"key":"locale","value":{"stringValue":"en"}}]}}`,
		"service.name":     `{"stringValue":"langflow"}`, "service.version": `{"stringValue":"1.8.0"}`,
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: got %s, want %s", key, got[key], value)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("there are also %v", got)
	}
	if record.EventName != "run" || record.TimeUnixNano != uint64(event.Time().UnixNano()) {
		t.Errorf("got %v", record)
	}
}

// A collector may take a request and refuse records of it.
func TestWhatTheCollectorRejectsIsNotDelivered(t *testing.T) {
	for body, want := range map[string]bool{
		`{}`: false, ``: false, `{"partialSuccess":{}}`: false, `{"partialSuccess":{"rejectedLogRecords":"0"}}`: false,
		`{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}`: true,
		`{"partialSuccess":{"rejectedLogRecords":2}}`:                            true,
	} {
		if err := rejected([]byte(body), 3); (err != nil) != want {
			t.Errorf("%s: got %v", body, err)
		}
	}
	if class, _ := core.Classify(rejected([]byte(`{"partialSuccess":{"rejectedLogRecords":"1"}}`), 1)); class != core.ClassRefused {
		t.Errorf("class %s", class)
	}
}

func TestTheExampleCanBeUsed(t *testing.T) {
	if _, problems := config.LoadFile("sinks.yaml", config.Options{Tolerant: true}); len(problems) > 0 {
		t.Error(problems)
	}
}
