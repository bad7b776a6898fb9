package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

func newAdmin(t testing.TB, o AdminOptions) *Admin {
	t.Helper()
	if o.Status == nil {
		o.Status = func() core.Stats { return core.Stats{} }
	}
	if o.Ready == nil {
		o.Ready = func() bool { return true }
	}
	a, err := NewAdmin(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

func ask(a *Admin, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := request(method, "http://127.0.0.1:8431"+target, "", headers...)
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func TestTheStatusIsWhatTheContractSays(t *testing.T) {
	stats := core.Stats{
		Books: core.Books{Received: 10, Accepted: 9, Denied: 1},
		Sinks: map[string]core.SinkStats{"ga4": {Type: "ga4", State: core.StateOK, Delivered: 7, Filtered: 1, SampledOut: 1, Retries: 3}},
	}
	w := ask(newAdmin(t, AdminOptions{Status: func() core.Stats { return stats }}), "GET", "/v1/status")
	got := want(t, w, 200)
	var wanted map[string]any
	if err := json.Unmarshal([]byte(`{"do_not_track":{"active":false,"sources":[]},
		"books":{"received":10,"accepted":9,"denied":1,"rejected":0,"duplicates":0},
		"sinks":{"ga4":{"type":"ga4","state":"ok","recovered":0,"delivered":7,"filtered":1,"sampled_out":1,"dead_lettered":0,
		"expired":0,"overflowed":0,"queued":0,"retries":3,"last_error":""}}}`), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := w.Header(); got.Get("Content-Type") != "application/json" || got.Get("Cache-Control") != "no-store" || got.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the headers are %v", got)
	}
}

func TestWithoutSinksTheStatusHasAnEmptyObject(t *testing.T) {
	w := ask(newAdmin(t, AdminOptions{}), "GET", "/v1/status")
	if body := w.Body.String(); !strings.Contains(body, `"sinks":{}`) || !strings.Contains(body, `"sources":[]`) {
		t.Errorf("the status is %s", body)
	}
}

func TestReadinessFollowsTheFrontDoor(t *testing.T) {
	front := newServer(t, Options{Listen: "127.0.0.1:0"})
	a := newAdmin(t, AdminOptions{Ready: front.Ready})
	check := func(when string, status int) {
		t.Helper()
		if got := ask(a, "GET", "/readyz").Code; got != status {
			t.Errorf("%s it is %d, want %d", when, got, status)
		}
		if got := ask(a, "GET", "/healthz").Code; got != 200 {
			t.Errorf("%s it is not healthy", when)
		}
	}
	check("before the start", 503)
	if err := front.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after the start", 200)
	if err := front.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("while stopping", 503)
}

func TestAnOperatorsBrowserCannotBeUsedAgainstTheAdminListener(t *testing.T) {
	a := newAdmin(t, AdminOptions{Reload: func(context.Context) error { t.Error("the configuration was loaded again"); return nil }})
	for _, c := range []struct {
		name, host, method, path, origin string
		status                           int
	}{
		{"by address", "127.0.0.1:8431", "GET", "/healthz", "", 200},
		{"by name", "localhost:8431", "GET", "/healthz", "", 200},
		{"by name with a dot", "LOCALHOST.:8431", "GET", "/healthz", "", 200},
		{"by version 6", "[::1]:8431", "GET", "/healthz", "", 200},
		{"without a port", "localhost", "GET", "/healthz", "", 200},
		{"version 6 without a port", "[::1]", "GET", "/healthz", "", 200},
		{"from its own page", "localhost:8431", "GET", "/v1/status", "http://localhost:8431", 200},
		{"a name that was made to resolve here", "evil.example:8431", "GET", "/v1/status", "", 403},
		{"a name that begins alike", "localhost.evil.example", "GET", "/v1/status", "", 403},
		{"an address that begins alike", "127.0.0.1.evil.example", "GET", "/v1/status", "", 403},
		{"no name", "", "GET", "/v1/status", "", 403},
		{"another address of this machine", "192.0.2.1:8431", "GET", "/healthz", "", 403},
		{"from a strange page", "127.0.0.1:8431", "GET", "/v1/status", "https://evil.example", 403},
		{"from another port", "127.0.0.1:8431", "POST", "/v1/reload", "http://127.0.0.1:3000", 403},
		{"from a sandboxed page", "127.0.0.1:8431", "POST", "/v1/reload", "null", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(c.method, "http://x"+c.path, "")
			if r.Host = c.host; c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, c.status)
			}
		})
	}
}

func TestAnAdminListenerForOtherMachinesAnswersToAnyName(t *testing.T) {
	logs := &logged{}
	a := newAdmin(t, AdminOptions{Listen: "0.0.0.0:0", Logger: logs.logger()})
	r := request("GET", "http://headgate.monitoring.svc:8431/healthz", "")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("got %d", w.Code)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logs.String(), "asks for no key") {
		t.Errorf("the log says %q", logs)
	}
}

func TestReloadSaysWhatIsWrongAndIsAbsentWhenNotGiven(t *testing.T) {
	var problem error
	a := newAdmin(t, AdminOptions{Reload: func(context.Context) error { return problem }})
	want(t, ask(a, "POST", "/v1/reload"), 200)
	problem = errors.Join(errors.New("sinks.yaml:3:1: unknown key"), errors.New("sinks.yaml:4:1: wrong type"))
	got := want(t, ask(a, "POST", "/v1/reload"), 409)
	if diff := cmp.Diff(map[string]any{"problems": []any{"sinks.yaml:3:1: unknown key", "sinks.yaml:4:1: wrong type"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if w := ask(a, "GET", "/v1/reload"); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET is answered %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ask(newAdmin(t, AdminOptions{}), "POST", "/v1/reload"); w.Code != 404 {
		t.Errorf("without Reload it is answered %d", w.Code)
	}
}

func TestTheAdminListenerTakesMoreHandlersBehindItsChecks(t *testing.T) {
	a := newAdmin(t, AdminOptions{Listen: "127.0.0.1:0"})
	a.Handle("GET /debug/vars", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { panic("the page is broken") }))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := client(t)
	for _, r := range []struct {
		path   string
		status int
	}{{"/debug/vars", 500}, {"/ui/", 200}, {"/ui/x", 404}, {"/healthz", 200}, {"/metrics", 404}, {"/", 302}, {"/debug/pprof/", 404}} {
		if resp, _ := get(t, c, a.URL()+r.path); resp.StatusCode != r.status {
			t.Errorf("%s is answered %d, want %d", r.path, resp.StatusCode, r.status)
		}
	}
	if a.Addr() == "" {
		t.Error("it has no address")
	}
	if err := a.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := a.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAdminOptionsThatCannotWorkAreRefused(t *testing.T) {
	status, ready := func() core.Stats { return core.Stats{} }, func() bool { return true }
	for _, o := range []AdminOptions{{Status: status}, {Ready: ready}, {Status: status, Ready: ready, Listen: "8431"}} {
		if _, err := NewAdmin(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
