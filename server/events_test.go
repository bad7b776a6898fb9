package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/headgate-dev/headgate/core"
)

func TestABodyIsTakenEventByEvent(t *testing.T) {
	const unnamed = "headgate: invalid event" // what the recorder says of any event without a name
	type rejected = map[string]any
	for _, c := range []struct {
		name, contentType, body string
		names                   []string
		accepted, denied        int
		rejected                []any
	}{
		{"one event", "application/json", `{"name":"a"}`, []string{"a"}, 1, 0, nil},
		{"with a charset", "application/json; charset=UTF-8", `{"name":"a"}`, []string{"a"}, 1, 0, nil},
		{"with white space and a byte order mark", "application/json", "\xef\xbb\xbf\r\n {\"name\":\"a\"}\n", []string{"a"}, 1, 0, nil},
		{"an array", "application/json", `[{"name":"a"}, {"name":"b"}]`, []string{"a", "b"}, 2, 0, nil},
		{"an empty array", "application/json", ` [ ] `, nil, 0, 0, nil},
		{"an array with bad elements", "application/json", `[{"name":"a"},5,{"nome":"b"},{"name":7},null,{"name":"c"}]`, []string{"a", "c"}, 2, 0, []any{
			rejected{"index": 1.0, "error": "not a JSON object"}, rejected{"index": 2.0, "error": "name is missing"},
			rejected{"index": 3.0, "error": "name must be a string"}, rejected{"index": 4.0, "error": "name is missing"}}},
		{"an event that the gate rejects", "application/json", `{"name":""}`, nil, 0, 0, []any{rejected{"index": 0.0, "error": unnamed}}},
		{"a time that is none", "application/json", `{"name":"a","time":"yesterday"}`, nil, 0, 0, []any{
			rejected{"index": 0.0, "error": "time must be RFC 3339, such as 2026-01-02T15:04:05Z"}}},
		{"only bad events", "application/json", `[{},{}]`, nil, 0, 0, []any{
			rejected{"index": 0.0, "error": "name is missing"}, rejected{"index": 1.0, "error": "name is missing"}}},
		{"a repeated id", "application/json", `[{"name":"a","id":"1"},{"name":"b","id":"1"}]`, []string{"a"}, 2, 0, nil},
		{"a repeated key, of which the last stands", "application/json", `{"name":"a","name":"b"}`, []string{"b"}, 1, 0, nil},
		{"lines", "application/x-ndjson", "{\"name\":\"a\"}\n{\"name\":\"b\"}\n", []string{"a", "b"}, 2, 0, nil},
		{"lines without an end, or with that of Windows", "application/x-ndjson", "{\"name\":\"a\"}\r\n{\"name\":\"b\"}", []string{"a", "b"}, 2, 0, nil},
		{"lines numbered with the blank ones", "application/x-ndjson", "\n{\"name\":\"a\"}\n \n{nonsense\n\n{\"name\":\"b\"}\n[1]\n", []string{"a", "b"}, 2, 0, []any{
			rejected{"index": 3.0, "error": "not valid JSON at byte 2"}, rejected{"index": 6.0, "error": "not a JSON object"}}},
		{"two objects on a line", "application/x-ndjson", `{"name":"a"} {"name":"b"}`, nil, 0, 0, []any{
			rejected{"index": 0.0, "error": "text after the JSON object"}}},
		{"no line", "application/x-ndjson", "", nil, 0, 0, nil},
		{"lines that are nothing", "application/x-ndjson", "\x00\xff\n<html>", nil, 0, 0, []any{
			rejected{"index": 0.0, "error": "not valid JSON at byte 1"}, rejected{"index": 1.0, "error": "not valid JSON at byte 1"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			gate := &recorder{}
			answer := want(t, do(newServer(t, Options{Gate: gate}), request("POST", "/v1/events", c.body, "Content-Type", c.contentType)), 200)
			if c.rejected == nil {
				c.rejected = []any{}
			}
			if diff := cmp.Diff(map[string]any{"accepted": float64(c.accepted), "denied": float64(c.denied), "rejected": c.rejected}, answer); diff != "" {
				t.Errorf("the answer, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.names, gate.names()); diff != "" {
				t.Errorf("the events, -want +got:\n%s", diff)
			}
			books := gate.counted()
			if int(books.Accepted+books.Duplicates) != c.accepted || int(books.Denied) != c.denied || int(books.Rejected) != len(c.rejected) {
				t.Errorf("the books say %+v", books)
			}
		})
	}
}

func TestAnEventIsHandedOnAsItCame(t *testing.T) {
	gate := &recorder{}
	want(t, do(newServer(t, Options{Gate: gate}), jsonRequest(`{"id":"1","name":"run","time":"2026-02-24T10:00:00.5+01:00","user_id":"u",
		"anonymous_id":"a","session_id":"s","properties":{"n":1.50,"l":[true,null]},"context":{"os":"linux"},"unknown":{}}`)), 200)
	wanted := []core.Event{{
		ID: "1", Name: "run", Time: time.Date(2026, 2, 24, 9, 0, 0, 5e8, time.UTC), UserID: "u", AnonymousID: "a", SessionID: "s",
		Props: core.Props{"n": json.Number("1.50"), "l": []any{true, nil}}, Context: core.Props{"os": "linux"},
	}}
	if diff := cmp.Diff(wanted, gate.taken()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatAPersonsBrowserSaysReachesTheGate(t *testing.T) {
	for _, c := range []struct {
		headers  []string
		dnt, gpc bool
	}{
		{nil, false, false},
		{[]string{"DNT", "0"}, false, false},
		{[]string{"DNT", "1"}, true, false},
		{[]string{"DNT", "0", "DNT", "1"}, true, false},
		{[]string{"Sec-GPC", "1"}, false, true},
		{[]string{"Dnt", "1", "sec-gpc", "1"}, true, true},
	} {
		var offered []core.Event
		gate := &recorder{}
		gate.before = func(_ context.Context, e core.Event) error { offered = append(offered, e); return nil }
		s := newServer(t, Options{Gate: gate})
		answer := want(t, do(s, jsonRequest(`[{"name":"a"},{"nome":"b"}]`, c.headers...)), 200)
		do(s, request("GET", "/langflow/run?runSeconds=1", "", c.headers...))
		if len(offered) != 3 {
			t.Fatalf("%v: %d events were offered", c.headers, len(offered))
		}
		for _, e := range offered {
			if e.Consent.DoNotTrack != c.dnt || e.Consent.GPC != c.gpc {
				t.Errorf("%v: the gate was told %+v of %q", c.headers, e.Consent, e.Name)
			}
		}
		if denied := answer["denied"]; c.dnt && denied != 2.0 || !c.dnt && denied != 0.0 {
			t.Errorf("%v: the answer is %v", c.headers, answer)
		}
	}
}

func TestACompressedBodyIsTakenLikeAPlainOne(t *testing.T) {
	plain := []byte(`[{"name":"a"},{"name":"b"}]`)
	for _, c := range []struct {
		encoding string
		body     []byte
	}{
		{"identity", plain},
		{"gzip", gzipped(t, plain)},
		{"x-gzip", gzipped(t, plain)},
		{"GZIP", gzipped(t, plain)},
		{"zstd", zstandard(t, plain)},
		{"gzip", append(gzipped(t, plain[:10]), gzipped(t, plain[10:])...)},
		{"zstd", append(zstandard(t, plain[:10]), zstandard(t, plain[10:])...)},
	} {
		gate := &recorder{}
		s := newServer(t, Options{Gate: gate})
		for range 3 { // the decompressors are used again
			want(t, do(s, jsonRequest(string(c.body), "Content-Encoding", c.encoding)), 200)
		}
		if got := strings.Join(gate.names(), ""); got != "ababab" {
			t.Errorf("%s: the events are %s", c.encoding, got)
		}
		if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
			t.Errorf("%s: %d bytes were not given back", c.encoding, s.opts.MaxInFlight-free)
		}
	}
}

func TestALargeBodyIsTakenWhole(t *testing.T) {
	var b bytes.Buffer
	const n = 5000
	for i := range n {
		fmt.Fprintf(&b, `{"name":"e%d","properties":{"text":"%064x"}}`+"\n", i, i*i*7919)
	}
	for encoding, body := range map[string][]byte{"identity": b.Bytes(), "gzip": gzipped(t, b.Bytes()), "zstd": zstandard(t, b.Bytes())} {
		for _, chunked := range []bool{false, true} {
			gate := &recorder{}
			s := newServer(t, Options{Gate: gate})
			r := ndjsonRequest(string(body), "Content-Encoding", encoding)
			if chunked {
				r.ContentLength = -1
			}
			if answer := want(t, do(s, r), 200); answer["accepted"] != float64(n) {
				t.Errorf("%s: the answer is %v", encoding, answer)
			}
			if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
				t.Errorf("%s: %d bytes were not given back", encoding, s.opts.MaxInFlight-free)
			}
		}
	}
}

func TestARequestThatIsNotTakenIsToldWhy(t *testing.T) {
	const private = "hunter2"
	s := newServer(t, Options{MaxBody: 1 << 20, MaxEvents: 3})
	for _, c := range []struct {
		name    string
		request *http.Request
		status  int
		header  [2]string
	}{
		{"an unknown path", request("POST", "/v2/"+private, "{}"), 404, [2]string{}},
		{"the root", request("GET", "/", ""), 404, [2]string{}},
		{"GET", request("GET", "/v1/events?"+private, ""), 405, [2]string{"Allow", "POST"}},
		{"HEAD", request("HEAD", "/v1/events", ""), 405, [2]string{"Allow", "POST"}},
		{"OPTIONS without CORS", request("OPTIONS", "/v1/events", "", "Origin", "https://a.example", "Access-Control-Request-Method", "POST"), 405, [2]string{"Allow", "POST"}},
		{"POST to Langflow's path", request("POST", "/langflow/run", "{}"), 405, [2]string{"Allow", "GET"}},
		{"HEAD of Langflow's path", request("HEAD", "/langflow/run?a=1", ""), 405, [2]string{"Allow", "GET"}},
		{"no content type", request("POST", "/v1/events", `{"name":"a"}`), 415, [2]string{}},
		{"a form", request("POST", "/v1/events", `name=a`, "Content-Type", "application/x-www-form-urlencoded"), 415, [2]string{}},
		{"text", request("POST", "/v1/events", `{"name":"a"}`, "Content-Type", "text/plain"), 415, [2]string{}},
		{"another charset", request("POST", "/v1/events", `{"name":"a"}`, "Content-Type", "application/json; charset=latin1"), 415, [2]string{}},
		{"a content type that is none", request("POST", "/v1/events", `{"name":"a"}`, "Content-Type", "application/json; ="), 415, [2]string{}},
		{"an unknown encoding", jsonRequest("x", "Content-Encoding", "br"), 415, [2]string{"Accept-Encoding", "gzip, zstd"}},
		{"nested encodings", jsonRequest("x", "Content-Encoding", "gzip, gzip"), 415, [2]string{"Accept-Encoding", "gzip, zstd"}},
		{"encodings in two headers", jsonRequest("x", "Content-Encoding", "gzip", "Content-Encoding", "gzip"), 415, [2]string{}},
		{"an empty body", jsonRequest(""), 400, [2]string{}},
		{"white space", jsonRequest(" \n"), 400, [2]string{}},
		{"a string", jsonRequest(`"` + private + `"`), 400, [2]string{}},
		{"null", jsonRequest(`null`), 400, [2]string{}},
		{"broken JSON", jsonRequest(`{"name":"` + private), 400, [2]string{}},
		{"JSON that is none", jsonRequest(`{"name":` + private + `}`), 400, [2]string{}},
		{"two objects", jsonRequest(`{"name":"a"}{"name":"b"}`), 400, [2]string{}},
		{"two objects and a comma", jsonRequest(`{"name":"a"},{"name":"b"}`), 400, [2]string{}},
		{"an array with a comma too many", jsonRequest(`[{"name":"a"},]`), 400, [2]string{}},
		{"an array that ends twice", jsonRequest(`[{"name":"a"}]]`), 400, [2]string{}},
		{"an array with a broken element", jsonRequest(`[{"name":"a"},{"name":}]`), 400, [2]string{}},
		{"an array of something after it", jsonRequest(`[{"name":"a"}] true`), 400, [2]string{}},
		{"too many events", jsonRequest(`[{},{},{},{}]`), 413, [2]string{}},
		{"too many lines", ndjsonRequest("{}\n{}\n{}\n\n{}\n"), 413, [2]string{}},
		{"a large body that says so", jsonRequest(`"` + strings.Repeat("x", 1<<20) + `"`), 413, [2]string{"Connection", "close"}},
		{"a large body that does not say so", unannounced(jsonRequest(`"` + strings.Repeat("x", 1<<20) + `"`)), 413, [2]string{}},
		{"a body that is not gzip", jsonRequest(`{"name":"a"}`, "Content-Encoding", "gzip"), 400, [2]string{}},
		{"a body that is not zstd", jsonRequest(`{"name":"a"}`, "Content-Encoding", "zstd"), 400, [2]string{}},
		{"a body cut short", jsonRequest(string(gzipped(t, []byte(`{"name":"a"}`))[:20]), "Content-Encoding", "gzip"), 400, [2]string{}},
		{"nothing compressed", jsonRequest("", "Content-Encoding", "gzip"), 400, [2]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(s, c.request)
			answer := want(t, w, c.status)
			if c.request.Method != "HEAD" && (answer["error"] == "" || len(answer) != 1) {
				t.Errorf("the answer is %v", answer)
			}
			if strings.Contains(fmt.Sprint(w.Body, w.Header()), private) {
				t.Errorf("the answer repeats the request: %s", w.Body)
			}
			if name, value := c.header[0], c.header[1]; name != "" && w.Header().Get(name) != value {
				t.Errorf("%s is %q, want %q", name, w.Header().Get(name), value)
			}
			if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options is %q", got)
			}
		})
	}
	if names := s.opts.Gate.(*recorder).names(); len(names) > 0 {
		t.Errorf("of refused bodies the events %v were taken", names)
	}
	if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
		t.Errorf("%d bytes were not given back", s.opts.MaxInFlight-free)
	}
	if got := s.Counters().Refused; got[415] == 0 || got[413] == 0 || got[405] == 0 || got[404] != 2 {
		t.Errorf("the counters say %v", got)
	}
}

func TestARejectionRepeatsNothingOfTheEvent(t *testing.T) {
	const private = "hunter2"
	s := newServer(t, Options{})
	for _, body := range []string{
		private, `{"` + private + `"`, `{"name":"a","time":"` + private + `"}`, `{"name":{"` + private + `":1}}`, `{"name":"a","properties":"` + private + `"}`,
		`{"name":"a","id":[` + `"` + private + `"]}`, `{"` + private + `":1e999}`, `{"name":"a","properties":{"a":` + private + `}}`,
	} {
		w := do(s, ndjsonRequest(body))
		want(t, w, 200)
		if strings.Contains(w.Body.String(), private) {
			t.Errorf("%s is answered with %s", body, w.Body)
		}
	}
}

func gzipped(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	return compressed(t, gzip.NewWriter(&b), &b, plain)
}

func zstandard(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return compressed(t, z, &b, plain)
}

func compressed(t testing.TB, z io.WriteCloser, b *bytes.Buffer, plain []byte) []byte {
	t.Helper()
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unannounced(r *http.Request) *http.Request {
	r.ContentLength = -1
	return r
}
