package server

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server/segment"
)

// FuzzSegmentBody holds for any body at any endpoint: the answer is one that Segment's
// libraries know, what is offered to the gate is text and of the endpoint's kind, and
// nothing leaks.
func FuzzSegmentBody(f *testing.F) {
	all := []byte(`{"batch":[{"type":"track","event":"a","messageId":"1","timestamp":"2026-11-21T02:36:24.5Z","properties":{"n":[1,2.5e3,{"y":null}]}},
		{"type":"identify","userId":5,"traits":[]},{"type":"page","name":"p","category":"c"},{"type":"screen","properties":{"name":"s"}},
		{"type":"group","userId":"u","groupId":"g"},{"type":"alias","userId":"u","previousId":"a"},{"type":"x"},7],
		"context":{"sessionId":1,"consent":{"analytics":false}},"sentAt":"1970-01-01T00:00:00Z","writeKey":"k"}`)
	for i, seed := range [][]byte{all, gzipped(f, all), []byte(`{"event":"run","context":{"ip":"0.0.0.0"}}`), []byte("\xef\xbb\xbf{\"event\":\"\xff\"}"),
		[]byte(`{"batch":[1,]}`), []byte(`{"\u0062atch":[]}`), []byte(`{"batch":[{"type":"track","event":"\ud800","userId":-1e5}]}`), []byte(strings.Repeat(`{"batch":[`, 50))} {
		f.Add(seed, uint8(i))
	}
	names := []string{"batch", "track", "identify", "page", "screen", "group", "alias", "b"}
	encodings := []string{"", "gzip"}
	endpoints := segment.Endpoints()
	known := map[int]bool{200: true, 400: true, 413: true, 415: true}
	f.Fuzz(func(t *testing.T, body []byte, dress uint8) {
		name := names[dress%8]
		gate := &recorder{}
		gate.before = func(_ context.Context, e core.Event) error {
			for _, text := range []string{e.ID, e.Name, e.UserID, e.AnonymousID, e.SessionID} {
				if !utf8.ValidString(text) {
					t.Errorf("a field is %q", text)
				}
			}
			if e.Name != "" && endpoints[name] != endpoints["batch"] && e.Kind.String() != name {
				t.Errorf("%s makes an event of kind %s", name, e.Kind)
			}
			return nil
		}
		s, err := New(Options{Gate: gate, MaxBody: 1 << 16, MaxEvents: 50})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Shutdown(context.Background())
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, segmentRequest(name, string(body), "Content-Encoding", encodings[dress/8%2]))
		if !known[w.Code] || strings.HasPrefix(w.Body.String(), `{"success":true}`) != (w.Code == 200) {
			t.Fatalf("the answer is %d %s", w.Code, w.Body)
		}
		if books := gate.counted(); w.Code != 200 && books.Received > 0 {
			t.Fatalf("a body that was answered %d made %d events", w.Code, books.Received)
		}
		if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
			t.Fatalf("%d bytes were not given back", s.opts.MaxInFlight-free)
		}
		if c := s.Counters(); c.Panics > 0 {
			t.Fatal("it panicked")
		}
	})
}
