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
// else: no event, no file, no connection. The other way round, metrics that are turned off keep
// no event from its way.
func TestUnderDoNotTrackTheMetricsAreServedAndNothingElseLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		env     environ
		events  int64
		serving bool
	}{
		"opted out":   {environ{"DO_NOT_TRACK": "1"}, 0, true},
		"metrics off": {environ{"PROMETHEUS_ENABLED": "false"}, 3, false},
		"both on":     {environ{}, 3, true},
		"both off":    {environ{"DO_NOT_TRACK": "1", "PROMETHEUS_ENABLED": "false"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int64
			endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connections.Add(1) }))
			defer endpoint.Close()
			dir, env := t.TempDir(), c.env
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

			telemetry := usage.New(dispatcher, usage.Options{Lookup: env.lookup})
			wantNil(t, telemetry.Start(t.Context()))
			wantNil(t, telemetry.LogRun(t.Context(), usage.Run{Seconds: 1, Success: true}))
			recordEverything(t, r)
			status, body := fetch(t, r.Handler(), "/metrics")
			if served := status == http.StatusOK && strings.Contains(body, `num_files_uploaded_total{flow_id="this_flow_id",service="this",user="that"} 3`); served != c.serving {
				t.Errorf("the metrics are answered %d: %s", status, body)
			}
			wantNil(t, telemetry.Close(context.Background()))
			if got := connections.Load(); got != c.events {
				t.Errorf("the endpoint got %d requests, want %d", got, c.events)
			}
			for _, name := range []string{logged, state} {
				if _, err := os.Stat(name); (err == nil) != (c.events > 0) {
					t.Errorf("%s: %v", filepath.Base(name), err)
				}
			}
		})
	}
}
