package metrics_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
	_ "github.com/headgate-dev/headgate/sinks/http"
	_ "github.com/headgate-dev/headgate/sinks/log"
	"github.com/headgate-dev/headgate/usage"
)

// A program whose user has opted out still has its own metrics on its own machine, and nothing
// else: no event, no file, no connection.
func TestUnderDoNotTrackTheMetricsAreServedAndNothingElseLeaves(t *testing.T) {
	for optedOut, events := range map[string]int64{"1": 0, "0": 3} { // the second shows that the endpoint would notice
		t.Run("DO_NOT_TRACK="+optedOut, func(t *testing.T) {
			var connections atomic.Int64
			endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connections.Add(1) }))
			defer endpoint.Close()
			dir, env := t.TempDir(), environ{"DO_NOT_TRACK": optedOut}
			file, logged, state := filepath.Join(dir, "sinks.yaml"), filepath.Join(dir, "events.log"), filepath.Join(dir, "state")
			text := fmt.Sprintf("sinks:\n  log: {path: %q}\n  http: {url: %q, body: event}\n", logged, endpoint.URL)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			dispatcher, err := config.Open(file, core.WithEnviron(env.lookup), core.WithStateDir(state))
			if err != nil {
				t.Fatal(err)
			}
			r := open(t, metrics.Options{Lookup: env.lookup})
			l := listen(t, r)

			telemetry := usage.New(dispatcher, usage.Options{Lookup: env.lookup})
			wantNil(t, telemetry.Start(t.Context()))
			wantNil(t, telemetry.LogRun(t.Context(), usage.Run{Seconds: 1, Success: true}))
			recordEverything(t, r)
			if got := get(t, l, "/metrics", ""); got != http.StatusOK {
				t.Errorf("the metrics are answered %d", got)
			}
			if got := samples(t, r, "num_files_uploaded_total"); len(got) != 1 || !strings.HasSuffix(got[0], " 3") {
				t.Errorf("the scrape has %q", got)
			}
			wantNil(t, telemetry.Close(context.Background()))
			if got := connections.Load(); got != events {
				t.Errorf("the endpoint got %d requests, want %d", got, events)
			}
			for _, name := range []string{logged, state} {
				if _, err := os.Stat(name); (err == nil) != (events > 0) {
					t.Errorf("%s: %v", filepath.Base(name), err)
				}
			}
		})
	}
}
