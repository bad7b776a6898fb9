package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// maxScript is what headgate.js may weigh for those who load it.
const maxScript = 3_000

func TestTheScriptForBrowsersIsSmallAndServedToAnyPage(t *testing.T) {
	s := newServer(t, Options{})
	plain := do(s, request("GET", "/headgate.js", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"))
	if plain.Code != 200 || !bytes.Equal(plain.Body.Bytes(), headgateJS) {
		t.Fatalf("it is answered %d with %d bytes", plain.Code, plain.Body.Len())
	}
	packed := do(s, request("GET", "/headgate.js", "", "Accept-Encoding", "br, gzip"))
	if n := packed.Body.Len(); n > maxScript || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("it weighs %d bytes, %q", n, packed.Header().Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(unpacked, headgateJS) {
		t.Errorf("unpacked it is another: %v", err)
	}
	for name, value := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600",
	} {
		if got := plain.Header().Get(name); got != value {
			t.Errorf("%s is %q", name, got)
		}
	}
	if again := do(s, request("GET", "/headgate.js", "", "If-None-Match", plain.Header().Get("ETag"))); again.Code != 304 {
		t.Errorf("asked for again it is answered %d", again.Code)
	}
	if head := do(s, request("HEAD", "/headgate.js", "")); head.Code != 200 {
		t.Errorf("HEAD is answered %d", head.Code)
	}
	if post := do(s, request("POST", "/headgate.js", "")); post.Code != 405 {
		t.Errorf("POST is answered %d", post.Code)
	}
}

func beacon(query, body string, headers ...string) *http.Request {
	return request("POST", "http://events.example.com/v1/beacon"+query, body, append([]string{"Content-Type", "text/plain;charset=UTF-8"}, headers...)...)
}

func TestABeaconIsTakenAsEventsAre(t *testing.T) {
	for _, c := range []struct {
		name, body string
		answer     map[string]any
		names      []string
	}{
		{"one", `{"name":"a"}`, map[string]any{"accepted": 1.0, "denied": 0.0, "rejected": []any{}}, []string{"a"}},
		{"an array", `[{"name":"a"},{"name":"b"}]`, map[string]any{"accepted": 2.0, "denied": 0.0, "rejected": []any{}}, []string{"a", "b"}},
		{"a batch beside a key", `{"writeKey":"","batch":[{"name":"a"},{"nome":"b"}]}`,
			map[string]any{"accepted": 1.0, "denied": 0.0, "rejected": []any{map[string]any{"index": 1.0, "error": "name is missing"}}}, []string{"a"}},
		{"an event with a batch", `{"name":"a","batch":[{"name":"b"}]}`, map[string]any{"accepted": 1.0, "denied": 0.0, "rejected": []any{}}, []string{"a"}},
	} {
		g := &recorder{}
		s := newServer(t, Options{Gate: g})
		got := want(t, do(s, beacon("", c.body)), 200)
		if diff := cmp.Diff(c.answer, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.names, g.names()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
	s := newServer(t, Options{MaxBody: 200, MaxEvents: 2})
	want(t, do(s, beacon("", `{"batch":"x"}`)), 400)
	want(t, do(s, beacon("", `x`)), 400)
	want(t, do(s, beacon("", `[{"name":"`+strings.Repeat("x", 200)+`"}]`)), 413)
	want(t, do(s, beacon("", `[{"name":"a"},{"name":"a"},{"name":"a"}]`)), 413)
	want(t, do(s, request("POST", "/v1/beacon", `{"name":"a"}`, "Content-Type", "text/html")), 415)
	want(t, do(s, request("POST", "/v1/beacon", `{"name":"a"}`, "Content-Type", "application/json")), 200)
	if w := do(s, request("GET", "/v1/beacon", "")); w.Code != 405 {
		t.Errorf("GET is answered %d", w.Code)
	}
}

func TestABeaconShowsItsKeyInTheBodyTheQueryOrTheHeader(t *testing.T) {
	g := &recorder{}
	s := newServer(t, Options{Gate: g, WriteKeys: []core.Secret{core.NewSecret("key-one"), core.NewSecret("key-two")}, AllowedOrigins: []string{"https://app.example.com"}})
	origin := []string{"Origin", "https://app.example.com", "Sec-Fetch-Site", "same-site"}
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
	}{
		{"in the body", beacon("", `{"writeKey":"key-two","batch":[{"name":"a"}]}`, origin...), 200},
		{"in an event", beacon("", `{"writeKey":"key-one","name":"a"}`, origin...), 200},
		{"in the query", beacon("?writeKey=key-one", `[{"name":"a"}]`, origin...), 200},
		{"in the header", beacon("", `[{"name":"a"}]`, append([]string{"Authorization", "Bearer key-one"}, origin...)...), 200},
		{"none", beacon("", `[{"name":"a"}]`, origin...), 401},
		{"a wrong one in the body", beacon("", `{"writeKey":"key-on","batch":[{"name":"a"}]}`, origin...), 401},
		{"a wrong one in the query, and a right one in the body", beacon("?writeKey=x", `{"writeKey":"key-one","batch":[{"name":"a"}]}`, origin...), 401},
		{"too large to look for one", beacon("", `{"writeKey":"key-one","batch":[{"name":"`+strings.Repeat("x", maxKeyless)+`"}]}`, origin...), 413},
	} {
		if w := do(s, c.r); w.Code != c.status {
			t.Errorf("%s: got %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
	}
	if n := len(g.taken()); n != 4 {
		t.Errorf("%d events were taken", n)
	}
}

func TestABeaconIsForPagesOfOriginsThatAreAllowed(t *testing.T) {
	for _, keys := range [][]core.Secret{nil, {core.NewSecret("k")}} {
		s := newServer(t, Options{WriteKeys: keys, AllowedOrigins: []string{"https://app.example.com"}})
		for _, c := range []struct {
			name    string
			headers []string
			status  int
		}{
			{"a program", nil, 200},
			{"a page that is allowed", []string{"Origin", "https://app.example.com", "Sec-Fetch-Site", "cross-site"}, 200},
			{"a page of the same origin", []string{"Origin", "http://events.example.com", "Sec-Fetch-Site", "same-origin"}, 200},
			{"a page of the same origin behind a proxy", []string{"Origin", "https://www.example.com", "Sec-Fetch-Site", "same-origin"}, 200},
			{"a page of the same origin in an old browser", []string{"Origin", "http://events.example.com"}, 200},
			{"a page of another site", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
			{"a page of another port", []string{"Origin", "http://events.example.com:3000", "Sec-Fetch-Site", "same-site"}, 403},
			{"a page of another site in an old browser", []string{"Origin", "https://evil.example"}, 403},
			{"a sandboxed page", []string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, 403},
			{"an image of another page", []string{"Sec-Fetch-Site", "same-site"}, 403},
		} {
			w := do(s, beacon("", `{"writeKey":"k","batch":[{"name":"a"}]}`, c.headers...))
			if w.Code != c.status {
				t.Errorf("%s, with %d keys: got %d %s, want %d", c.name, len(keys), w.Code, w.Body, c.status)
			}
			if allowed := w.Header().Get("Access-Control-Allow-Origin"); (allowed != "") != (c.name == "a page that is allowed") {
				t.Errorf("%s may read the answer: %q", c.name, allowed)
			}
		}
	}
}

func TestABeaconIsDeniedCountedAndPacedAsEventsAre(t *testing.T) {
	d := dispatcher(t, taking("local", func([]core.Sealed) error { return nil }))
	s := newServer(t, Options{Gate: d, RateLimit: 3})
	got := want(t, do(s, beacon("", `[{"name":"a"},{"name":"b"}]`, "DNT", "1")), 200)
	if got["denied"] != 2.0 || got["accepted"] != 0.0 {
		t.Errorf("with DNT: 1 it is answered %v", got)
	}
	want(t, do(s, beacon("", `[{"name":"a","id":"1"},{"name":"a","id":"1"},{"name":""}]`)), 200)
	if w := do(s, beacon("", `{"name":"a"}`)); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("beyond the rate it is answered %d", w.Code)
	}
	wanted := core.Books{Received: 5, Accepted: 1, Denied: 2, Rejected: 1, Duplicates: 1}
	if diff := cmp.Diff(wanted, d.Stats().Books); diff != "" {
		t.Errorf("the books: -want +got:\n%s", diff)
	}
}

func TestAPreflightOfABeaconIsAnswered(t *testing.T) {
	s := newServer(t, Options{AllowedOrigins: []string{"https://app.example.com"}})
	r := httptest.NewRequest("OPTIONS", "/v1/beacon", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	if w := do(s, r); w.Code != 204 || w.Header().Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}
