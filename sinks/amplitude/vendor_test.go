package amplitude

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testKey is made up, and recognisable wherever it should not be.
var testKey = "canary" + strings.Repeat("0f", 13)

// fault is one answer of the vendor that is not 200.
type fault struct {
	status int
	header map[string]string
	body   string
	stored bool // the events were stored all the same
	reset  bool // the connection is cut instead of an answer
}

// vendor is Amplitude as its documentation describes it: it checks every rule, and answers
// as its script says, then 200.
type vendor struct {
	*httptest.Server
	path string
	most int // bytes of a body

	mu         sync.Mutex
	script     func(n int, events []map[string]any) *fault // nil: take it
	requests   int
	sent       map[string][]string // insert_id → the device_id of each time it was sent
	stored     map[string]int      // device_id/insert_id → how often the event was stored
	violations []string
}

func newVendor(t testing.TB, api string, script func(n int, events []map[string]any) *fault) *vendor {
	t.Helper()
	v := &vendor{path: "/base/batch", most: 20_000_000, script: script, sent: map[string][]string{}, stored: map[string]int{}}
	if api == apiHTTP {
		v.path, v.most = "/base/2/httpapi", 999_999
	}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, problem := range v.violations {
			t.Errorf("Amplitude would object: %s", problem)
		}
	})
	return v
}

// count returns the number of requests so far.
func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.requests
}

// all returns what was stored so far, and how often.
func (v *vendor) all() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.stored)
}

func (v *vendor) object(format string, args ...any) {
	v.violations = append(v.violations, fmt.Sprintf(format, args...))
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		return
	}
	n := v.requests
	v.requests++
	if r.Method != http.MethodPost || r.RequestURI != v.path || r.Header.Get("Content-Type") != "application/json" {
		v.object("%s %s, content type %q", r.Method, r.RequestURI, r.Header.Get("Content-Type"))
	}
	for name, values := range r.Header {
		if strings.Contains(strings.Join(values, " "), testKey) {
			v.object("the key is in header %s", name)
		}
	}
	events := v.check(body)
	if v.script != nil {
		if f := v.script(n, events); f != nil {
			v.fail(w, f, events)
			return
		}
	}
	v.store(events)
	fmt.Fprintf(w, `{"code":200,"events_ingested":%d,"payload_size_bytes":%d,"server_upload_time":1396381378123}`, len(events), len(body))
}

func (v *vendor) fail(w http.ResponseWriter, f *fault, events []map[string]any) {
	if f.stored {
		v.store(events)
	}
	if f.reset {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	for name, value := range f.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, f.body)
}

func (v *vendor) store(events []map[string]any) {
	for _, e := range events {
		v.stored[fmt.Sprint(e["device_id"], "/", e["insert_id"])]++
	}
}

// check holds a body against the rules, and returns its events.
func (v *vendor) check(body []byte) []map[string]any {
	if len(body) > v.most {
		v.object("a body of %d bytes", len(body))
	}
	events, problems := checkBody(body)
	v.violations = append(v.violations, problems...)
	seen := map[string]bool{}
	for _, e := range events {
		id, device := fmt.Sprint(e["insert_id"]), fmt.Sprint(e["device_id"])
		if seen[device+id] {
			v.object("insert_id %s twice in a request", id)
		}
		seen[device+id] = true
		if sent := v.sent[id]; len(sent) > 0 && sent[0] != device {
			v.object("insert_id %s is sent with another device_id", id)
		}
		v.sent[id] = append(v.sent[id], device)
	}
	return events
}

var topLevel = []string{"api_key", "events", "options", "client_upload_time"}

var eventKeys = []string{
	"event_type", "user_id", "device_id", "time", "insert_id", "session_id", "app_version", "platform", "os_name", "os_version",
	"device_manufacturer", "device_model", "language", "user_agent", "library", "event_properties", "user_properties",
}

// forbidden is the vendor's own list of ids.
var forbidden = []string{
	"anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "", "00000000-0000-0000-0000-000000000000", "{}", "lmy47d", "0", "-1",
}

// checkBody returns the events of a body, and what is wrong with it.
func checkBody(body []byte) (events []map[string]any, problems []string) {
	object := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	var top map[string]any
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	if err := dec.Decode(&top); err != nil || !utf8.Valid(body) {
		object("the body is not JSON: %v", err)
		return nil, problems
	}
	for key := range top {
		if !slices.Contains(topLevel, key) {
			object("unknown member %s", key)
		}
	}
	if top["api_key"] != testKey {
		object("api_key is not the one that was configured")
	}
	minID := 5
	if options, ok := top["options"].(map[string]any); ok {
		n, _ := options["min_id_length"].(json.Number).Int64()
		minID = int(n)
	}
	list, _ := top["events"].([]any)
	if len(list) == 0 || len(list) > 2000 {
		object("%d events", len(list))
	}
	for _, item := range list {
		e, _ := item.(map[string]any)
		events = append(events, e)
		problems = append(problems, checkEvent(e, minID)...)
	}
	return events, problems
}

func checkEvent(e map[string]any, minID int) (problems []string) {
	object := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for key := range e {
		if !slices.Contains(eventKeys, key) {
			object("unknown member %s of an event", key)
		}
	}
	name, _ := e["event_type"].(string)
	command := name == "$identify"
	if name == "" || name == "$groupidentify" || strings.HasPrefix(name, "[Amplitude]") {
		object("event_type %q", name)
	}
	if _, traits := e["user_properties"]; traits != command {
		object("event_type %q has user properties: %v", name, traits)
	}
	user, device := e["user_id"], e["device_id"]
	if user == nil && device == nil {
		object("neither user_id nor device_id")
	}
	for _, id := range []any{user, device} {
		if text, ok := id.(string); id != nil && (!ok || utf8.RuneCountInString(text) < minID || slices.Contains(forbidden, strings.ToLower(text))) {
			object("id %v with a minimum of %d characters", id, minID)
		}
	}
	at, _ := e["time"].(json.Number)
	if ms, err := at.Int64(); err != nil || len(at) != 13 || time.Until(time.UnixMilli(ms)) > time.Minute {
		object("time %v is not in milliseconds, or to come", e["time"])
	}
	if session, ok := e["session_id"]; ok {
		if n, ok := session.(json.Number); !ok || len(n) != 13 && n != "-1" {
			object("session_id %v", session)
		}
	}
	if id, _ := e["insert_id"].(string); id == "" {
		object("no insert_id")
	}
	for _, key := range []string{"event_properties", "user_properties"} {
		if props, ok := e[key]; ok {
			if _, isObject := props.(map[string]any); !isObject {
				object("%s is no object", key)
			}
		}
	}
	return append(problems, checkValue(e, 0)...)
}

func checkValue(v any, depth int) (problems []string) {
	tooLong := func(s string) {
		if n := utf8.RuneCountInString(s); n > 1024 {
			problems = append(problems, fmt.Sprintf("a string of %d characters", n))
		}
	}
	if depth > 40 {
		return []string{"nested deeper than 40"}
	}
	switch v := v.(type) {
	case string:
		tooLong(v)
	case map[string]any:
		for key, value := range v {
			tooLong(key)
			if value == nil {
				problems = append(problems, "a null property "+key)
			}
			problems = append(problems, checkValue(value, depth+1)...)
		}
	case []any:
		for _, value := range v {
			problems = append(problems, checkValue(value, depth+1)...)
		}
	case json.Number:
		if f, err := v.Float64(); err != nil || !strings.ContainsAny(string(v), ".eE") && (f > 1<<53 || f < -1<<53) {
			problems = append(problems, fmt.Sprintf("number %s is changed by JavaScript", v))
		}
	}
	return problems
}
