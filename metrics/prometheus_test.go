package metrics_test

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// recorded returns the lines of a scrape that start with a name, without a server: where time
// is made up there is no network.
func recorded(r *metrics.Registry, name string) (found []string) {
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, name) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// teapot answers with a status of its own, and a body.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusTeapot)
	_, _ = io.WriteString(w, "short and stout")
})

// sdkVersion changes with the dependency, and with nothing of ours.
var sdkVersion = regexp.MustCompile(`telemetry_sdk_version="[^"]*"`)

// TestAScrapeIsWhatItIsExpectedToBe compares the whole text of a program that has used a metric of
// each type, and the middleware, with a golden file.
func TestAScrapeIsWhatItIsExpectedToBe(t *testing.T) {
	r := open(t, metrics.Options{
		App: core.App{Name: "langflow", Version: "1.8.0"},
		Definitions: []metrics.Definition{
			{Name: "api_calls", Description: "Calls of the API.", Type: metrics.TypeCounter, Labels: map[string]bool{"flow_id": true}},
			{Name: "api_latency", Description: "How long calls of the API took.", Unit: "s", Type: metrics.TypeHistogram, Labels: map[string]bool{"flow_id": true, "endpoint": true}},
			{Name: "user_sessions", Description: "Open sessions.", Type: metrics.TypeUpDownCounter, Labels: map[string]bool{"user_type": true}},
		},
	})
	ctx := t.Context()
	f1, f2 := metrics.Labels{"flow_id": "f1"}, metrics.Labels{"flow_id": "f2", "service": "uploads"}
	wantNil(t, r.UpdateGauge(ctx, "file_uploads", 1024, f1))
	wantNil(t, r.UpdateGauge(ctx, "file_uploads", 2048, f1))
	wantNil(t, r.UpdateGauge(ctx, "file_uploads", 1<<20, f2))
	wantNil(t, r.AddToCounter(ctx, "num_files_uploaded", 2, f1))
	wantNil(t, r.IncrementCounter(ctx, "num_files_uploaded", f2))
	wantNil(t, r.IncrementCounter(ctx, "api_calls", f1))
	wantNil(t, r.ObserveHistogram(ctx, "api_latency", 0.1205, metrics.Labels{"flow_id": "f1", "endpoint": "/run"}))
	wantNil(t, r.AddToUpDownCounter(ctx, "user_sessions", 3, metrics.Labels{"user_type": "guest"}))
	wantNil(t, r.AddToUpDownCounter(ctx, "user_sessions", -1, metrics.Labels{"user_type": "guest"}))
	synctest.Test(t, func(*testing.T) { runFlows(r) }) // the requests take made-up time

	got := sdkVersion.ReplaceAllString(scrape(t, r), `telemetry_sdk_version="…"`)
	lint(t, got)
	golden := filepath.Join("testdata", "scrape.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the scrape has changed (-want +got):\n%s", diff)
	}
}

// runFlows has two requests answered, in 30 ms each.
func runFlows(r *metrics.Registry) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /flows/{id}/run", func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		time.Sleep(30 * time.Millisecond)
		_, _ = io.WriteString(w, `{"ok":true}`)
	})
	measured := r.Middleware(metrics.HTTPOptions{})(mux)
	for _, path := range []string{"/flows/f1/run", "/flows/f2/run"} {
		measured.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"input":"hello"}`)))
	}
}

func TestAScraperThatAsksForOpenMetricsGetsIt(t *testing.T) {
	r := open(t, metrics.Options{})
	recordEverything(t, r)
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	req.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, req)
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") {
		t.Errorf("the type is %s", got)
	}
	if !strings.HasSuffix(w.Body.String(), "# EOF\n") || !strings.Contains(w.Body.String(), "num_files_uploaded_total{") {
		t.Errorf("got %s", w.Body.String())
	}
}

func TestPrometheusIsServedUnlessTheOptionsOrTheEnvironmentSayNo(t *testing.T) {
	for name, c := range map[string]struct {
		env      environ
		disabled bool
		want     bool
	}{
		"nothing said":             {nil, false, true},
		"the options":              {nil, true, false},
		"PROMETHEUS_ENABLED=false": {environ{"PROMETHEUS_ENABLED": "false"}, false, false},
		"PROMETHEUS_ENABLED= OFF ": {environ{"PROMETHEUS_ENABLED": " OFF "}, false, false},
		"PROMETHEUS_ENABLED=0":     {environ{"PROMETHEUS_ENABLED": "0"}, false, false},
		"PROMETHEUS_ENABLED=":      {environ{"PROMETHEUS_ENABLED": ""}, false, true},
		"PROMETHEUS_ENABLED=true":  {environ{"PROMETHEUS_ENABLED": "true"}, false, true},
		"the application's own":    {environ{"MY_APP_PROMETHEUS_ENABLED": "false", "PROMETHEUS_ENABLED": "true"}, false, false},
		"another application's":    {environ{"OTHER_PROMETHEUS_ENABLED": "false"}, false, true},
		"true cannot overrule no":  {environ{"PROMETHEUS_ENABLED": "true", "MY_APP_PROMETHEUS_ENABLED": "true"}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, metrics.Options{App: core.App{Name: "my-app"}, DisablePrometheus: c.disabled, Lookup: c.env.lookup})
			recordEverything(t, r)
			status, body := fetch(t, r.Handler(), "/metrics")
			if served := status == http.StatusOK && strings.Contains(body, "num_files_uploaded_total"); served != c.want || r.Serving() != c.want {
				t.Errorf("the scrape is answered %d %.50q, Serving is %v", status, body, r.Serving())
			}
			if !c.want && status != http.StatusNotFound {
				t.Errorf("it is answered %d, want 404", status)
			}
		})
	}
}

func TestMetricsCanOnlyBeRead(t *testing.T) {
	r := open(t, metrics.Options{})
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered %d", w.Code)
	}
}

func TestTheRuntimeIsShownWhenAskedFor(t *testing.T) {
	for asked, want := range map[bool]int{true: 1, false: 0} {
		r := open(t, metrics.Options{Runtime: asked})
		if got := samples(t, r, "go_goroutines "); len(got) != want {
			t.Errorf("Runtime %v: %q", asked, got)
		}
	}
}

func TestTheSourceOfTheMetricsIsNamedAndTheEnvironmentWins(t *testing.T) {
	app := core.App{Name: "acme", Version: "2.4.0"}
	r := open(t, metrics.Options{App: app})
	if got := samples(t, r, "target_info"); len(got) != 1 || !strings.Contains(got[0], `service_name="acme",service_version="2.4.0"`) {
		t.Errorf("scraped %q", got)
	}
	t.Setenv("OTEL_SERVICE_NAME", "acme-eu")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging")
	r = open(t, metrics.Options{App: app})
	if got := samples(t, r, "target_info"); len(got) != 1 || !strings.Contains(got[0], `service_name="acme-eu"`) ||
		!strings.Contains(got[0], `deployment_environment_name="staging"`) {
		t.Errorf("scraped %q", got)
	}
}

// Another library's metrics may be beside ours, and take their names.
func TestMetricsOfOthersCanBeBesideAndToldApart(t *testing.T) {
	for scopes, want := range map[bool]string{true: `otel_scope_name="theirs"`, false: `flow_id="theirs"`} {
		r := open(t, metrics.Options{ScopeLabels: scopes})
		theirs, err := r.MeterProvider().Meter("theirs").Float64Counter("num_files_uploaded", metric.WithDescription("The number of file uploaded"))
		if err != nil {
			t.Fatal(err)
		}
		theirs.Add(t.Context(), 7, metric.WithAttributes(attribute.String("flow_id", "theirs")))
		wantNil(t, r.IncrementCounter(t.Context(), "num_files_uploaded", flow))
		got := samples(t, r, "num_files_uploaded_total")
		if len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("scope labels %v: scraped %q", scopes, got)
		}
	}
}

// Where they do clash, the rest of the scrape is served, and the operator told.
func TestASeriesThatTwoReportLeavesTheOthersAlone(t *testing.T) {
	var log bytes.Buffer
	r := open(t, metrics.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	theirs, err := r.MeterProvider().Meter("theirs").Float64Counter("num_files_uploaded", metric.WithDescription("The number of file uploaded"))
	if err != nil {
		t.Fatal(err)
	}
	labels := metrics.Labels{"flow_id": "f"}
	theirs.Add(t.Context(), 7, metric.WithAttributes(attribute.String("flow_id", "f")))
	wantNil(t, r.IncrementCounter(t.Context(), "num_files_uploaded", labels))
	wantNil(t, r.UpdateGauge(t.Context(), "file_uploads", 9, labels))
	if got := samples(t, r, "file_uploads_bytes"); len(got) != 1 {
		t.Errorf("scraped %q", got)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "a scrape is incomplete") {
		t.Errorf("logged %q", log.String())
	}
}
