package mixpanel

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	nethttp "net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// vendor is Mixpanel's import as documented: it refuses by index what breaks a rule, and
// counts what it gets once for each name, time and pair of ids.
type vendor struct {
	*httptest.Server
	token string

	mu         sync.Mutex
	faults     []fault // of the next requests
	requests   []posted
	violations []string
	kept       map[string]int      // insert ids to how often they were taken
	copies     map[string]bool     // name, distinct_id, time and insert id
	identities map[string][]string // insert ids to the different copies they came with
}

// posted is a request as the vendor saw it.
type posted struct {
	path   string
	header nethttp.Header
	body   []byte
	ids    []string
}

// fault is what happens to a request instead of the usual.
type fault struct {
	status int
	header map[string]string
	body   string
	// answer makes the body from the insert ids of the request, and says which are taken.
	answer func(ids []string) (body string, taken []string)
	// keep says that the events are taken although the sender does not learn it.
	keep bool
	// hang and reset take the place of an answer.
	hang, reset bool
}

func newVendor(t testing.TB, faults ...fault) *vendor {
	v := &vendor{token: secret(), faults: faults, kept: map[string]int{}, copies: map[string]bool{}, identities: map[string][]string{}}
	v.Server = httptest.NewServer(nethttp.HandlerFunc(v.serve))
	t.Cleanup(v.Close)
	return v
}

// secret is recognisable, and looks like nothing a scanner knows.
func secret() string { return "canary" + strings.Repeat("Q7w", 5) }

func (v *vendor) serve(w nethttp.ResponseWriter, r *nethttp.Request) {
	body := unpacked(r)
	v.mu.Lock()
	problems, ids, copies := v.validate(r, body)
	v.violations = append(v.violations, problems...)
	v.requests = append(v.requests, posted{r.RequestURI, r.Header, body, ids})
	f := fault{status: 200, keep: true, body: fmt.Sprintf(`{"code":200,"num_records_imported":%d,"status":"OK"}`, len(ids))}
	if len(v.faults) > 0 {
		f, v.faults = v.faults[0], v.faults[1:]
	}
	taken := map[string]bool{}
	if f.answer != nil {
		var list []string
		f.body, list = f.answer(ids)
		for _, id := range list {
			taken[id] = true
		}
	}
	for i, id := range ids {
		if !v.copies[copies[i]] && v.kept[id] > 0 {
			v.violations = append(v.violations, "the event "+id+" comes again with another name, time or id")
		}
		if f.keep || taken[id] {
			v.copies[copies[i]] = true
			v.kept[id]++
		}
		if known := v.identities[id]; len(known) == 0 || known[0] != copies[i] {
			v.identities[id] = append(known, copies[i])
		}
	}
	v.mu.Unlock()
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

func unpacked(r *nethttp.Request) []byte {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil
	}
	body, _ := io.ReadAll(z)
	return body
}

var insertForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,36}$`)

// refusedIDs repeats the documented list, so that a gap in the sink's is found.
const refusedIDs = ",00000000-0000-0000-0000-000000000000,anon,anonymous,nil,none,null,n/a,na,undefined,unknown,<nil>,0,-1,true,false,[],{},"

// validate checks a request against every documented rule.
func (v *vendor) validate(r *nethttp.Request, raw []byte) (problems, ids, copies []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if q := r.URL.Query(); r.Method != "POST" || r.URL.Path != "/import" || q.Get("strict") != "1" || q.Get("ip") != "0" || len(q) != 2 {
		bad("%s %s", r.Method, r.URL)
	}
	if user, password, ok := r.BasicAuth(); !ok || user != v.token || password != "" {
		bad("Authorization %q", r.Header.Get("Authorization"))
	}
	if r.Header.Get("Content-Type") != "application/json" {
		bad("content type %q", r.Header.Get("Content-Type"))
	}
	if len(raw) > 10_000_000 || !utf8.Valid(raw) {
		bad("a body of %d bytes", len(raw))
	}
	var events []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &events); err != nil || len(events) > 2000 || len(events) == 0 && string(raw) != "[]" {
		bad("%d events, %v", len(events), err)
	}
	for _, e := range events {
		id, copyOf := checkEvent(e, bad)
		ids, copies = append(ids, id), append(copies, copyOf)
	}
	return problems, ids, copies
}

func checkEvent(e map[string]json.RawMessage, bad func(string, ...any)) (id, copyOf string) {
	var name string
	if err := json.Unmarshal(e["event"], &name); err != nil || name == "" || len(name) > 255 || strings.HasPrefix(name, "$") || len(e) != 2 {
		bad("event %s, %d keys", e["event"], len(e))
	}
	if len(e["event"])+len(e["properties"])+30 >= 1_000_000 {
		bad("an event of %d bytes", len(e["properties"]))
	}
	var p map[string]any
	d := json.NewDecoder(strings.NewReader(string(e["properties"])))
	d.UseNumber()
	if err := d.Decode(&p); err != nil || len(p) >= 255 {
		bad("%d properties, %v", len(p), err)
	}
	if keys := strings.Count(string(e["properties"]), `"distinct_id":`); keys < 1 {
		bad("distinct_id is there %d times", keys)
	}
	stamp, _ := p["time"].(json.Number)
	ms, err := stamp.Int64()
	if err != nil || ms < 31536000000 || time.UnixMilli(ms).After(time.Now().Add(time.Hour)) {
		bad("time %v", p["time"])
	}
	distinct, isText := p["distinct_id"].(string)
	if !isText || strings.Contains(refusedIDs, ","+strings.ToLower(distinct)+",") && distinct != "" {
		bad("distinct_id %v", p["distinct_id"])
	}
	user, device := p["$user_id"], p["$device_id"]
	if user != nil && distinct != user || user == nil && device != nil && distinct != fmt.Sprint("$device:", device) || user == nil && device == nil && distinct != "" {
		bad("distinct_id %q, $user_id %v, $device_id %v", distinct, user, device)
	}
	id, _ = p["$insert_id"].(string)
	if !insertForm.MatchString(id) || strings.Contains(refusedIDs, ","+strings.ToLower(id)+",") {
		bad("$insert_id %v", p["$insert_id"])
	}
	if p["ip"] != "0" {
		bad("ip %v", p["ip"])
	}
	for key, value := range p {
		switch {
		case key == "token" || key == "$ignore" || key == "bucket" || key == "$bucket" || key == "alias" || key == "id" || key == "$group_id" || key == "" || len(key) > 255:
			bad("property %q", key)
		case value == nil:
			bad("%s is null", key)
		}
		checkValue(key, value, 1, bad)
	}
	return id, fmt.Sprint(name, "|", distinct, "|", stamp, "|", id)
}

// checkValue counts depth from properties, the stricter of the two readings.
func checkValue(key string, value any, depth int, bad func(string, ...any)) {
	switch value := value.(type) {
	case string:
		if len(value) > 255 {
			bad("%s: a text of %d bytes", key, len(value))
		}
	case json.Number:
		if _, err := value.Float64(); err != nil {
			bad("%s: %v", key, err)
		}
	case map[string]any:
		checkContainer(key, value, len(value), depth, bad)
		for k, v := range value {
			checkValue(key+"."+k, v, depth+1, bad)
		}
	case []any:
		checkContainer(key, value, len(value), depth, bad)
		for _, v := range value {
			checkValue(key+"[]", v, depth+1, bad)
		}
	}
}

func checkContainer(key string, value any, members, depth int, bad func(string, ...any)) {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(value)
	if members >= 255 || depth+1 > 3 || text.Len()-1 > 8<<10 {
		bad("%s: %d members, %d bytes, on level %d", key, members, text.Len(), depth)
	}
}

// done fails the test for everything the vendor would have refused, cut or told apart.
func (v *vendor) done(t testing.TB) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, violation := range v.violations {
		t.Errorf("Mixpanel would not take it: %s", violation)
	}
	for id, copies := range v.identities {
		if len(copies) > 1 {
			t.Errorf("repetitions of %s differ: %v", id, copies)
		}
	}
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.requests)
}
