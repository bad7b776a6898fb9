package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// site is a program's own site, whose pages report to a front door of another origin.
type site struct {
	*daemon
	url   string // of its page
	door  string // of the front door
	taken *collector

	mu       sync.Mutex
	requests []string // of the front door, as "POST /v1/beacon"
	failing  int      // how many beacons are answered 503
}

// collector is a sink that keeps what it is given.
type collector struct {
	mu     sync.Mutex
	events []map[string]any
}

func (c *collector) Send(_ context.Context, batch []core.Sealed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range batch {
		var event map[string]any
		if err := json.Unmarshal(batch[i].JSON(), &event); err != nil {
			return core.Permanent(err)
		}
		c.events = append(c.events, event)
	}
	return nil
}

func (c *collector) Close(context.Context) error { return nil }

// named returns the events of a name.
func (c *collector) named(name string) (found []map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e["name"] == name {
			found = append(found, e)
		}
	}
	return found
}

const writeKey = "a-key-of-a-page"

// newSite makes one. The attributes are those of the script's element.
func newSite(t testing.TB, attributes string) *site {
	t.Helper()
	s := &site{taken: &collector{}}
	var origin string
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "script-src "+s.door+" 'unsafe-inline'; connect-src "+s.door)
		fmt.Fprintf(w, `<!doctype html><title>site</title><script src="%s/headgate.js" crossorigin %s></script>`, html.EscapeString(s.door), attributes)
	}))
	t.Cleanup(pages.Close)
	origin = strings.Replace(pages.URL, "127.0.0.1", "app.example", 1)
	s.daemon = start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", s.taken)}}, func(o *server.Options) {
		o.AllowedOrigins = []string{origin}
		o.WriteKeys = []core.Secret{core.NewSecret(writeKey)}
	})
	handler := s.front.Handler()
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		fail := r.URL.Path == "/v1/beacon" && s.failing > 0
		if fail {
			s.failing--
		}
		s.mu.Unlock()
		if fail {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(door.Close)
	s.url, s.door = origin+"/", strings.Replace(door.URL, "127.0.0.1", "events.example", 1)
	return s
}

func (s *site) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *site) awaitEvents(name string, n int) []map[string]any {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d events %s are delivered", n, name), func(core.Stats) bool { return len(s.taken.named(name)) >= n })
	return s.taken.named(name)
}

// first has a page run something before anything of its own.
func (p *tab) first(source string) {
	p.t.Helper()
	p.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source}))
}

// watchStorage has a page keep account of who touches storage.
const watchStorage = `window.touched = [];
for (const name of ["getItem", "setItem", "removeItem", "key", "clear"]) {
	const was = Storage.prototype[name];
	Storage.prototype[name] = function (...args) { touched.push(name); return was.apply(this, args); };
}
const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
Object.defineProperty(Document.prototype, "cookie", {get() { touched.push("cookie"); return cookie.get.call(this); }, set(v) { touched.push("cookie"); cookie.set.call(this, v); }});`

func TestAPageReportsEventsWithTheScript(t *testing.T) {
	t.Parallel()
	s := newSite(t, `data-write-key="`+writeKey+`"`)
	p := newTab(t)
	p.first(watchStorage)
	p.open(s.url)
	eval[bool](p, `headgate.track("signup", {plan: "pro", email: "ada@example.com"}), headgate.track("signup", {}, "u-1"),
		headgate.trackFlowBuild("My flow", true, {flowId: "f1"}), headgate.trackDataLoaded("f1", "My flow", "File", "File-x1"),
		headgate.track("broken", {n: 1n}), headgate.flush(), true`)
	signups := s.awaitEvents("signup", 2)
	build, loaded := s.awaitEvents("flow_build", 1)[0], s.awaitEvents("data_loaded", 1)[0]
	if diff := cmp.Diff(map[string]any{"plan": "pro", "email": "[redacted:email]"}, signups[0]["properties"]); diff != "" {
		t.Errorf("the properties: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"flowName": "My flow", "isError": true, "flowId": "f1"}, build["properties"]); diff != "" {
		t.Errorf("of trackFlowBuild: %s", diff)
	}
	if diff := cmp.Diff(map[string]any{"flowName": "My flow", "flowId": "f1", "component": "File", "componentId": "File-x1"}, loaded["properties"]); diff != "" {
		t.Errorf("of trackDataLoaded: %s", diff)
	}
	who := signups[0]["anonymous_id"].(string)
	if len(who) != 36 || signups[0]["user_id"] != nil || signups[1]["user_id"] != "u-1" || build["anonymous_id"] != who || signups[0]["id"] == signups[1]["id"] {
		t.Errorf("who: %v, %v, %v", signups[0], signups[1], build)
	}
	if touched := eval[[]string](p, "touched"); len(touched) > 0 {
		t.Errorf("it touches storage: %q", touched)
	}
	if books := s.dispatcher.Stats().Books; books.Received != 4 || books.Accepted != 4 {
		t.Errorf("the books have %+v", books)
	}
	if got := p.complaints(); len(got) > 0 {
		t.Errorf("the page complains of %q", got)
	}
	// Another page of the same person is nobody that is known.
	p.open(s.url)
	eval[bool](p, `headgate.track("again"), headgate.flush(), true`)
	if again := s.awaitEvents("again", 1)[0]; again["anonymous_id"] == who {
		t.Error("the id outlives the page")
	}
}

func TestWhoAsksNotToBeTrackedCausesNoRequestAndNoStorage(t *testing.T) {
	t.Parallel()
	s := newSite(t, `data-write-key="`+writeKey+`" data-storage="session"`)
	for _, signal := range []string{`doNotTrack: "1"`, `doNotTrack: "yes"`, `globalPrivacyControl: true`, `doNotTrack: "0"`} {
		p := newTab(t)
		p.first(watchStorage + fmt.Sprintf(`for (const [name, value] of Object.entries({%s})) Object.defineProperty(navigator, name, {get: () => value, configurable: true});`, signal))
		p.open(s.url)
		before := len(s.asked())
		name := "event_" + fmt.Sprint(before)
		eval[bool](p, fmt.Sprintf(`headgate.track(%q), headgate.trackFlowBuild("f", false), headgate.trackDataLoaded("a", "b", "c", "d"), headgate.flush(), true`, name))
		touched := eval[[]string](p, "touched")
		p.open("about:blank") // what would be sent as a page is left is sent now
		// By the time an event of another page has come, one of this page would have.
		q := newTab(t)
		q.open(s.url)
		eval[bool](q, fmt.Sprintf(`headgate.track(%q), headgate.flush(), true`, "after_"+name))
		s.awaitEvents("after_"+name, 1)
		beacons := 0
		for _, request := range s.asked()[before:] {
			if request != "GET /headgate.js" {
				beacons++
			}
		}
		silent := beacons == 1 && len(touched) == 0 && len(s.taken.named(name)) == 0
		if refuses := signal != `doNotTrack: "0"`; silent != refuses {
			t.Errorf("with %s there are %d beacons, one of them another page's; storage was touched by %q", signal, beacons, touched)
		}
	}
}

func TestWhoAsksNotToBeTrackedAfterAllIsForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t, `data-write-key="`+writeKey+`" data-storage="session"`)
	p := newTab(t)
	p.open(s.url)
	eval[bool](p, `headgate.track("before"), Object.defineProperty(navigator, "globalPrivacyControl", {get: () => true, configurable: true}), headgate.flush(), true`)
	if left := eval[int](p, "sessionStorage.length"); left != 0 {
		t.Errorf("%d things are kept", left)
	}
	eval[bool](p, `Object.defineProperty(navigator, "globalPrivacyControl", {get: () => false}), headgate.track("after"), headgate.flush(), true`)
	s.awaitEvents("after", 1)
	if before := s.taken.named("before"); len(before) > 0 {
		t.Errorf("what was waiting was sent: %v", before)
	}
}

func TestWhatIsWaitingIsSentAsThePageIsLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t, `data-write-key="`+writeKey+`"`)
	p := newTab(t)
	p.open(s.url)
	// More than a batch, and its timer never fires.
	eval[bool](p, `window.setTimeout = () => 1, Array.from({length: 19}, () => headgate.track("left")), true`)
	p.open("about:blank")
	s.awaitEvents("left", 19)
	if asked := s.asked(); len(asked) != 2 || asked[1] != "POST /v1/beacon" {
		t.Errorf("the front door was asked %q", asked)
	}
}

func TestTheIdIsKeptForTheSessionWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	p := newTab(t)
	for range 2 {
		p.open(s.url)
		eval[bool](p, fmt.Sprintf(`headgate.track("early"), headgate.init({endpoint: %q, writeKey: %q, storage: "session"}), headgate.flush(), true`, s.door+"/", writeKey))
	}
	events := s.awaitEvents("early", 2)
	if events[0]["anonymous_id"] == events[1]["anonymous_id"] {
		t.Error("an event before storage was asked for has the id of the session")
	}
	for range 2 {
		p.open(s.url)
		eval[bool](p, fmt.Sprintf(`headgate.init({endpoint: %q, writeKey: %q, storage: "session"}), headgate.track("late"), headgate.flush(), true`, s.door, writeKey))
	}
	events = s.awaitEvents("late", 2)
	if events[0]["anonymous_id"] != events[1]["anonymous_id"] {
		t.Error("two pages of one session have two ids")
	}
	if other := eval[int](p, "localStorage.length + document.cookie.length"); other != 0 {
		t.Error("something is kept beyond the session")
	}
}

func TestWhatWasNotTakenIsSentAgainUnderItsId(t *testing.T) {
	t.Parallel()
	s := newSite(t, `data-write-key="`+writeKey+`"`)
	p := newTab(t)
	p.open(s.url)
	s.mu.Lock()
	s.failing = 2
	s.mu.Unlock()
	eval[bool](p, `window.waits = [], window.setTimeout = ((was) => (f, ms) => { waits.push(ms); return was(f, 0); })(window.setTimeout), headgate.track("kept"), true`)
	s.awaitEvents("kept", 1)
	if waits := eval[[]int](p, "waits"); !slices.Equal(waits, []int{1000, 2000, 4000}) {
		t.Errorf("it waits %v ms", waits)
	}
	if books := s.dispatcher.Stats().Books; books.Received != 1 {
		t.Errorf("the books have %+v", books)
	}
}

func TestAPageThatIsNotAllowedReportsNothing(t *testing.T) {
	t.Parallel()
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", &sink{})}}, nil)
	p := newTab(t)
	p.open(stranger(t)) // of the same site: another port
	beacon := d.front.URL() + "/v1/beacon"
	eval[bool](p, fmt.Sprintf(`fetch(%[1]q, {method: "POST", body: '{"name":"forged"}', mode: "no-cors"}).then(() => navigator.sendBeacon(%[1]q, '{"name":"forged"}'))`, beacon))
	d.eventually("both are refused", func(core.Stats) bool { return d.front.Counters().Refused[http.StatusForbidden] == 2 })
	if books := d.dispatcher.Stats().Books; books.Received != 0 {
		t.Errorf("the books have %+v", books)
	}
}
