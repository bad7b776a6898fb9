package usage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
	_ "github.com/headgate-dev/headgate/sinks/http"
	_ "github.com/headgate-dev/headgate/sinks/log"
	"github.com/headgate-dev/headgate/usage"
)

// received is a request that an HTTP sink has made.
type received struct {
	URL   string
	Event struct {
		Name       string
		Properties map[string]any
	}
	Body string
}

// overHTTP has a service log to an HTTP sink, and returns what the endpoint got.
func overHTTP(t *testing.T, env environ, log func(*usage.Service)) (requests []received) {
	t.Helper()
	var mu sync.Mutex
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r := received{URL: req.URL.String(), Body: string(body)}
		mu.Lock()
		defer mu.Unlock()
		if err := json.Unmarshal(body, &r.Event); err != nil {
			t.Errorf("the endpoint got %q: %v", body, err)
		}
		requests = append(requests, r)
	}))
	defer endpoint.Close()
	file := filepath.Join(t.TempDir(), "sinks.yaml")
	text := fmt.Sprintf("app: {name: langflow, version: 1.8.0}\nsinks:\n  http: {url: %q, body: event}\n", endpoint.URL+"/{event}")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := config.Open(file, core.WithEnviron(env.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	s := usage.New(d, usage.Options{App: langflow, Platform: "python_package", Lookup: environ{}.lookup})
	log(s)
	wantNil(t, s.Close(context.Background()))
	return requests
}

// exceptionOf returns the properties of an exception with a message, as they were sent.
func exceptionOf(t *testing.T, message string) received {
	t.Helper()
	requests := overHTTP(t, nil, func(s *usage.Service) {
		wantNil(t, s.Emit(t.Context(), usage.Exception{Type: "ValueError", Message: message, Context: "handler", StackTraceHash: new("0123456789abcdef")}))
	})
	if len(requests) != 1 {
		t.Fatalf("the endpoint got %d requests", len(requests))
	}
	if requests[0].URL != "/exception" {
		t.Errorf("data of the event is in the URL: %s", requests[0].URL)
	}
	return requests[0]
}

// TestTheUnitTestsOfLangflowsServicePass has what the unit tests of Langflow's telemetry service
// state, under their names, sent by a real HTTP sink to a real server.
func TestTheUnitTestsOfLangflowsServicePass(t *testing.T) {
	for name, test := range map[string]func(t *testing.T){
		"test_log_exception_method":                              exceptionHasTypeMessageContextAndHash,
		"test_send_telemetry_data_success":                       exceptionIsSentWithCommonFields,
		"test_send_telemetry_data_respects_do_not_track":         nothingIsSentUnderDoNotTrack,
		"test_stack_trace_hash_consistency":                      sameSiteSameHash,
		"test_query_params_url_length_limit":                     func(t *testing.T) { exceptionOf(t, strings.Repeat("A ", 2000)) },
		"test_query_params_special_characters":                   func(t *testing.T) { unchanged(t, "Error with special chars: &?=#@!$%^&*()") },
		"test_query_params_unicode_characters":                   func(t *testing.T) { unchanged(t, "Error with unicode: 世界, 🚀, émojis") },
		"test_query_params_sensitive_data_exposure":              sensitiveDataIsNowhere,
		"test_log_package_deployment":                            func(t *testing.T) { deploymentHasItsEndpoint(t, "deployment") },
		"test_log_package_deployment_provider":                   func(t *testing.T) { deploymentHasItsEndpoint(t, "deployment_provider") },
		"test_log_package_deployment_run":                        func(t *testing.T) { deploymentHasItsEndpoint(t, "deployment_run") },
		"test_log_package_deployment_do_not_track":               nothingIsSentUnderDoNotTrack,
		"test_integration_action_uses_telemetry_queue":           integrationActionIsSent,
		"test_email_event_is_not_linked_to_installation_or_user": TestAnUnlinkableEventHasIdsOfItsOwn,
	} {
		t.Run(name, test)
	}
}

func unchanged(t *testing.T, message string) {
	if got := exceptionOf(t, message).Event.Properties["exceptionMessage"]; got != message {
		t.Errorf("the message is %q", got)
	}
}

func sensitiveDataIsNowhere(t *testing.T) {
	key := "sk-" + strings.Repeat("abc123XYZ", 4)
	secret := "hunter2" + "hunter2"
	r := exceptionOf(t, "Password: "+secret+", API Key: "+key)
	for _, s := range []string{secret, key} {
		if strings.Contains(r.Body, s) || strings.Contains(r.URL, s) {
			t.Errorf("%q was sent: %s", s, r.Body)
		}
	}
}

func exceptionHasTypeMessageContextAndHash(t *testing.T) {
	s, d, tap := open(t, usage.Options{})
	wantNil(t, s.LogException(t.Context(), fmt.Errorf("loading: %w", &fs.PathError{Op: "open", Path: "x.json", Err: fs.ErrNotExist}), "handler"))
	wantNil(t, s.LogException(t.Context(), errors.New("Test exception message"), "lifespan"))
	wantNil(t, s.LogException(t.Context(), nil, "lifespan"))
	events := arrived(t, d, tap)
	if len(events) != 2 {
		t.Fatalf("there are %d events", len(events))
	}
	for i, want := range []map[string]any{
		{"exceptionType": "*fs.PathError", "exceptionMessage": "loading: open x.json: file does not exist", "exceptionContext": "handler"},
		{"exceptionType": "*errors.errorString", "exceptionMessage": "Test exception message", "exceptionContext": "lifespan"},
	} {
		for key, value := range want {
			if got := events[i].Props[key]; got != value {
				t.Errorf("%s is %v, want %v", key, got, value)
			}
		}
		if hash, _ := events[i].Props["stackTraceHash"].(string); !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(hash) {
			t.Errorf("the hash is %q", hash)
		}
	}
}

func exceptionIsSentWithCommonFields(t *testing.T) {
	props := exceptionOf(t, "Test error").Event.Properties
	for key, want := range map[string]any{
		"exceptionType": "ValueError", "exceptionMessage": "Test error", "exceptionContext": "handler", "stackTraceHash": "0123456789abcdef",
		"clientType": "oss", "langflow_version": "1.8.0", "platform": "python_package",
	} {
		if props[key] != want {
			t.Errorf("%s is %v, want %v", key, props[key], want)
		}
	}
	stamp, _ := props["timestamp"].(string)
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil || props["os"] == "" {
		t.Errorf("the timestamp is %q, the os %v", stamp, props["os"])
	}
}

func nothingIsSentUnderDoNotTrack(t *testing.T) {
	requests := overHTTP(t, environ{"DO_NOT_TRACK": "1"}, func(s *usage.Service) {
		wantNil(t, s.Start(t.Context()))
		for _, p := range payloads {
			wantNil(t, s.Emit(t.Context(), p.full))
		}
		wantNil(t, s.Log(t.Context(), usage.EndpointDeploymentRun, usage.Deployment{}))
	})
	if len(requests) > 0 {
		t.Errorf("the endpoint got %v", requests)
	}
}

// explode panics with an error or a text, always at the same place.
func explode(with any) { panic(with) }

// hashes logs the panic of a function, and returns the hash that was sent.
func hashOf(t *testing.T, do func()) string {
	t.Helper()
	s, d, tap := open(t, usage.Options{})
	func() {
		defer func() { wantNil(t, s.LogPanic(t.Context(), recover(), "handler")) }()
		do()
	}()
	hash, _ := arrived(t, d, tap)[0].Props["stackTraceHash"].(string)
	return hash
}

func sameSiteSameHash(t *testing.T) {
	var same []string
	for _, with := range []any{"one", errors.New("two")} {
		same = append(same, hashOf(t, func() { explode(with) }))
	}
	other := hashOf(t, func() { panic("elsewhere") })
	if same[0] == "" || same[0] != same[1] || same[0] == other {
		t.Errorf("the hashes are %v, elsewhere %s", same, other)
	}
}

// In the log of Langflow an event is these two lines.
func TestARunIsTwoLinesOfTheLog(t *testing.T) {
	logged := filepath.Join(t.TempDir(), "events.log")
	file := filepath.Join(t.TempDir(), "sinks.yaml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf("sinks:\n  log: {path: %q}\n", logged)), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := config.Open(file, core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	s := usage.New(d, usage.Options{Lookup: environ{}.lookup})
	wantNil(t, s.LogRun(t.Context(), usage.Run{Seconds: 45, Success: true}))
	wantNil(t, s.Close(context.Background()))
	text, err := os.ReadFile(logged)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^\[TELEMETRY\] Endpoint: run\n\[TELEMETRY\] Payload: (\{.*\})\n$`)
	payload := want.FindSubmatch(text)
	if payload == nil {
		t.Fatalf("the log is %q", text)
	}
	var props map[string]any
	if err := json.Unmarshal(payload[1], &props); err != nil || props["runSeconds"] != 45.0 || props["runSuccess"] != true {
		t.Errorf("the payload is %s: %v", payload[1], err)
	}
}

func deploymentHasItsEndpoint(t *testing.T, endpoint string) {
	requests := overHTTP(t, nil, func(s *usage.Service) {
		wantNil(t, s.Log(t.Context(), endpoint, usage.Deployment{Action: "deployment.create", Provider: "test_provider", Seconds: 1, Success: true}))
	})
	if len(requests) != 1 || requests[0].Event.Name != endpoint || requests[0].Event.Properties["deploymentProvider"] != "test_provider" {
		t.Errorf("the endpoint got %+v", requests)
	}
}

func integrationActionIsSent(t *testing.T) {
	requests := overHTTP(t, nil, func(s *usage.Service) {
		wantNil(t, s.Emit(t.Context(), usage.IntegrationAction{Provider: "google", Capability: "drive.read", OwnerKind: "env", PrincipalKind: "headless_operator", Milliseconds: 1, Success: true}))
	})
	if len(requests) != 1 || requests[0].Event.Name != "integration_action" || requests[0].Event.Properties["capability"] != "drive.read" {
		t.Errorf("the endpoint got %+v", requests)
	}
}

// Where error texts are to be dropped none leaves, whoever the event is about, and the payload
// of the program is what it was. In the original this is
// test_outbound_errors_are_removed_without_mutating_local_payload.
func TestErrorTextsStayBehindWhereTheyAreToBeDropped(t *testing.T) {
	const text = "synthetic-private-input; SQL: UPDATE files SET name=?; parameters: synthetic@example.test"
	for scheme, user := range map[string]string{"anonymous": "", "legacy": "lf-" + strings.Repeat("0f", 32), "current": "0198c7a0-1111-7222-8333-444455556666"} {
		for _, c := range []struct {
			payload core.Payload
			safe    map[string]any
		}{
			{usage.Exception{Type: "ValueError", Message: text, Context: "handler", StackTraceHash: new("abc123")}, map[string]any{"exceptionType": "ValueError", "stackTraceHash": "abc123"}},
			{usage.Run{Seconds: 2, ErrorMessage: new(text)}, map[string]any{"runSuccess": false, "runSeconds": 2.0}},
			{usage.Component{Name: "Test", ID: new("test"), Seconds: 2, ErrorMessage: new(text)}, map[string]any{"componentSuccess": false, "componentSeconds": 2.0}},
			{usage.Playground{Seconds: 2, ErrorMessage: new(text)}, map[string]any{"playgroundSuccess": false}},
			{usage.Deployment{Action: "deployment.create", Provider: "test", Seconds: 2, ErrorMessage: new(text)}, map[string]any{"deploymentSuccess": false}},
		} {
			t.Run(scheme+"/"+c.payload.EventName(), func(t *testing.T) {
				d, tap := dispatch(t, core.Config{Privacy: sanitize.Options{ErrorMessages: "drop"}}, nil)
				s := usage.New(d, usage.Options{App: langflow, UserID: func(context.Context) string { return user }})
				before := clone(t, c.payload)
				wantNil(t, s.Emit(t.Context(), c.payload))
				props := arrived(t, d, tap)[0].Props
				for key, value := range props {
					if s, _ := value.(string); strings.Contains(s, "synthetic") || strings.HasSuffix(key, "ErrorMessage") || key == "exceptionMessage" {
						t.Errorf("%s was sent: %v", key, value)
					}
				}
				for key, want := range c.safe {
					if props[key] != want {
						t.Errorf("%s is %v, want %v", key, props[key], want)
					}
				}
				if diff := cmp.Diff(before, c.payload); diff != "" {
					t.Errorf("the payload has changed:\n%s", diff)
				}
			})
		}
	}
}

// clone returns a payload that shares nothing with p.
func clone(t *testing.T, p core.Payload) core.Payload {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.New(reflect.TypeOf(p))
	if err := json.Unmarshal(text, v.Interface()); err != nil {
		t.Fatal(err)
	}
	return v.Elem().Interface().(core.Payload)
}
