package metrics_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/headgate-dev/headgate/metrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environ stands for the environment.
type environ map[string]string

func (e environ) lookup(key string) (string, bool) {
	value, ok := e[key]
	return value, ok
}

// open makes a registry in an empty environment, unless the options have another, and shuts
// it down at the end.
func open(t testing.TB, o metrics.Options) *metrics.Registry {
	t.Helper()
	if o.Lookup == nil {
		o.Lookup = environ{}.lookup
	}
	r, err := metrics.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Shutdown(context.Background()); err != nil {
			t.Errorf("shutting down: %v", err)
		}
	})
	return r
}

// scrape asks for the metrics over HTTP, as Prometheus does.
func scrape(t testing.TB, r *metrics.Registry) string {
	t.Helper()
	status, body := fetch(t, r.Handler(), "/metrics")
	if status != http.StatusOK {
		t.Fatalf("the scrape was answered %d: %s", status, body)
	}
	return body
}

func fetch(t testing.TB, h http.Handler, path string) (status int, body string) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// samples returns the lines of a scrape that start with a name.
func samples(t testing.TB, r *metrics.Registry, name string) (found []string) {
	t.Helper()
	for line := range strings.Lines(scrape(t, r)) {
		if strings.HasPrefix(line, name) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// lint reports what Prometheus' own linter has to say about a scrape.
func lint(t testing.TB, text string) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatalf("the scrape cannot be parsed: %v\n%s", err, text)
	}
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}
}

// flow are the labels of a flow, and two that no metric declares.
var flow = metrics.Labels{"flow_id": "this_flow_id", "service": "this", "user": "that"}

// ofEachType are metrics of every type with the same mandatory label.
func ofEachType() []metrics.Definition {
	label := map[string]bool{"flow_id": true}
	return []metrics.Definition{
		{Name: "a_counter", Description: "A counter.", Type: metrics.TypeCounter, Labels: label},
		{Name: "an_up_down_counter", Description: "An up-down counter.", Type: metrics.TypeUpDownCounter, Labels: label},
		{Name: "a_histogram", Description: "A histogram.", Unit: "s", Type: metrics.TypeHistogram, Labels: label},
		{Name: "a_gauge", Description: "A gauge.", Type: metrics.TypeObservableGauge, Labels: label},
	}
}

// recorders are the ways to record by name, by the type they are for.
func recorders(t testing.TB, r *metrics.Registry) map[metrics.Type]func(name string, value float64, l metrics.Labels) error {
	ctx := t.Context()
	return map[metrics.Type]func(string, float64, metrics.Labels) error{
		metrics.TypeCounter:         func(n string, v float64, l metrics.Labels) error { return r.AddToCounter(ctx, n, v, l) },
		metrics.TypeUpDownCounter:   func(n string, v float64, l metrics.Labels) error { return r.AddToUpDownCounter(ctx, n, v, l) },
		metrics.TypeHistogram:       func(n string, v float64, l metrics.Labels) error { return r.ObserveHistogram(ctx, n, v, l) },
		metrics.TypeObservableGauge: func(n string, v float64, l metrics.Labels) error { return r.UpdateGauge(ctx, n, v, l) },
	}
}

// parse makes sure that a scrape is one, and complete.
func parse(t testing.TB, r *metrics.Registry) {
	t.Helper()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("the scrape was answered %d: %s", w.Code, w.Body)
	}
	if _, err := promlint.New(w.Body).Lint(); err != nil {
		t.Fatalf("the scrape cannot be parsed: %v", err)
	}
}
