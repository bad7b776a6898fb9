package segment

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
	stored bool // the messages were stored all the same
	reset  bool // the connection is cut instead of an answer
}

// vendor is Segment as its documentation describes it: it checks every rule, and answers as
// its script says, then 200.
type vendor struct {
	*httptest.Server

	mu         sync.Mutex
	script     func(n int, messages []map[string]any) *fault // nil: take it
	requests   int
	at         []time.Time               // of the requests
	sent       map[string]int            // messageId → how often it was sent
	stored     map[string]int            // messageId → how often it was stored
	texts      map[string]string         // messageId → the message
	last       map[string]map[string]any // messageId → the message
	followed   int                       // requests that came through a redirect
	violations []string
}

func newVendor(t testing.TB, script func(n int, messages []map[string]any) *fault) *vendor {
	t.Helper()
	v := &vendor{script: script, sent: map[string]int{}, stored: map[string]int{}, texts: map[string]string{}, last: map[string]map[string]any{}}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, problem := range v.violations {
			t.Errorf("Segment would object: %s", problem)
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

// messages returns the last message of each id.
func (v *vendor) messages() map[string]map[string]any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.last)
}

func (v *vendor) object(format string, args ...any) {
	v.violations = append(v.violations, fmt.Sprintf(format, args...))
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.URL.Path == "/followed" {
		v.followed++
		return
	}
	if err != nil {
		return
	}
	n := v.requests
	v.requests++
	v.at = append(v.at, time.Now())
	if r.Method != http.MethodPost || r.RequestURI != "/base/v1/batch" || r.Header.Get("Content-Type") != "application/json" {
		v.object("%s %s, content type %q", r.Method, r.RequestURI, r.Header.Get("Content-Type"))
	}
	if user, password, ok := r.BasicAuth(); !ok || user != testKey || password != "" {
		v.object("the write key is not the user of Basic, without password")
	}
	messages := v.check(body)
	if v.script != nil {
		if f := v.script(n, messages); f != nil {
			v.fail(w, f, messages)
			return
		}
	}
	v.store(messages)
	_, _ = io.WriteString(w, `{"success":true}`)
}

func (v *vendor) fail(w http.ResponseWriter, f *fault, messages []map[string]any) {
	if f.stored {
		v.store(messages)
	}
	if f.reset {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
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

func (v *vendor) store(messages []map[string]any) {
	for _, m := range messages {
		v.stored[fmt.Sprint(m["messageId"])]++
	}
}

// check holds a body against the rules, and returns its messages.
func (v *vendor) check(body []byte) []map[string]any {
	texts, messages, problems := checkBody(body, time.Now())
	v.violations = append(v.violations, problems...)
	for i, m := range messages {
		id := fmt.Sprint(m["messageId"])
		if before, ok := v.texts[id]; ok && before != texts[i] {
			v.object("message %s is sent in another form than before", id)
		}
		v.texts[id], v.last[id] = texts[i], m
		v.sent[id]++
	}
	return messages
}

// checkBody returns the messages of a body that arrives at a time, and what is wrong with it.
func checkBody(body []byte, at time.Time) (texts []string, messages []map[string]any, problems []string) {
	object := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	var top struct {
		Batch   []json.RawMessage `json:"batch"`
		SentAt  *time.Time        `json:"sentAt"`
		Context map[string]any    `json:"context"`
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&top); err != nil || !utf8.Valid(body) {
		object("the body is not JSON: %v", err)
		return nil, nil, problems
	}
	if len(body) > 500_000 {
		object("a body of %d bytes", len(body))
	}
	if top.SentAt == nil || at.Sub(*top.SentAt).Abs() > 3*time.Second {
		object("sentAt %v at %v", top.SentAt, at)
	}
	if len(top.Batch) == 0 || len(top.Batch) > 2500 {
		object("%d messages", len(top.Batch))
	}
	for _, text := range top.Batch {
		if len(text) > 32_000 {
			object("a message of %d bytes", len(text))
		}
		var m map[string]any
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		if err := dec.Decode(&m); err != nil {
			object("a message is no object: %v", err)
			continue
		}
		texts, messages = append(texts, string(text)), append(messages, m)
		problems = append(problems, checkMessage(m)...)
	}
	return texts, messages, problems
}

var members = map[string][]string{
	"track": {"event", "properties"}, "identify": {"traits"}, "page": {"name", "properties"}, "screen": {"name", "properties"},
	"group": {"groupId", "traits"}, "alias": {"previousId"},
}

var common = []string{"type", "messageId", "anonymousId", "userId", "timestamp", "context", "integrations"}

func checkMessage(m map[string]any) (problems []string) {
	object := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	text := func(key string) string {
		s, ok := m[key].(string)
		if m[key] != nil && (!ok || s == "") {
			object("%s is %v", key, m[key])
		}
		return s
	}
	kind := text("type")
	own, known := members[kind]
	if !known {
		object("type %q", kind)
	}
	for key := range m {
		if !slices.Contains(common, key) && !slices.Contains(own, key) {
			object("unknown member %s of a %s", key, kind)
		}
	}
	user, anonymous := text("userId"), text("anonymousId")
	if user == "" && anonymous == "" || kind == "alias" && (user == "" || text("previousId") == "") {
		object("ids are missing: %v", m)
	}
	if kind == "track" && text("event") == "" || kind == "group" && text("groupId") == "" {
		object("event or groupId is missing: %v", m)
	}
	if id := text("messageId"); id == "" || utf8.RuneCountInString(id) >= 100 {
		object("messageId %q", id)
	}
	if at, err := time.Parse(time.RFC3339, text("timestamp")); err != nil || time.Until(at) > time.Minute {
		object("timestamp %v: %v", at, err)
	}
	context, _ := m["context"].(map[string]any)
	consent, _ := context["consent"].(map[string]any)
	if categories, ok := consent["categoryPreferences"].(map[string]any); !ok {
		object("no consent: %v", context)
	} else {
		for name, given := range categories {
			if _, ok := given.(bool); !ok {
				object("consent for %s is %v", name, given)
			}
		}
	}
	if context["ip"] != nil || context["direct"] != nil {
		object("the context has an address: %v", context)
	}
	return append(problems, checkNumbers(m)...)
}

func checkNumbers(v any) (problems []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			problems = append(problems, checkNumbers(value)...)
		}
	case []any:
		for _, value := range v {
			problems = append(problems, checkNumbers(value)...)
		}
	case json.Number:
		if f, err := v.Float64(); err != nil || !strings.ContainsAny(string(v), ".eE") && (f > 1<<53 || f < -1<<53) {
			problems = append(problems, fmt.Sprintf("number %s is changed by JavaScript", v))
		}
	}
	return problems
}
