package metrics_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
)

func counter(name string) metrics.Definition {
	return metrics.Definition{Name: name, Description: "Things.", Type: metrics.TypeCounter, Labels: map[string]bool{"flow_id": true}}
}

func TestARegistrationThatMakesNoSenseIsRefusedAndChangesNothing(t *testing.T) {
	const invalid = "Metric 'x' "
	for name, c := range map[string]struct {
		change func(*metrics.Definition)
		kind   error
		text   string // in the error
	}{
		"no labels":              {func(d *metrics.Definition) { d.Labels = nil }, metrics.ErrNoLabels, "Labels must be provided for the metric upon registration"},
		"empty labels":           {func(d *metrics.Definition) { d.Labels = map[string]bool{} }, metrics.ErrNoLabels, "Labels must be provided for the metric upon registration"},
		"no type":                {func(d *metrics.Definition) { d.Type = "" }, metrics.ErrUnknownType, "Unknown metric type: "},
		"unknown type":           {func(d *metrics.Definition) { d.Type = "summary" }, metrics.ErrUnknownType, "Unknown metric type: summary"},
		"no labels, no type":     {func(d *metrics.Definition) { d.Labels, d.Type = nil, "" }, metrics.ErrNoLabels, "upon registration"},
		"bad name":               {func(d *metrics.Definition) { d.Name = "1x" }, metrics.ErrInvalidDefinition, "Metric '1x' has a name"},
		"long name":              {func(d *metrics.Definition) { d.Name = strings.Repeat("x", 256) }, metrics.ErrInvalidDefinition, "has a name"},
		"bad unit":               {func(d *metrics.Definition) { d.Unit = "µs" }, metrics.ErrInvalidDefinition, invalid + "has a unit"},
		"bad label":              {func(d *metrics.Definition) { d.Labels = map[string]bool{"flow id": true} }, metrics.ErrInvalidDefinition, `"flow id"`},
		"reserved label":         {func(d *metrics.Definition) { d.Labels = map[string]bool{"le": true} }, metrics.ErrInvalidDefinition, `"le"`},
		"a label of underscores": {func(d *metrics.Definition) { d.Labels = map[string]bool{"_": true} }, metrics.ErrInvalidDefinition, `"_"`},
		"private label":          {func(d *metrics.Definition) { d.Labels = map[string]bool{"__name__": true} }, metrics.ErrInvalidDefinition, `"__name__"`},
		"negative bound":         {func(d *metrics.Definition) { d.MaxSeries = -1 }, metrics.ErrInvalidDefinition, invalid + "has a negative MaxSeries"},
		"bound above the rest":   {func(d *metrics.Definition) { d.MaxSeries = 1001 }, metrics.ErrInvalidDefinition, "raise Options.MaxSeries, which is 1000"},
		"a counter forgets":      {func(d *metrics.Definition) { d.Expiry = time.Hour }, metrics.ErrInvalidDefinition, "only gauges forget"},
		"buckets of a counter":   {func(d *metrics.Definition) { d.Buckets = []float64{1} }, metrics.ErrInvalidDefinition, "is not a histogram"},
		"buckets out of order":   {func(d *metrics.Definition) { d.Type, d.Buckets = metrics.TypeHistogram, []float64{2, 1} }, metrics.ErrInvalidDefinition, "ascending"},
		"infinite buckets":       {func(d *metrics.Definition) { d.Type, d.Buckets = metrics.TypeHistogram, []float64{1, math.Inf(1)} }, metrics.ErrInvalidDefinition, "finite"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, metrics.Options{})
			d := counter("x")
			c.change(&d)
			err := r.Register(d)
			var typed *metrics.Error
			if !errors.Is(err, c.kind) || !errors.As(err, &typed) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %q", err, c.text)
			}
			if _, ok := r.Definition(d.Name); ok {
				t.Error("it is registered all the same")
			}
			if _, err := metrics.New(metrics.Options{Definitions: []metrics.Definition{d}, Lookup: environ{}.lookup}); !errors.Is(err, c.kind) {
				t.Errorf("New: %v", err)
			}
		})
	}
}

func TestAMetricIsRegisteredAgainOnlyAsWhatItIs(t *testing.T) {
	r := open(t, metrics.Options{Definitions: []metrics.Definition{counter("x")}})
	if err := r.Register(counter("x")); err != nil {
		t.Errorf("the same again: %v", err)
	}
	other := counter("x")
	other.Description = "Other things."
	if err := r.Register(other); !errors.Is(err, metrics.ErrConflict) {
		t.Errorf("with another description: %v", err)
	}
	if d, _ := r.Definition("x"); d.Description != "Things." {
		t.Errorf("the refused definition has replaced the first: %+v", d)
	}
}

// Two metrics whose names become one in Prometheus would spoil each other's series.
func TestMetricsThatPrometheusWouldMixUpAreRefused(t *testing.T) {
	r := open(t, metrics.Options{Definitions: []metrics.Definition{counter("a.b")}})
	for _, name := range []string{"a_b", "a_b_total", "a-b"} {
		err := r.Register(counter(name))
		if !errors.Is(err, metrics.ErrConflict) || !strings.Contains(err.Error(), "would be a_b_total in Prometheus, which 'a.b' is already") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestANameThatPrometheusMakesUpIsTaken(t *testing.T) {
	r := open(t, metrics.Options{Definitions: ofEachType()})
	gauge := metrics.Definition{Description: "G.", Type: metrics.TypeObservableGauge, Labels: map[string]bool{"flow_id": true}}
	for _, name := range []string{"target_info", "target.info", "a_histogram_seconds_count", "a_histogram.seconds.bucket"} {
		gauge.Name = name
		if err := r.Register(gauge); !errors.Is(err, metrics.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADefinitionIsCopiedInAndOut(t *testing.T) {
	d := counter("x")
	r := open(t, metrics.Options{Definitions: []metrics.Definition{d}})
	d.Labels["other"] = true
	out, _ := r.Definition("x")
	out.Labels["another"] = true
	if err := r.IncrementCounter(t.Context(), "x", metrics.Labels{"flow_id": "f"}); err != nil {
		t.Error(err)
	}
}

func TestTheOptionsMayDefineABaseMetricOtherwise(t *testing.T) {
	own := counter("file_uploads")
	r := open(t, metrics.Options{Definitions: []metrics.Definition{own}})
	if d, _ := r.Definition("file_uploads"); d.Type != metrics.TypeCounter {
		t.Errorf("file_uploads is %+v", d)
	}
}

func TestOptionsThatContradictEachOtherAreRefused(t *testing.T) {
	for name, o := range map[string]metrics.Options{
		"readers of a given provider": {MeterProvider: noop.NewMeterProvider(), Readers: []sdk.Reader{sdk.NewManualReader()}},
		"a negative bound":            {MaxSeries: -1},
	} {
		if _, err := metrics.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNothingIsMadeForAMetricThatIsNotRecorded(t *testing.T) {
	reader := sdk.NewManualReader()
	r := open(t, metrics.Options{Definitions: ofEachType(), Readers: []sdk.Reader{reader}})
	if got := collected(t, reader); len(got) > 0 {
		t.Errorf("before the first recording there are %v", got)
	}
	for range 2 {
		if err := r.ObserveHistogram(t.Context(), "a_histogram", 1, flow); err != nil {
			t.Fatal(err)
		}
	}
	if got := collected(t, reader); !slices.Equal(got, []string{"a_histogram"}) {
		t.Errorf("after it there are %v", got)
	}
}

func TestAGivenProviderIsUsedAndLeftRunning(t *testing.T) {
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	first := open(t, metrics.Options{MeterProvider: provider, App: core.App{Name: "acme"}})
	if first.MeterProvider() != metric.MeterProvider(provider) {
		t.Error("another provider is used")
	}
	if first.Serving() {
		t.Error("it claims to serve metrics that it cannot see")
	}
	recordEverything(t, first)
	wantNil(t, first.Shutdown(t.Context()))
	// The gauge of a registry that is gone is not observed any more; the counter's sum stays.
	if got := collected(t, reader); !slices.Equal(got, []string{"num_files_uploaded"}) {
		t.Errorf("after the shutdown the provider has %v", got)
	}
	second := open(t, metrics.Options{MeterProvider: provider, App: core.App{Name: "acme"}})
	recordEverything(t, second)
	if got := collected(t, reader); !slices.Equal(got, []string{"file_uploads", "num_files_uploaded"}) {
		t.Errorf("of the next registry the provider has %v", got)
	}
}

func TestAnyReaderCanBeAttachedBesidePrometheus(t *testing.T) {
	reader := sdk.NewManualReader()
	r := open(t, metrics.Options{Readers: []sdk.Reader{reader}})
	recordEverything(t, r)
	if got := collected(t, reader); len(got) != 2 {
		t.Errorf("the reader got %v", got)
	}
	if got := samples(t, r, "num_files_uploaded_total"); len(got) != 1 {
		t.Errorf("the scrape has %v", got)
	}
	wantNil(t, r.Shutdown(t.Context()))
	if err := reader.Collect(t.Context(), &metricdata.ResourceMetrics{}); !errors.Is(err, sdk.ErrReaderShutdown) {
		t.Errorf("the reader still runs: %v", err)
	}
}

func TestAfterAShutdownRecordingSaysSoAndASecondOneIsNoError(t *testing.T) {
	r := open(t, metrics.Options{Definitions: ofEachType()})
	recordEverything(t, r)
	for range 2 {
		wantNil(t, r.Shutdown(t.Context()))
	}
	for want, record := range recorders(t, r) {
		name := map[metrics.Type]string{
			metrics.TypeCounter: "a_counter", metrics.TypeUpDownCounter: "an_up_down_counter",
			metrics.TypeHistogram: "a_histogram", metrics.TypeObservableGauge: "a_gauge",
		}[want]
		if err := record(name, 1, flow); !errors.Is(err, metrics.ErrShutdown) {
			t.Errorf("%s: %v", want, err)
		}
		if err := record("nothing", 1, flow); !errors.Is(err, metrics.ErrNotRegistered) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if status, _ := fetch(t, r.Handler(), "/"); status != 503 {
		t.Errorf("a scrape is answered %d", status)
	}
}

// hostile is a provider that panics wherever it can.
type hostile struct{ metric.MeterProvider }

func (hostile) Meter(string, ...metric.MeterOption) metric.Meter { return hostileMeter{} }

type hostileMeter struct{ metric.Meter } // nil: every method panics

// late is a provider whose instruments panic when they are used.
type late struct{ metric.MeterProvider }

func (late) Meter(string, ...metric.MeterOption) metric.Meter { return lateMeter{} }

type lateMeter struct{ noop.Meter }

type (
	lateCounter       struct{ noop.Float64Counter }
	lateUpDownCounter struct{ noop.Int64UpDownCounter }
	lateHistogram     struct{ noop.Float64Histogram }
	lateSizes         struct{ noop.Int64Histogram }
)

func (lateCounter) Add(context.Context, float64, ...metric.AddOption)         { panic("late") }
func (lateUpDownCounter) Add(context.Context, int64, ...metric.AddOption)     { panic("late") }
func (lateHistogram) Record(context.Context, float64, ...metric.RecordOption) { panic("late") }
func (lateSizes) Record(context.Context, int64, ...metric.RecordOption)       { panic("late") }

func (lateMeter) Float64Counter(string, ...metric.Float64CounterOption) (metric.Float64Counter, error) {
	return lateCounter{}, nil
}

func (lateMeter) Int64UpDownCounter(string, ...metric.Int64UpDownCounterOption) (metric.Int64UpDownCounter, error) {
	return lateUpDownCounter{}, nil
}

func (lateMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return lateHistogram{}, nil
}

func (lateMeter) Int64Histogram(string, ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	return lateSizes{}, nil
}

func TestAnInstrumentThatPanicsHurtsNobody(t *testing.T) {
	r := open(t, metrics.Options{MeterProvider: late{}, Definitions: ofEachType()})
	for _, err := range []error{r.IncrementCounter(t.Context(), "a_counter", flow), r.ObserveHistogram(t.Context(), "a_histogram", 1, flow)} {
		if err == nil || !strings.Contains(err.Error(), "panicked with a string when it was to record") {
			t.Errorf("got %v", err)
		}
	}
	if status, body := fetch(t, r.Middleware(metrics.HTTPOptions{})(teapot), "/"); status != 418 || body != "short and stout" {
		t.Errorf("a measured handler answers %d %s", status, body)
	}
}

func TestAProviderThatPanicsHurtsNobody(t *testing.T) {
	if _, err := metrics.New(metrics.Options{MeterProvider: struct{ metric.MeterProvider }{}}); err == nil {
		t.Error("a provider that panics when asked for a meter is no error")
	}
	r := open(t, metrics.Options{MeterProvider: hostile{}, Definitions: ofEachType()})
	for want, name := range map[metrics.Type]string{
		metrics.TypeCounter: "a_counter", metrics.TypeUpDownCounter: "an_up_down_counter",
		metrics.TypeHistogram: "a_histogram", metrics.TypeObservableGauge: "a_gauge",
	} {
		for range 2 {
			if err := recorders(t, r)[want](name, 1, flow); err == nil || !strings.Contains(err.Error(), "panicked") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if status, _ := fetch(t, r.Middleware(metrics.HTTPOptions{})(teapot), "/"); status != 418 {
		t.Errorf("a measured handler answers %d", status)
	}
}
