package server

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// BenchmarkPost takes a hundred events of 460 bytes each per request, without a network.
func BenchmarkPost(b *testing.B) {
	none := core.SinkFunc(func(context.Context, []core.Sealed) error { return nil })
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "none", Sink: none}}},
		core.WithStateDir(b.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close(context.Background()) }()
	handler := newServer(b, Options{Gate: d}).Handler()
	body := []byte("[")
	for i := range 100 {
		body = fmt.Appendf(body, `{"name":"flow_run","time":"2026-11-21T12:00:00.%06dZ","user_id":"user-4711-of-the-comparison","properties":{"run":"mark-%08d","seconds":45.25,"success":true,`+
			`"tokens":7410,"model":"gpt-4o-mini","component":"OpenAIEmbeddings","note":"The run read twelve pages and wrote a summary of three short paragraphs","flow":"0b8babf3-7d26-4ec6-9200-%012d"}},`, i, i, i)
	}
	body[len(body)-1] = ']'
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v1/events", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}
