package e2e

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// names are what the vendors were told that events are called, by path.
type names struct {
	mu    sync.Mutex
	heard map[string][]string
}

func (n *names) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	type event struct {
		Name  string `json:"name"`       // GA4
		Event string `json:"event"`      // Mixpanel and Segment
		Type  string `json:"event_type"` // Amplitude
	}
	var told struct{ Events, Batch []event }
	var list []event
	text, _ := io.ReadAll(body)
	if json.Unmarshal(text, &list) != nil {
		_ = json.Unmarshal(text, &told)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range append(append(list, told.Events...), told.Batch...) {
		n.heard[r.URL.Path] = append(n.heard[r.URL.Path], e.Name+e.Event+e.Type)
	}
}

// The prefix of the file stands before the name at every vendor, and nowhere else.
func TestAnEventReachesTheVendorsUnderItsPrefixedName(t *testing.T) {
	n := &names{heard: map[string][]string{}}
	vendors := httptest.NewServer(n)
	defer vendors.Close()
	d := open(t, fmt.Sprintf(`
event_prefix: langflow_
sinks:
  ga4: {measurement_id: G-TEST1, api_secret: abc, endpoint: "%[1]s"}
  mixpanel: {token: abc, endpoint: "%[1]s"}
  amplitude: {api_key: abc, endpoint: "%[1]s"}
  segment: {write_key: abc, endpoint: "%[1]s"}
  http: {url: "%[1]s/own"}
`, vendors.URL))
	post(t, serve(t, d)+"/v1/events", `{"name":"run","anonymous_id":"device-7","properties":{"runSeconds":45}}`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	want := map[string][]string{
		"/mp/collect": {"langflow_run"}, "/import": {"langflow_run"}, "/batch": {"langflow_run"}, "/v1/batch": {"langflow_run"}, "/own": {"run"},
	}
	if diff := cmp.Diff(want, n.heard); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
