package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// consentSinks is a configuration with a sink of every reach and of several purposes: L stays on
// the machine, N goes to a server of the operator's own, T to a third party; A needs advertising, B both
// advertising and analytics, 0 nothing, and who has no such letter what its reach needs by itself.
const consentSinks = `
defaults: {batch: {max_wait: 5ms}}
sinks:
  L: {type: log, path: L.log, format: json}
  LA: {type: log, path: LA.log, format: json, purposes: [advertising]}
  N: {type: http, url: "%[1]s/N"}
  NA: {type: http, url: "%[1]s/NA", purposes: [advertising]}
  N0: {type: http, url: "%[1]s/N0", purposes: []}
`

const thirdParties = `
  T: {type: segment, write_key: not-a-key, endpoint: "%[1]s/T"}
  TA: {type: segment, write_key: not-a-key, endpoint: "%[1]s/TA", purposes: [Advertising]}
  TB: {type: segment, write_key: not-a-key, endpoint: "%[1]s/TB", purposes: [advertising, analytics]}
`

const everySink = "L LA N NA N0 T TA TB"

// saying is what a person has said, and who is to get the event.
type saying struct {
	headers []string
	consent string // JSON; "" for none
	gets    string // "" means that it is denied
}

// sayings go to a daemon that goes by every signal, and requires none.
var sayings = []saying{
	{nil, ``, everySink},
	{[]string{"DNT", "0"}, ``, everySink},
	{[]string{"Sec-GPC", "0"}, ``, everySink},
	{[]string{"DNT", "1"}, ``, ""},
	{[]string{"DNT", "1"}, `{"analytics": true, "advertising": true}`, ""},
	{[]string{"DNT", "1", "Sec-GPC", "1"}, ``, ""},
	{[]string{"DNT", "0", "Sec-GPC", "1"}, ``, "L LA N NA N0"},
	{[]string{"Sec-GPC", "1"}, ``, "L LA N NA N0"},
	{[]string{"Sec-GPC", "1"}, `{"analytics": true, "advertising": true}`, "L LA N NA N0"},
	{[]string{"Sec-GPC", "1"}, `{"analytics": true, "advertising": false}`, "L N N0"},
	{[]string{"Sec-GPC", "1"}, `{"analytics": false}`, "L LA NA N0"},
	{nil, `{"analytics": true, "advertising": true}`, everySink},
	{nil, `{"analytics": true, "advertising": false}`, "L N N0 T"},
	{nil, `{"analytics": false, "advertising": true}`, "L LA NA N0 TA"},
	{nil, `{" Analytics ": false}`, "L LA NA N0 TA"},
	{nil, `{"categoryPreferences": {"Advertising": false}}`, "L N N0 T"},
	{nil, `{"analytics": false, "advertising": false}`, "L N0"},
	{nil, `{"analytics": "no"}`, "L LA NA N0 TA"},
	{nil, `{"functional": false}`, everySink},
	{nil, `{"analytics": true, "withdrawn": true}`, ""},
	{nil, `"yes"`, "L LA"},
}

// askers are the ways in which an event comes to the front door.
var askers = map[string]func(p *process, name string, s saying) (status int, body string, can bool){
	"events": func(p *process, name string, s saying) (int, string, bool) {
		status, body := p.post("/v1/events", fmt.Sprintf(`{"name":%q%s}`, name, s.context()), s.headers...)
		return status, body, true
	},
	"beacon": func(p *process, name string, s saying) (int, string, bool) {
		status, body := p.post("/v1/beacon", fmt.Sprintf(`{"name":%q%s}`, name, s.context()), append([]string{"Content-Type", "text/plain"}, s.headers...)...)
		return status, body, true
	},
	"segment": func(p *process, name string, s saying) (int, string, bool) {
		status, body := p.post("/v1/track", fmt.Sprintf(`{"event":%q,"anonymousId":"a-1"%s}`, name, s.context()), s.headers...)
		return status, body, true
	},
	"langflow": func(p *process, name string, s saying) (int, string, bool) {
		if s.consent != "" {
			return 0, "", false // a Langflow backend says nothing of it
		}
		req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.ready.Listen+"/langflow/"+name+"?runSeconds=1", nil)
		if err != nil {
			p.t.Fatal(err)
		}
		for i := 0; i+1 < len(s.headers); i += 2 {
			req.Header.Set(s.headers[i], s.headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body), true
	},
}

func (s saying) context() string {
	if s.consent == "" {
		return ""
	}
	return `,"context":{"consent":` + s.consent + `}`
}

// receiving remembers what came to each path.
type receiving struct {
	*httptest.Server
	mu     sync.Mutex
	bodies map[string]string
}

func newReceiving(t *testing.T) *receiving {
	r := &receiving{bodies: make(map[string]string)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.bodies[strings.Split(req.URL.Path, "/")[1]] += string(body)
	}))
	t.Cleanup(r.Close)
	return r
}

// tell sends what people say by every way, and checks who got it, and the books.
func tell(t *testing.T, yaml string, to *receiving, sayings []saying) {
	t.Helper()
	p := startProcess(t, yaml)
	want := make(map[string]string) // by the name of the event
	denied := 0
	for i, s := range sayings {
		for by, ask := range askers {
			name := fmt.Sprintf("said-%02d-%s", i, by)
			status, body, can := ask(p, name, s)
			if !can {
				continue
			}
			if status != http.StatusOK {
				t.Errorf("%s: answered %d %s", name, status, body)
			}
			want[name] = s.gets
			if s.gets == "" {
				denied++
			}
		}
	}
	p.await("the end of every event", func() bool {
		stats := p.stats()
		for _, s := range stats.Sinks {
			if s.Queued > 0 {
				return false
			}
		}
		return stats.Books.Received == uint64(len(want))
	})
	books := p.stats().Books
	if books.Denied != uint64(denied) || books.Accepted != uint64(len(want)-denied) {
		t.Errorf("%d events were denied, want %d: %+v", books.Denied, denied, books)
	}
	var sinks []string
	for name := range p.stats().Sinks {
		sinks = append(sinks, name)
		p.balanced(name)
	}
	p.signal(syscall.SIGTERM)
	p.wait()
	for name, want := range want {
		for _, sink := range sinks {
			text := to.bodies[sink]
			if strings.HasPrefix(sink, "L") {
				file, _ := os.ReadFile(filepath.Join(p.cmd.Dir, sink+".log"))
				text = string(file)
			}
			got, is := strings.Contains(text, `"`+name+`"`), slices.Contains(strings.Fields(want), sink)
			if got != is {
				t.Errorf("%s of %+v: %s has it: %v, want %v", name, sayings[number(name)], sink, got, is)
			}
		}
	}
}

func number(name string) (i int) {
	_, _ = fmt.Sscanf(name, "said-%02d", &i)
	return i
}

func TestWhatAPersonSaysIsHeededByEverySinkWhicheverWayTheEventComes(t *testing.T) {
	t.Parallel()
	to := newReceiving(t)
	tell(t, fmt.Sprintf(consentSinks+thirdParties, to.URL), to, sayings)
}

func TestWhereGlobalPrivacyControlIsNotHeededThirdPartiesGetTheEvent(t *testing.T) {
	t.Parallel()
	to := newReceiving(t)
	tell(t, "privacy: {respect_gpc: false}\n"+fmt.Sprintf(consentSinks+thirdParties, to.URL), to, []saying{
		{[]string{"Sec-GPC", "1"}, ``, everySink},
		{[]string{"Sec-GPC", "1"}, `{"advertising": false}`, "L N N0 T"},
		{[]string{"Sec-GPC", "1", "DNT", "1"}, ``, ""},
	})
}

func TestWhereConsentIsRequiredNobodyIsTrackedWithoutIt(t *testing.T) {
	t.Parallel()
	to := newReceiving(t)
	tell(t, "consent_required: true\n"+fmt.Sprintf(consentSinks+thirdParties, to.URL), to, []saying{
		{nil, ``, ""},
		{nil, `{"advertising": true}`, ""},
		{nil, `{"analytics": false, "advertising": true}`, ""},
		{nil, `{"analytics": true}`, everySink},
		{[]string{"Sec-GPC", "1"}, `{"analytics": true}`, "L LA N NA N0"},
		{[]string{"DNT", "1"}, `{"analytics": true}`, ""},
		{nil, `"yes"`, ""},
	})
}

func TestInLocalModeNothingLeavesTheMachine(t *testing.T) {
	t.Parallel()
	to := newReceiving(t)
	tell(t, "mode: local\n"+fmt.Sprintf(consentSinks+thirdParties, to.URL), to, []saying{
		{nil, ``, "L LA"},
		{nil, `{"advertising": false}`, "L"},
		{[]string{"Sec-GPC", "1"}, ``, "L LA"},
		{[]string{"DNT", "1"}, ``, ""},
	})
}

func TestWhereEverySinkIsAThirdPartyGlobalPrivacyControlDeniesTheEvent(t *testing.T) {
	t.Parallel()
	to := newReceiving(t)
	tell(t, "defaults: {batch: {max_wait: 5ms}}\nsinks:"+fmt.Sprintf(thirdParties, to.URL), to, []saying{
		{nil, ``, "T TA TB"},
		{[]string{"Sec-GPC", "1"}, ``, ""},
		{nil, `{"advertising": false}`, "T"},
	})
}
