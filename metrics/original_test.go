package metrics_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/headgate-dev/headgate/metrics"
)

// TestTheUnitTestsOfLangflowsMetricsPass has what the unit tests of Langflow's metrics state,
// under their names. An instance of its OpenTelemetry class is a registry here, its
// singleton a metrics.Shared.
func TestTheUnitTestsOfLangflowsMetricsPass(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *metrics.Registry){
		"test_init": func(t *testing.T, r *metrics.Registry) {
			names := r.Names()
			slices.Sort(names)
			if !slices.Equal(names, []string{"file_uploads", "num_files_uploaded"}) {
				t.Errorf("the registry has %v", names)
			}
			if d, ok := r.Definition("file_uploads"); !ok || d.Type != metrics.TypeObservableGauge || !d.Labels["flow_id"] {
				t.Errorf("file_uploads is %+v", d)
			}
		},
		"test_gauge": func(t *testing.T, r *metrics.Registry) {
			wantNil(t, r.UpdateGauge(t.Context(), "file_uploads", 1024, flow))
		},
		"test_gauge_with_counter_method": func(t *testing.T, r *metrics.Registry) {
			wantError(t, r.AddToCounter(t.Context(), "file_uploads", 1, flow), metrics.ErrWrongType, "Metric 'file_uploads' is not a counter")
		},
		"test_gauge_with_historgram_method": func(t *testing.T, r *metrics.Registry) {
			wantError(t, r.ObserveHistogram(t.Context(), "file_uploads", 1, flow), metrics.ErrWrongType, "Metric 'file_uploads' is not a histogram")
		},
		"test_gauge_with_up_down_counter_method": func(t *testing.T, r *metrics.Registry) {
			wantError(t, r.AddToUpDownCounter(t.Context(), "file_uploads", 1, flow), metrics.ErrWrongType, "Metric 'file_uploads' is not an up down counter")
		},
		"test_increment_counter": func(t *testing.T, r *metrics.Registry) {
			wantNil(t, r.AddToCounter(t.Context(), "num_files_uploaded", 5, flow))
		},
		"test_increment_counter_empty_label": func(t *testing.T, r *metrics.Registry) {
			wantError(t, r.AddToCounter(t.Context(), "num_files_uploaded", 5, metrics.Labels{}), metrics.ErrNoLabels, "Labels must be provided for the metric")
		},
		"test_increment_counter_missing_mandatory_label": func(t *testing.T, r *metrics.Registry) {
			wantError(t, r.AddToCounter(t.Context(), "num_files_uploaded", 5, metrics.Labels{"service": "one"}), metrics.ErrMissingLabels, "Missing required labels: {'flow_id'}")
		},
		"test_increment_counter_unregisted_metric": func(t *testing.T, r *metrics.Registry) {
			wantError(t, r.AddToCounter(t.Context(), "num_files_uploaded_1", 5, flow), metrics.ErrNotRegistered, "Metric 'num_files_uploaded_1' is not registered")
		},
		"test_missing_labels": func(t *testing.T, r *metrics.Registry) {
			for want, record := range recorders(t, r) {
				for _, labels := range []metrics.Labels{nil, {}} { // also where the type does not fit
					if err := record("num_files_uploaded", 1, labels); !errors.Is(err, metrics.ErrNoLabels) {
						t.Errorf("%s: %v", want, err)
					}
				}
			}
		},
		"test_recording_a_metric_still_works_when_nothing_is_configured": func(t *testing.T, _ *metrics.Registry) {
			silent := open(t, metrics.Options{DisablePrometheus: true})
			wantNil(t, silent.IncrementCounter(t.Context(), "num_files_uploaded", metrics.Labels{"flow_id": "probe"}))
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, metrics.Options{})) })
	}
	for name, test := range map[string]func(*testing.T){
		"test_opentelementry_singleton":               theFirstOptionsWin,
		"test_multithreaded_singleton":                tenThreadsGetOneRegistry,
		"test_multithreaded_singleton_race_condition": aHundredThreadsAtOnceGetOneRegistry,
		"test_recovers_when_instruments_are_missing":  aNewRegistryMakesItsInstrumentsAnew,
		"test_new_instance_after_shutdown_recovers":   aNewRegistryFollowsAShutdown,

		"test_prometheus_exports_job_queue_metrics":                      jobQueueMetricsAreScraped,
		"test_otel_metrics_reach_prometheus_exposition":                  backgroundMetricsAreScraped,
		"test_bg_metric_registered":                                      backgroundMetricsAreRegistered,
		"test_a_configured_provider_still_receives_the_metrics":          aGivenProviderGetsTheMetrics,
		"test_metrics_do_not_follow_a_provider_registered_after_startup": noMetricGoesToTheGlobalProvider,
	} {
		t.Run(name, test)
	}
}

func wantNil(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func wantError(t *testing.T, err error, kind error, text string) {
	t.Helper()
	var typed *metrics.Error
	if !errors.Is(err, kind) || !errors.As(err, &typed) || err.Error() != text {
		t.Errorf("got %v, want %q", err, text)
	}
}

func theFirstOptionsWin(t *testing.T) {
	var shared metrics.Shared
	first := openShared(t, &shared, metrics.Options{})
	second := openShared(t, &shared, metrics.Options{})
	third := openShared(t, &shared, metrics.Options{DisablePrometheus: true})
	if first != second || first != third || !third.Serving() {
		t.Error("a later call has made another registry, or changed it")
	}
}

func openShared(t *testing.T, s *metrics.Shared, o metrics.Options) *metrics.Registry {
	t.Helper()
	o.Lookup = environ{}.lookup
	r, err := s.Open(o)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	return r
}

func tenThreadsGetOneRegistry(t *testing.T) { openTogether(t, 10, 10) }

func aHundredThreadsAtOnceGetOneRegistry(t *testing.T) { openTogether(t, 100, 1) }

// openTogether opens a shared registry in goroutines that start at the same time.
func openTogether(t *testing.T, goroutines, each int) {
	var shared metrics.Shared
	start := make(chan struct{})
	opened := make(chan *metrics.Registry, goroutines*each)
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			<-start
			for range each {
				opened <- openShared(t, &shared, metrics.Options{})
			}
		})
	}
	close(start)
	group.Wait()
	close(opened)
	first := openShared(t, &shared, metrics.Options{})
	for r := range opened {
		if r != first {
			t.Fatal("there are two registries")
		}
	}
}

func aNewRegistryMakesItsInstrumentsAnew(t *testing.T) {
	definitions := ofEachType()
	stale := open(t, metrics.Options{Definitions: definitions})
	wantNil(t, stale.IncrementCounter(t.Context(), "a_counter", flow))
	wantNil(t, stale.Shutdown(t.Context()))

	healed := open(t, metrics.Options{Definitions: definitions})
	wantNil(t, healed.IncrementCounter(t.Context(), "a_counter", flow))
	if got := samples(t, healed, "a_counter_total"); len(got) != 1 || !strings.HasSuffix(got[0], " 1") {
		t.Errorf("scraped %q", got)
	}
}

func aNewRegistryFollowsAShutdown(t *testing.T) {
	var shared metrics.Shared
	old := openShared(t, &shared, metrics.Options{})
	wantNil(t, old.Shutdown(t.Context()))
	replacement := openShared(t, &shared, metrics.Options{})
	if replacement == old {
		t.Fatal("the registry that was shut down is handed out again")
	}
	wantNil(t, replacement.IncrementCounter(t.Context(), "num_files_uploaded", flow))
	if err := old.IncrementCounter(t.Context(), "num_files_uploaded", flow); !errors.Is(err, metrics.ErrShutdown) {
		t.Errorf("the old one: %v", err)
	}
	if got := samples(t, replacement, "num_files_uploaded_total"); len(got) != 1 || !strings.HasSuffix(got[0], " 1") {
		t.Errorf("scraped %q", got)
	}
}

func jobQueueMetricsAreScraped(t *testing.T) {
	r := open(t, metrics.Options{Definitions: []metrics.Definition{
		{Name: "langflow_job_queue_cancel_events_total", Description: "Cancel events.", Type: metrics.TypeCounter, Labels: map[string]bool{"event_type": true}},
		{Name: "langflow_job_queue_active_jobs", Description: "Active jobs.", Type: metrics.TypeUpDownCounter, Labels: map[string]bool{"backend": true}},
	}})
	wantNil(t, r.IncrementCounter(t.Context(), "langflow_job_queue_cancel_events_total", metrics.Labels{"event_type": "published"}))
	wantNil(t, r.AddToUpDownCounter(t.Context(), "langflow_job_queue_active_jobs", 1, metrics.Labels{"backend": "redis"}))
	text := scrape(t, r)
	for _, want := range []string{
		`langflow_job_queue_cancel_events_total{event_type="published"} 1`, `langflow_job_queue_active_jobs{backend="redis"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	lint(t, text)
}

// background are the metrics of Langflow's background jobs.
var background = []metrics.Definition{
	{Name: "langflow_bg_jobs", Type: metrics.TypeObservableGauge},
	{Name: "langflow_bg_oldest_queued_seconds", Type: metrics.TypeObservableGauge},
	{Name: "langflow_bg_alive_workers", Type: metrics.TypeObservableGauge},
	{Name: "langflow_bg_jobs_started_total", Type: metrics.TypeCounter},
	{Name: "langflow_bg_jobs_completed_total", Type: metrics.TypeCounter},
	{Name: "langflow_bg_jobs_failed_total", Type: metrics.TypeCounter},
	{Name: "langflow_bg_orphans_reconciled_total", Type: metrics.TypeCounter},
	{Name: "langflow_bg_job_duration_seconds", Type: metrics.TypeHistogram},
}

func openBackground(t *testing.T) *metrics.Registry {
	definitions := slices.Clone(background)
	for i := range definitions {
		definitions[i].Description, definitions[i].Labels = "Of background jobs.", map[string]bool{"backend": true}
	}
	return open(t, metrics.Options{Definitions: definitions})
}

func backgroundMetricsAreRegistered(t *testing.T) {
	r := openBackground(t)
	for _, want := range background {
		got, ok := r.Definition(want.Name)
		if _, declared := got.Labels["backend"]; !ok || got.Type != want.Type || !declared {
			t.Errorf("%s is %+v", want.Name, got)
		}
	}
}

func backgroundMetricsAreScraped(t *testing.T) {
	r := openBackground(t)
	wantNil(t, r.IncrementCounter(t.Context(), "langflow_bg_jobs_started_total", metrics.Labels{"backend": "scaled"}))
	wantNil(t, r.UpdateGauge(t.Context(), "langflow_bg_alive_workers", 2, metrics.Labels{"backend": "scaled"}))
	text := scrape(t, r)
	for _, want := range []string{`langflow_bg_jobs_started_total{backend="scaled"} 1`, `langflow_bg_alive_workers{backend="scaled"} 2`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

func aGivenProviderGetsTheMetrics(t *testing.T) {
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	r := open(t, metrics.Options{MeterProvider: provider})
	recordEverything(t, r)
	if got := collected(t, reader); !slices.Equal(got, []string{"file_uploads", "num_files_uploaded"}) {
		t.Errorf("the provider got %v", got)
	}
}

// noMetricGoesToTheGlobalProvider is what the original had wrong: a provider that somebody
// registers with OpenTelemetry later must not get to see these metrics.
func noMetricGoesToTheGlobalProvider(t *testing.T) {
	silent, serving := open(t, metrics.Options{DisablePrometheus: true}), open(t, metrics.Options{})
	reader := sdk.NewManualReader()
	otel.SetMeterProvider(sdk.NewMeterProvider(sdk.WithReader(reader)))
	late := open(t, metrics.Options{DisablePrometheus: true})
	for _, r := range []*metrics.Registry{silent, serving, late} {
		recordEverything(t, r)
	}
	if got := collected(t, reader); len(got) > 0 {
		t.Errorf("the global provider got %v", got)
	}
	if len(samples(t, serving, "num_files_uploaded_total")) != 1 {
		t.Error("the registry's own provider did not")
	}
}

func recordEverything(t *testing.T, r *metrics.Registry) {
	t.Helper()
	wantNil(t, r.AddToCounter(t.Context(), "num_files_uploaded", 3, flow))
	wantNil(t, r.UpdateGauge(t.Context(), "file_uploads", 4242, flow))
}

// collected returns the names of what a reader sees.
func collected(t *testing.T, reader sdk.Reader) (names []string) {
	t.Helper()
	var seen metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &seen); err != nil {
		t.Fatal(err)
	}
	for _, s := range seen.ScopeMetrics {
		for _, m := range s.Metrics {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}
