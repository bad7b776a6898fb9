package server

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzEventsBody holds for any body in any dress, also as a beacon: the answer is one that the contract knows and
// is JSON, it accounts for exactly what the gate was offered, and nothing leaks.
func FuzzEventsBody(f *testing.F) {
	plain := []byte(`[{"name":"a","id":"1"},{"name":"b","properties":{"x":[1,2.5e3,{"y":null}]}}]`)
	lines := []byte("{\"name\":\"a\"}\n\n{\"nome\":1}\r\n{\"name\":\"b\",\"time\":\"2026-02-24T10:00:00Z\"}")
	for i, seed := range [][]byte{plain, lines, gzipped(f, plain), zstandard(f, lines), []byte("[1,]"), []byte("\xef\xbb\xbf{}"), []byte(`{"name":"\ud800"}`), []byte(strings.Repeat("[", 100))} {
		f.Add(seed, uint8(i))
	}
	for _, seed := range []string{`{"writeKey":"k","batch":[{"name":"a"},{"nome":1}]}`, `{"batch":[],"name":"a"}`, `{"\u0062atch":{},"batch":[{"name":"a"}]}`, `{"batch":`} {
		f.Add([]byte(seed), uint8(16+3))
	}
	types := []string{"application/json", "application/x-ndjson", "application/json; charset=utf-8", "text/plain"}
	encodings, paths := []string{"", "gzip", "zstd", "br"}, []string{"/v1/events", "/v1/beacon"}
	known := map[int]bool{200: true, 400: true, 413: true, 415: true}
	f.Fuzz(func(t *testing.T, body []byte, dress uint8) {
		gate := &recorder{}
		s, err := New(Options{Gate: gate, MaxBody: 1 << 16, MaxEvents: 50})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Shutdown(context.Background())
		r := request("POST", paths[dress/16%2], string(body), "Content-Type", types[dress%4], "Content-Encoding", encodings[dress/4%4])
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if !known[w.Code] {
			t.Fatalf("the answer is %d %s", w.Code, w.Body)
		}
		var answer struct {
			account
			Rejected *[]rejection `json:"rejected"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("the answer is %s: %v", w.Body, err)
		}
		books := gate.counted()
		switch {
		case w.Code != 200 && books.Received > 0:
			t.Fatalf("a body that was answered %d made %d events", w.Code, books.Received)
		case w.Code == 200 && (answer.Rejected == nil || uint64(answer.Accepted) != books.Accepted+books.Duplicates || uint64(len(*answer.Rejected)) != books.Rejected):
			t.Fatalf("the answer is %s, the books %+v", w.Body, books)
		}
		if free := s.rules().bodies.inFlight.free.Load(); free != s.opts.MaxInFlight {
			t.Fatalf("%d bytes were not given back", s.opts.MaxInFlight-free)
		}
		if c := s.Counters(); c.Panics > 0 {
			t.Fatal("it panicked")
		}
	})
}
