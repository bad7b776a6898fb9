package ga4

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	nethttp "net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// vendor is Google's server as documented: it answers 204 to everything, and writes down
// what it would have dropped or refused.
type vendor struct {
	*httptest.Server
	secret string

	mu         sync.Mutex
	faults     []fault // of the next requests
	requests   []collected
	violations []string
	kept       map[string]int // message ids to how often they were kept
}

// collected is a request as the vendor saw it.
type collected struct {
	path, query string
	body        []byte
	events      []string // their message ids
}

// fault is what happens to a request instead of the usual.
type fault struct {
	status int
	header map[string]string
	body   string
	// keep says that the events are kept although the sender does not learn it.
	keep bool
	// delay comes before the answer.
	delay time.Duration
	// hang and reset take the place of an answer.
	hang, reset bool
}

func newVendor(t testing.TB, faults ...fault) *vendor {
	v := &vendor{secret: secret(), faults: faults, kept: map[string]int{}}
	v.Server = httptest.NewServer(nethttp.HandlerFunc(v.serve))
	t.Cleanup(v.Close)
	return v
}

// secret is recognisable, and looks like nothing a scanner knows.
func secret() string { return "canary" + strings.Repeat("Q7w", 5) }

func (v *vendor) serve(w nethttp.ResponseWriter, r *nethttp.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	problems, ids := v.validate(r, body)
	if r.URL.Path == "/debug/mp/collect" {
		v.mu.Unlock()
		answerValidation(w, problems)
		return
	}
	v.violations = append(v.violations, problems...)
	v.requests = append(v.requests, collected{r.URL.Path, r.URL.RawQuery, body, ids})
	f := fault{status: 204, keep: true}
	if len(v.faults) > 0 {
		f, v.faults = v.faults[0], v.faults[1:]
	}
	if f.keep {
		for _, id := range ids {
			v.kept[id]++
		}
	}
	v.mu.Unlock()
	time.Sleep(f.delay)
	switch {
	case f.hang:
		<-r.Context().Done()
	case f.reset:
		conn, _, _ := w.(nethttp.Hijacker).Hijack()
		conn.Close()
	default:
		for k, value := range f.header {
			w.Header().Set(k, value)
		}
		w.WriteHeader(f.status)
		io.WriteString(w, f.body)
	}
}

func answerValidation(w nethttp.ResponseWriter, problems []string) {
	type message struct {
		FieldPath      string `json:"fieldPath"`
		Description    string `json:"description"`
		ValidationCode string `json:"validationCode"`
	}
	messages := []message{}
	for _, p := range problems {
		messages = append(messages, message{"events", p, "VALUE_INVALID"})
	}
	json.NewEncoder(w).Encode(map[string]any{"validationMessages": messages})
}

var (
	eventNameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)
	digits        = regexp.MustCompile(`^[0-9]+$`)
)

// validate checks a request against every documented rule.
func (v *vendor) validate(r *nethttp.Request, raw []byte) (problems, ids []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	q := r.URL.Query()
	if r.Method != "POST" || r.URL.Path != "/mp/collect" && r.URL.Path != "/debug/mp/collect" {
		bad("%s %s", r.Method, r.URL.Path)
	}
	web := regexp.MustCompile(`^G-[A-Z0-9]+$`).MatchString(q.Get("measurement_id"))
	if web == (q.Get("firebase_app_id") != "") || q.Get("api_secret") != v.secret {
		bad("query %v", q)
	}
	if ct := r.Header.Get("Content-Type"); ct != "application/json" || r.Header.Get("Content-Encoding") != "" {
		bad("content type %q, encoding %q", ct, r.Header.Get("Content-Encoding"))
	}
	if len(raw) >= 130000 {
		bad("a body of %d bytes", len(raw))
	}
	body := object(raw, bad)
	for key := range body {
		switch key {
		case "client_id", "app_instance_id", "user_id", "consent", "device", "events":
		default: // neither ip_override nor user_location: they are documented, and not ours to send
			bad("top-level key %q", key)
		}
	}
	client, _ := body["client_id"].(string)
	instance, _ := body["app_instance_id"].(string)
	if web && (!regexp.MustCompile(`^\d+\.\d+$`).MatchString(client) || instance != "") || !web && (!regexp.MustCompile(`^[0-9A-Fa-f]{32}$`).MatchString(instance) || client != "") {
		bad("client_id %q, app_instance_id %q", client, instance)
	}
	if user, ok := body["user_id"]; ok {
		if text, _ := user.(string); text == "" || utf8.RuneCountInString(text) > 256 {
			bad("user_id %v", user)
		}
	}
	consent, _ := body["consent"].(map[string]any)
	for _, key := range []string{"ad_user_data", "ad_personalization"} {
		if value := consent[key]; value != "DENIED" && value != "GRANTED" {
			bad("consent %s: %v", key, value)
		}
	}
	events, _ := body["events"].([]any)
	if len(events) < 1 || len(events) > 25 {
		bad("%d events", len(events))
	}
	for _, e := range events {
		ids = append(ids, checkEvent(e, web, bad))
	}
	return problems, ids
}

// object decodes JSON, refusing what encoding/json lets pass: a repeated key.
func object(raw []byte, bad func(string, ...any)) map[string]any {
	var body map[string]any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&body); err != nil || !utf8.Valid(raw) {
		bad("not JSON: %v", err)
	}
	if again, err := json.Marshal(body); err == nil {
		var count func(any) int
		count = func(x any) int {
			n := 0
			switch x := x.(type) {
			case map[string]any:
				for _, value := range x {
					n += 1 + count(value)
				}
			case []any:
				for _, value := range x {
					n += count(value)
				}
			}
			return n
		}
		if keys := countKeys(raw); keys != count(body) {
			bad("%d keys, %d different ones: %s", keys, count(body), again)
		}
	}
	return body
}

// countKeys counts the keys of all objects in a JSON text, repeated ones, too.
func countKeys(raw []byte) int {
	n := 0
	d := json.NewDecoder(strings.NewReader(string(raw)))
	type level struct{ isObject, atKey bool }
	var stack []level
	for {
		token, err := d.Token()
		if err != nil {
			return n
		}
		top := len(stack) - 1
		if top >= 0 && stack[top].isObject && stack[top].atKey {
			if _, isKey := token.(string); isKey {
				n++
				stack[top].atKey = false
				continue
			}
		}
		if top >= 0 && stack[top].isObject {
			stack[top].atKey = true
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{true, true})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
			if top := len(stack) - 1; top >= 0 {
				stack[top].atKey = stack[top].isObject
			}
		}
	}
}

func checkEvent(e any, web bool, bad func(string, ...any)) (id string) {
	event, _ := e.(map[string]any)
	for key := range event {
		if key != "name" && key != "params" && key != "timestamp_micros" {
			bad("event key %q", key)
		}
	}
	name, _ := event["name"].(string)
	if !eventNameForm.MatchString(name) || reservedForTest(name, web) {
		bad("event name %q", name)
	}
	stamp, _ := event["timestamp_micros"].(json.Number)
	micros, err := stamp.Int64()
	at := time.UnixMicro(micros)
	if err != nil || len(stamp) != 16 || time.Since(at) > 72*time.Hour || time.Until(at) > time.Second {
		bad("timestamp_micros %v", event["timestamp_micros"])
	}
	params, ok := event["params"].(map[string]any)
	if !ok || len(params) > 25 {
		bad("%d params", len(params))
	}
	for key, value := range params {
		checkName(key, bad)
		if items, isItems := value.([]any); isItems && key == "items" {
			checkItems(items, bad)
			continue
		}
		checkValue(key, value, bad)
	}
	if n, _ := params["engagement_time_msec"].(json.Number); !digits.MatchString(string(n)) || n == "0" {
		bad("engagement_time_msec %v", params["engagement_time_msec"])
	}
	if s, has := params["session_id"]; has && !digits.MatchString(fmt.Sprint(s)) {
		bad("session_id %v", s)
	}
	id, _ = params["message_id"].(string)
	if id == "" {
		bad("no message_id")
	}
	return id
}

// reservedForTest repeats the documented list, so that a gap in the sink's is found.
func reservedForTest(name string, web bool) bool {
	name = strings.ToLower(name)
	for _, prefix := range []string{"ga_", "google_", "firebase_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	list := "ad_activeview,ad_click,ad_exposure,ad_query,ad_reward,adunit_exposure,app_clear_data,app_exception,app_install,app_remove,app_store_refund,app_update,app_upgrade,dynamic_link_app_open,dynamic_link_app_update,dynamic_link_first_open,error,firebase_campaign,firebase_in_app_message_action,firebase_in_app_message_dismiss,firebase_in_app_message_impression,first_open,first_visit,notification_dismiss,notification_foreground,notification_open,notification_receive,notification_send,os_update,session_start,user_engagement"
	if !web {
		list += ",ad_impression,in_app_purchase,screen_view"
	}
	return strings.Contains(","+list+",", ","+name+",")
}

func checkName(name string, bad func(string, ...any)) {
	if !eventNameForm.MatchString(name) || regexp.MustCompile(`^(?i)(ga_|google_|firebase_)`).MatchString(name) {
		bad("param name %q", name)
	}
}

func checkValue(key string, value any, bad func(string, ...any)) {
	most := map[string]int{"page_title": 300, "page_referrer": 420, "page_location": 1000}[key]
	if most == 0 {
		most = 100
	}
	_, isNumber := value.(json.Number)
	text, _ := value.(string)
	switch key {
	case "value", "tax", "shipping", "price", "discount", "quantity":
		if !isNumber {
			bad("%s: %v is no number", key, value)
		}
	case "currency":
		if !regexp.MustCompile(`^[A-Z]{3}$`).MatchString(text) {
			bad("currency %v", value)
		}
	case "transaction_id":
		if text == "" && !isNumber {
			bad("an empty transaction_id")
		}
	case "debug_mode":
		if value != json.Number("1") {
			bad("debug_mode %v", value)
		}
	case "items":
		bad("items is a %T", value)
	}
	switch value := value.(type) {
	case string:
		if utf8.RuneCountInString(value) > most {
			bad("%s: %d characters", key, utf8.RuneCountInString(value))
		}
	case json.Number:
		if f, err := value.Float64(); err != nil || math.IsInf(f, 0) {
			bad("%s: %v is no finite number", key, value)
		}
	default:
		bad("%s: a %T", key, value)
	}
}

func checkItems(items []any, bad func(string, ...any)) {
	if len(items) > 200 {
		bad("%d items", len(items))
	}
	for _, i := range items {
		item, _ := i.(map[string]any)
		custom := 0
		for key, value := range item {
			checkName(key, bad)
			checkValue(key, value, bad)
			if !itemParams[key] {
				custom++
			}
		}
		if custom > 10 || item["item_id"] == nil && item["item_name"] == nil {
			bad("item %v", item)
		}
	}
}

// done fails the test for everything the vendor would have dropped.
func (v *vendor) done(t testing.TB) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, violation := range v.violations {
		t.Errorf("GA4 would drop it: %s", violation)
	}
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.requests)
}
