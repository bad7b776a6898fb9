package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server/segment"
)

func segmentRequest(endpoint, body string, headers ...string) *http.Request {
	return request("POST", "/v1/"+endpoint, body, append([]string{"Content-Type", "application/json"}, headers...)...)
}

// batchOf returns the body of a batch of track events, each with its name as id.
func batchOf(names ...string) string {
	var messages []string
	for _, name := range names {
		messages = append(messages, fmt.Sprintf(`{"type":"track","event":%q,"messageId":%q,"userId":"u"}`, name, name))
	}
	return `{"batch":[` + strings.Join(messages, ",") + `],"sentAt":"2026-11-21T02:39:41.609Z"}`
}

func TestEveryEndpointOfSegmentAnswersAsSegmentDoes(t *testing.T) {
	for name := range segment.Endpoints() {
		gate := &recorder{}
		s := newServer(t, Options{Gate: gate})
		body := `{"event":"run","userId":"u","previousId":"a","groupId":"g","messageId":"1"}`
		if name == "batch" || name == "b" || name == "import" {
			body = batchOf("run")
		}
		for _, path := range []string{"/v1/" + name, "//v1/" + name} { // a base URL that ends in a slash
			w := do(s, request("POST", path, body, "Content-Type", "application/json"))
			if w.Code != 200 || w.Body.String() != `{"success":true}`+"\n" {
				t.Errorf("%s: got %d %s", path, w.Code, w.Body)
			}
		}
		events := gate.taken()
		if len(events) != 1 {
			t.Fatalf("%s: the events are %v", name, events)
		}
		kind := events[0].Kind.String()
		if wanted := map[string]string{"batch": "track", "b": "track", "import": "track"}[name]; kind != wanted && !strings.HasPrefix(kind, name) {
			t.Errorf("%s makes an event of kind %s", name, kind)
		}
	}
}

// TestLangflowOfTheSegmentEraIsUnderstood has what httpx 0.28 sends for a run.
func TestLangflowOfTheSegmentEraIsUnderstood(t *testing.T) {
	gate := &recorder{}
	s := newServer(t, Options{Gate: gate, WriteKeys: []core.Secret{core.NewSecret(testKey)}})
	want(t, do(s, segmentRequest("track", `{"anonymousId":"0b8fbbf6-2f5b-4c3e-9f43-7f1b7f7c0d11","userId":"lf-0a1b","event":"Ran Process",`+
		`"messageId":"5f0f1a52-8c54-4e52-8a52-7f3f6e0b5f10","timestamp":"2026-02-24T10:00:00.123456+00:00",`+
		`"properties":{"runSeconds":45,"runSuccess":true,"object":"run","processType":"Langflow Flow"}}`,
		"Authorization", basic(testKey, ""), "User-Agent", "python-httpx/0.28.1")), 200)
	events := gate.taken()
	if len(events) != 1 || events[0].Name != "Ran Process" || events[0].Props["object"] != "run" || events[0].ID != "5f0f1a52-8c54-4e52-8a52-7f3f6e0b5f10" ||
		!events[0].Time.Equal(time.Date(2026, 2, 24, 10, 0, 0, 123456e3, time.UTC)) {
		t.Errorf("the events are %+v", events)
	}
}

func TestABatchIsTakenMessageByMessage(t *testing.T) {
	logs := &logged{}
	gate := &recorder{}
	s := newServer(t, Options{Gate: gate, Logger: logs.logger()})
	body := `{"batch":[{"type":"track","event":"a","messageId":"1"},{"type":"track","userId":"hunter2"},5,{"type":"track","event":"b","messageId":"1"},{"type":"page","anonymousId":"x"}]}`
	for range 2 {
		want(t, do(s, segmentRequest("batch", body)), 200)
	}
	wanted := core.Books{Received: 10, Accepted: 3, Rejected: 4, Duplicates: 3} // the page has no id, and is another one the second time
	if diff := cmp.Diff(wanted, gate.counted()); diff != "" {
		t.Errorf("the books, -want +got:\n%s", diff)
	}
	if text := logs.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "event is missing") || strings.Contains(text, "hunter2") {
		t.Errorf("the log says:\n%s", text)
	}
}

func TestWhoSendsToSegmentsEndpointsShowsAWriteKey(t *testing.T) {
	other := strings.Repeat("0ther", 5)
	inBody := func(key string) string { return fmt.Sprintf(`{"event":"run","writeKey":%q}`, key) }
	for _, c := range []struct {
		name, authorization, body string
		status                    int
	}{
		{"Basic, as libraries for servers do", basic(testKey, ""), inBody(testKey), 200},
		{"a bearer token", "Bearer " + testKey, `{"event":"run"}`, 200},
		{"only in the body, as libraries for phones do", "", inBody(testKey), 200},
		{"in the body, beside a token that is not ours", "Bearer " + other, inBody(testKey), 200},
		{"nowhere", "", `{"event":"run"}`, 401},
		{"a wrong one in the body", "", inBody(other), 401},
		{"a wrong one as Basic", basic(other, ""), inBody(testKey), 401},
		{"none as Basic", basic("", ""), `{"event":"run"}`, 401},
		{"one in a message of the body", "", `{"batch":[` + inBody(testKey) + `]}`, 401},
		{"a body that is none", "", testKey, 401},
	} {
		for _, endpoint := range []string{"track", "batch"} {
			gate := &recorder{}
			s := newServer(t, Options{Gate: gate, WriteKeys: []core.Secret{core.NewSecret(testKey)}})
			body := c.body
			if endpoint == "batch" && strings.HasSuffix(body, "}") && !strings.HasPrefix(body, `{"batch"`) {
				body = strings.Replace(batchOf("run"), "{", "{"+strings.TrimSuffix(body[1:], "}")+",", 1)
			}
			var headers []string
			if c.authorization != "" {
				headers = []string{"Authorization", c.authorization}
			}
			w := do(s, segmentRequest(endpoint, body, headers...))
			answer := want(t, w, c.status)
			if answer["success"] != (c.status == 200) || len(gate.taken()) > 0 != (c.status == 200) {
				t.Errorf("%s, %s: the answer is %v, the events %v", endpoint, c.name, answer, gate.names())
			}
			for _, bodies := range []*bodyReader{s.rules().bodies, s.rules().keyless} {
				if free := bodies.inFlight.free.Load(); free != s.opts.MaxInFlight && free != s.opts.MaxInFlight/4 {
					t.Errorf("%s, %s: not all bytes were given back, %d", endpoint, c.name, free)
				}
			}
		}
	}
}

// TestBodiesOfStrangersLeaveRoomForOthers: until a body is read it is not known whose it is.
func TestBodiesOfStrangersLeaveRoomForOthers(t *testing.T) {
	s := newServer(t, Options{WriteKeys: []core.Secret{core.NewSecret(testKey)}, MaxInFlight: 100_000})
	s.rules().keyless.inFlight.take(s.rules().keyless.inFlight.free.Load()) // strangers have taken all there is for them
	w := do(s, segmentRequest("track", fmt.Sprintf(`{"event":"run","writeKey":%q}`, testKey)))
	want(t, w, 503)
	retryAfter(t, w)
	large := `{"event":"run","properties":{"a":"` + strings.Repeat("x", 20_000) + `"}}`
	want(t, do(s, segmentRequest("track", large, "Authorization", basic(testKey, ""))), 200)
	want(t, do(s, jsonRequest(`{"name":"a"}`, "Authorization", basic(testKey, ""))), 200)

	s = newServer(t, Options{WriteKeys: []core.Secret{core.NewSecret(testKey)}})
	huge := fmt.Sprintf(`{"event":"run","writeKey":%q,"properties":{"a":"%s"}}`, testKey, strings.Repeat("x", maxKeyless))
	want(t, do(s, segmentRequest("track", huge)), 413)
	want(t, do(s, segmentRequest("track", huge, "Authorization", basic(testKey, ""))), 200)
}

func TestASegmentRequestThatIsNotTakenIsToldWhy(t *testing.T) {
	const private = "hunter2"
	s := newServer(t, Options{MaxBody: 1 << 20, MaxEvents: 3})
	for _, c := range []struct {
		name    string
		request *http.Request
		status  int
		header  [2]string
	}{
		{"GET", request("GET", "/v1/track?"+private, ""), 405, [2]string{"Allow", "POST"}},
		{"OPTIONS without CORS", request("OPTIONS", "/v1/batch", "", "Origin", page, "Access-Control-Request-Method", "POST"), 405, [2]string{"Allow", "POST"}},
		{"no content type", request("POST", "/v1/batch", batchOf("a")), 415, [2]string{}},
		{"a form", segmentForm("application/x-www-form-urlencoded"), 415, [2]string{}},
		{"lines", segmentForm("application/x-ndjson"), 415, [2]string{}},
		{"another charset", segmentForm("text/plain; charset=latin1"), 415, [2]string{}},
		{"an unknown encoding", segmentRequest("batch", "x", "Content-Encoding", "br"), 415, [2]string{"Accept-Encoding", "gzip, zstd"}},
		{"an empty body", segmentRequest("batch", ""), 400, [2]string{}},
		{"no JSON", segmentRequest("track", private), 400, [2]string{}},
		{"broken JSON", segmentRequest("identify", `{"userId":"`+private), 400, [2]string{}},
		{"an array", segmentRequest("batch", `[{"type":"track","event":"a"}]`), 400, [2]string{}},
		{"no batch", segmentRequest("import", `{"type":"track","event":"`+private+`"}`), 400, [2]string{}},
		{"a broken message", segmentRequest("batch", `{"batch":[{"type":"track","event":"a"},{"type":}]}`), 400, [2]string{}},
		{"a body that is not gzip", segmentRequest("batch", batchOf("a"), "Content-Encoding", "gzip"), 400, [2]string{}},
		{"too many messages", segmentRequest("batch", batchOf("a", "b", "c", "d")), 413, [2]string{}},
		{"a body that would be large if each message had its context", segmentRequest("batch", `{"context":{"a":"`+strings.Repeat("x", 1<<19)+`"},`+batchOf("a", "b")[1:]), 413, [2]string{}},
		{"a large body", segmentRequest("batch", batchOf(strings.Repeat("x", 1<<20))), 413, [2]string{"Connection", "close"}},
		{"a page of another site", segmentRequest("track", `{"event":"a"}`, "Sec-Fetch-Site", "cross-site"), 403, [2]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(s, c.request)
			answer := want(t, w, c.status)
			if message, _ := answer["message"].(string); answer["success"] != false || message == "" || len(answer) != 2 {
				t.Errorf("the answer is %v", answer)
			}
			if strings.Contains(fmt.Sprint(w.Body, w.Header()), private) {
				t.Errorf("the answer repeats the request: %s", w.Body)
			}
			if name, value := c.header[0], c.header[1]; name != "" && w.Header().Get(name) != value {
				t.Errorf("%s is %q, want %q", name, w.Header().Get(name), value)
			}
		})
	}
	if names := s.opts.Gate.(*recorder).names(); len(names) > 0 {
		t.Errorf("of refused bodies the events %v were taken", names)
	}
	if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
		t.Errorf("%d bytes were not given back", s.opts.MaxInFlight-free)
	}
	if got := s.Counters().Refused; got[400] != 7 || got[413] != 3 || got[415] != 5 || got[405] != 2 || got[403] != 1 {
		t.Errorf("the counters say %v", got)
	}
}

func segmentForm(contentType string) *http.Request {
	return request("POST", "/v1/batch", batchOf("a"), "Content-Type", contentType)
}

func TestSegmentsBodiesComeInManyDresses(t *testing.T) {
	plain := []byte(batchOf("a", "b"))
	for _, c := range []struct {
		contentType, encoding string
		body                  []byte
	}{
		{"application/json", "", plain},
		{"application/json; charset=UTF-8", "gzip", gzipped(t, plain)},
		{"text/plain", "", plain},
		{"text/plain;charset=UTF-8", "", plain}, // of a beacon
		{"text/plain", "gzip", gzipped(t, plain)},
		{"application/json", "zstd", zstandard(t, plain)},
	} {
		gate := &recorder{}
		want(t, do(newServer(t, Options{Gate: gate}), request("POST", "/v1/b", string(c.body), "Content-Type", c.contentType, "Content-Encoding", c.encoding)), 200)
		if got := strings.Join(gate.names(), ""); got != "ab" {
			t.Errorf("%s, %s: the events are %q", c.contentType, c.encoding, got)
		}
	}
}

func TestASegmentBatchIsAskedForAgainWhenAnyOfItWasNotTaken(t *testing.T) {
	for _, refusal := range []struct {
		err    error
		status int
	}{{core.ErrQueueFull, 429}, {context.DeadlineExceeded, 429}, {core.ErrClosed, 503}, {errors.New("write /secret/dir/7.log: no space left on device"), 503}} {
		for room := range 3 {
			gate := &recorder{before: full(room, refusal.err)}
			s := newServer(t, Options{Gate: gate})
			body := batchOf("a", "b", "c")
			w := do(s, segmentRequest("batch", body))
			if answer := want(t, w, refusal.status); answer["success"] != false || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the answer is %v", answer)
			}
			retryAfter(t, w)
			gate.before = nil
			want(t, do(s, segmentRequest("batch", body)), 200)
			if got := strings.Join(gate.names(), ""); got != "abc" {
				t.Errorf("%v after %d: after sending again the events are %q", refusal.err, room, got)
			}
		}
	}
}

func TestSegmentsEndpointsKeepToTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{RateLimit: 5, WriteKeys: []core.Secret{core.NewSecret(testKey)}})
		header := []string{"Authorization", basic(testKey, "")}
		want(t, do(s, segmentRequest("batch", batchOf("a", "b", "c", "d", "e"), header...)), 200)
		w := do(s, segmentRequest("batch", batchOf("f"), header...))
		if answer := want(t, w, 429); answer["success"] != false {
			t.Errorf("the answer is %v", answer)
		}
		wait := retryAfter(t, w)
		w = do(s, segmentRequest("track", fmt.Sprintf(`{"event":"g","writeKey":%q}`, testKey)))
		want(t, w, 429)
		retryAfter(t, w)
		time.Sleep(time.Duration(wait) * time.Second)
		want(t, do(s, segmentRequest("track", fmt.Sprintf(`{"event":"g","writeKey":%q}`, testKey))), 200)
	})
}

func TestSegmentsLibrariesAreToldToComeBackWhenTheServerStops(t *testing.T) {
	s := newServer(t, Options{})
	if err := s.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	w := do(s, segmentRequest("batch", batchOf("a")))
	if answer := want(t, w, 503); answer["success"] != false {
		t.Errorf("the answer is %v", answer)
	}
	retryAfter(t, w)
}

func TestAPersonWhoRefusesIsNotTrackedThroughSegmentEither(t *testing.T) {
	for _, header := range []string{"DNT", "Sec-GPC"} {
		var offered []core.Event
		gate := &recorder{before: func(_ context.Context, e core.Event) error { offered = append(offered, e); return nil }}
		want(t, do(newServer(t, Options{Gate: gate}), segmentRequest("batch", `{"batch":[{"type":"track","event":"a"},{"type":"track"}]}`, header, "1")), 200)
		for _, e := range offered {
			if e.Consent.DoNotTrack != (header == "DNT") || e.Consent.GPC != (header == "Sec-GPC") {
				t.Errorf("%s: the gate was told %+v", header, e.Consent)
			}
		}
		if books := gate.counted(); len(offered) != 2 || header == "DNT" && books.Denied != 2 {
			t.Errorf("%s: the books say %+v", header, books)
		}
	}
}

func TestAPageMaySendWithAnalyticsJSWhereCORSAllowsIt(t *testing.T) {
	s := newServer(t, Options{AllowedOrigins: []string{page}, WriteKeys: []core.Secret{core.NewSecret(testKey)}})
	w := do(s, request("OPTIONS", "/v1/t", "", "Origin", page, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,x-retry-count"))
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != page || !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "X-Retry-Count") {
		t.Errorf("the preflight is answered %d %v", w.Code, w.Header())
	}
	w = do(s, request("POST", "/v1/t", fmt.Sprintf(`{"event":"a","writeKey":%q}`, testKey), "Content-Type", "text/plain", "Origin", page, "Sec-Fetch-Site", "cross-site"))
	want(t, w, 200)
	if w.Header().Get("Access-Control-Allow-Origin") != page {
		t.Errorf("the headers are %v", w.Header())
	}
}
