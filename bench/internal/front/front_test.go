// Package front measures what an event costs at the front door, without a network and without a sink.
package front

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

const events = 100

func body() []byte {
	marks := reference.NewMarks(events)
	b := []byte{'['}
	for i := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = reference.AppendEvent(b, marks.At(i))
	}
	return append(b, ']')
}

func dispatcher(b *testing.B) *core.Dispatcher {
	d, err := core.New(core.Config{}, core.WithStateDir(b.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close(b.Context()) })
	return d
}

// BenchmarkPost is a request of 100 events, an operation being one of them.
func BenchmarkPost(b *testing.B) {
	s, err := server.New(server.Options{Gate: dispatcher(b)})
	if err != nil {
		b.Fatal(err)
	}
	h, payload := s.Handler(), body()
	b.ReportAllocs()
	for n := 0; n < b.N; n += events {
		r := httptest.NewRequest(http.MethodPost, "/v1/events", bytes.NewReader(payload))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkDecode is what of that is core.DecodeEvent.
func BenchmarkDecode(b *testing.B) {
	event := reference.AppendEvent(nil, reference.NewMarks(1).At(0))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := core.DecodeEvent(event); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOffer is what of that is sealing and storing.
func BenchmarkOffer(b *testing.B) {
	d := dispatcher(b)
	e, err := core.DecodeEvent(reference.AppendEvent(nil, reference.NewMarks(1).At(0)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += events {
		g := d.Group(b.Context())
		for range events {
			g.Offer(e)
		}
		g.Outcomes()
	}
}
