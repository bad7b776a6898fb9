package segment

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestFullBatchesOfSmallEventsAreSentAsTheyAreCollected(t *testing.T) {
	for _, prefix := range []string{"", "langflow_"} {
		for name, event := range map[string]core.Event{
			"bare":        {Name: "run", AnonymousID: "a"},
			"with an app": {Name: "run", UserID: "user-1", Context: core.Props{"app": map[string]any{"name": "langflow", "version": "1.8.0"}}},
			"ms": {Name: "run", UserID: "user-1", Time: time.UnixMilli(1_790_000_000_001), Props: core.Props{"seconds": 12},
				Context: core.Props{"app": map[string]any{"name": "langflow", "version": "1.8.0"}}},
			"of a component": {Name: "component_run", AnonymousID: "0d2f7a52-7bd3-4f6b-9f64-2f0b5e1f4f7a",
				Props: core.Props{"componentName": "ChatInput", "componentSeconds": 1, "componentSuccess": true}},
		} {
			t.Run(fmt.Sprint(name, " ", prefix), func(t *testing.T) {
				const events = 3000
				bodies, sent := sendAll(t, prefix, event, events)
				if sent != events {
					t.Fatalf("%d events were sent of %d", sent, events)
				}
				for i, body := range bodies {
					if body.bytes > maxBatchBytes {
						t.Errorf("request %d has %d bytes", i, body.bytes)
					}
					if i < len(bodies)-1 && body.events < maxBatchMessages && body.bytes < maxBatchBytes*3/4 {
						t.Errorf("request %d of %d has %d events, %d bytes: it was split", i, len(bodies), body.events, body.bytes)
					}
				}
			})
		}
	}
}

type sentBody struct{ bytes, events int }

// sendAll has a dispatcher send events in batches that are as full as they may be.
func sendAll(t *testing.T, prefix string, event core.Event, events int) (bodies []sentBody, sent int) {
	t.Helper()
	var mu sync.Mutex
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		var batch struct{ Batch []json.RawMessage }
		if err := json.Unmarshal(text, &batch); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, sentBody{len(text), len(batch.Batch)})
		sent += len(batch.Batch)
	}))
	defer srv.Close()
	s, err := New(t.Context(), registry.Env{Timeout: 10 * time.Second, EventPrefix: prefix}, Config{WriteKey: core.NewSecret(testKey), Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	d := sinktest.NewSinkDispatcher(t, core.SinkConfig{
		Sink: s, Batch: core.BatchConfig{MaxEvents: maxBatchMessages, MaxBytes: maxBatchBytes, MaxWait: time.Hour},
	})
	for range events {
		if err := d.Enqueue(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return bodies, sent
}
