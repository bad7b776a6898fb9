package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	collector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
	"github.com/headgate-dev/headgate/metrics/otlp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a collector: it decodes what comes with OpenTelemetry's own types.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	status int // 200 if zero
	sums   map[string]float64
	source map[string]string
	calls  int
	auth   string
}

func newFake(t *testing.T) *fake {
	f := &fake{sums: map[string]float64{}, source: map[string]string{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.take))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) take(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.auth = r.Header.Get("Authorization")
	if f.status != 0 {
		w.Header().Set("Location", "http://elsewhere.example.com/")
		w.WriteHeader(f.status)
		return
	}
	body, err := gzip.NewReader(r.Body)
	if err != nil || r.URL.Path != "/v1/metrics" || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	text, _ := io.ReadAll(body)
	var request collector.ExportMetricsServiceRequest
	if err := proto.Unmarshal(text, &request); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, resource := range request.ResourceMetrics {
		for _, a := range resource.Resource.Attributes {
			f.source[a.Key] = a.Value.GetStringValue()
		}
		for _, scope := range resource.ScopeMetrics {
			for _, m := range scope.Metrics {
				for _, p := range m.GetSum().GetDataPoints() {
					f.sums[m.Name] = p.GetAsDouble() + float64(p.GetAsInt())
				}
			}
		}
	}
}

func (f *fake) look() (calls int, sums map[string]float64, auth string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls, f.sums, f.auth
}

func (f *fake) answer(status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status = status
}

type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// registry returns one that exports nowhere but to the collector, and the reader to hurry.
func registry(t *testing.T, o otlp.Options) (*metrics.Registry, *lines, sdk.Reader) {
	t.Helper()
	var log lines
	o.Logger, o.StateDir, o.App = slog.New(slog.NewTextHandler(&log, nil)), t.TempDir(), core.App{Name: "acme", Version: "1.2.3"}
	if o.Lookup == nil {
		o.Lookup = func(string) (string, bool) { return "", false }
	}
	reader, err := otlp.NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := metrics.New(metrics.Options{
		App: o.App, DisablePrometheus: true, Readers: []sdk.Reader{reader},
		Definitions: []metrics.Definition{{Name: "flows", Description: "Flows.", Unit: "{flow}", Type: metrics.TypeCounter, Labels: map[string]bool{"kind": true}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	return r, &log, reader
}

func flush(t *testing.T, reader sdk.Reader) {
	t.Helper()
	f, ok := reader.(interface{ ForceFlush(context.Context) error })
	if !ok {
		return
	}
	if err := f.ForceFlush(t.Context()); err != nil {
		t.Errorf("a failed export reaches the SDK: %v", err)
	}
}

func TestMetricsReachACollector(t *testing.T) {
	c := newFake(t)
	r, log, _ := registry(t, otlp.Options{Endpoint: c.URL + "/", Headers: map[string]core.Secret{"Authorization": core.NewSecret("Bearer s3cret")}})
	for range 3 {
		if err := r.IncrementCounter(t.Context(), "flows", metrics.Labels{"kind": "chat"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Shutdown(t.Context()); err != nil { // exports what there is
		t.Fatal(err)
	}
	calls, sums, auth := c.look()
	if calls != 1 || sums["flows"] != 3 || auth != "Bearer s3cret" || c.source["service.name"] != "acme" || c.source["service.version"] != "1.2.3" {
		t.Errorf("%d calls, sums %v, source %v, authorization %q", calls, sums, c.source, auth)
	}
	if log.String() != "" {
		t.Errorf("logged %s", log)
	}
}

func TestWhatACollectorMissedItGetsWithTheNextExport(t *testing.T) {
	// The handler of the SDK is one for the whole process, and prints.
	before := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { t.Errorf("the SDK's handler was told: %v", err) }))

	c := newFake(t)
	r, log, reader := registry(t, otlp.Options{Endpoint: c.URL, Headers: map[string]core.Secret{"X-Key": core.NewSecret("s3cret-key")}})
	for _, status := range []int{503, 500, 307, 401} {
		c.answer(status)
		_ = r.IncrementCounter(t.Context(), "flows", metrics.Labels{"kind": "chat"})
		flush(t, reader)
	}
	c.answer(0)
	flush(t, reader)
	calls, sums, _ := c.look()
	if calls != 5 || sums["flows"] != 4 {
		t.Errorf("%d calls, sums %v", calls, sums)
	}
	text := log.String()
	if strings.Count(text, "cannot be exported") != 1 || strings.Count(text, "exported again") != 1 || strings.Contains(text, "s3cret") {
		t.Errorf("logged %s", text)
	}
}

func TestUnderDoNotTrackNothingIsExported(t *testing.T) {
	c := newFake(t)
	for name, o := range map[string]otlp.Options{
		"environment":           {Lookup: func(key string) (string, bool) { return "1", key == "DO_NOT_TRACK" }},
		"the app's":             {Lookup: func(key string) (string, bool) { return "1", key == "ACME_DO_NOT_TRACK" }},
		"the program":           {DoNotTrack: true},
		"turned off as it goes": {Off: func() bool { return true }},
	} {
		o.Endpoint, o.Interval = c.URL, time.Millisecond
		r, _, reader := registry(t, o)
		_ = r.IncrementCounter(t.Context(), "flows", metrics.Labels{"kind": "chat"})
		flush(t, reader)
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if calls, _, _ := c.look(); calls != 0 {
			t.Errorf("%s: %d exports", name, calls)
		}
	}
}

func TestAnEndpointThatCannotBeUsedIsRefused(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                             "is not given",
		"http://collector.example.com": "https",
		"ftp://127.0.0.1":              "endpoint",
		"https://user:pass@collector.example.com": "put credentials into a header",
	} {
		_, err := otlp.NewReader(otlp.Options{Endpoint: endpoint, StateDir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pass") {
			t.Errorf("%s: got %v", endpoint, err)
		}
	}
	_, err := otlp.NewReader(otlp.Options{Endpoint: "http://127.0.0.1:1", StateDir: t.TempDir(), Lookup: func(string) (string, bool) { return "", false },
		Headers: map[string]core.Secret{"A b": core.NewSecret("x")}})
	if err == nil {
		t.Error("a header that is none was taken")
	}
}

// What the environment says of other exporters must not send these metrics, or their headers,
// elsewhere.
func TestTheEnvironmentOfOtherExportersChangesNothing(t *testing.T) {
	elsewhere, c := newFake(t), newFake(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", elsewhere.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", elsewhere.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=theirs")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	r, _, _ := registry(t, otlp.Options{Endpoint: c.URL})
	_ = r.IncrementCounter(t.Context(), "flows", metrics.Labels{"kind": "chat"})
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls, sums, auth := c.look()
	other, _, _ := elsewhere.look()
	if calls != 1 || other != 0 || sums["flows"] != 1 || auth != "" {
		t.Errorf("%d calls, %d elsewhere, sums %v, authorization %q", calls, other, sums, auth)
	}
}
