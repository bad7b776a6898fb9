package metrics_test

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/metrics"
)

// What is wrong first is told first: the name, the labels, the type, the value.
func TestMistakesAreToldInTheOrderOfTheOriginal(t *testing.T) {
	r := open(t, metrics.Options{Definitions: []metrics.Definition{
		{Name: "g", Description: "G.", Type: metrics.TypeObservableGauge, Labels: map[string]bool{"b": true, "a": true, "c": false}},
	}})
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		labels metrics.Labels
		value  float64
		kind   error
		text   string
	}{
		{"x", nil, nan, metrics.ErrNotRegistered, "Metric 'x' is not registered"},
		{"g", nil, nan, metrics.ErrNoLabels, "Labels must be provided for the metric"},
		{"g", metrics.Labels{}, nan, metrics.ErrNoLabels, "Labels must be provided for the metric"},
		{"g", metrics.Labels{"c": "1", "no good": "1"}, nan, metrics.ErrMissingLabels, "Missing required labels: {'a', 'b'}"},
		{"g", metrics.Labels{"a": "1", "b": "1", "no good": "1"}, nan, metrics.ErrInvalidLabel, "Invalid label names: {'no good'}"},
		{"g", metrics.Labels{"a": "1", "b": "1"}, nan, metrics.ErrWrongType, "Metric 'g' is not a counter"},
	} {
		wantError(t, r.AddToCounter(t.Context(), c.name, c.value, c.labels), c.kind, c.text)
	}
	labels := metrics.Labels{"a": "1", "b": "1"}
	wantError(t, r.ObserveHistogram(t.Context(), "g", nan, labels), metrics.ErrWrongType, "Metric 'g' is not a histogram")
	wantError(t, r.AddToUpDownCounter(t.Context(), "g", nan, labels), metrics.ErrWrongType, "Metric 'g' is not an up down counter")
	wantError(t, r.UpdateGauge(t.Context(), "g", nan, labels), metrics.ErrInvalidValue, "Metric 'g' is a gauge and cannot take NaN")
	c := open(t, metrics.Options{})
	wantError(t, c.UpdateGauge(t.Context(), "num_files_uploaded", 1, flow), metrics.ErrWrongType, "Metric 'num_files_uploaded' is not a gauge")
}

func TestAnErrorNamesTheMetricAndItsLabels(t *testing.T) {
	r := open(t, metrics.Options{})
	err := r.IncrementCounter(t.Context(), "num_files_uploaded", metrics.Labels{"service": "one"})
	var typed *metrics.Error
	if !errors.As(err, &typed) || typed.Metric != "num_files_uploaded" || !slices.Equal(typed.Labels, []string{"flow_id"}) {
		t.Errorf("got %+v", err)
	}
}

func TestLabelsThatAreNotDeclaredPassUnlessTheRegistryIsStrict(t *testing.T) {
	for strict, want := range map[bool]error{false: nil, true: metrics.ErrUnknownLabels} {
		r := open(t, metrics.Options{Strict: strict})
		err := r.IncrementCounter(t.Context(), "num_files_uploaded", flow)
		if !errors.Is(err, want) {
			t.Errorf("strict %v: %v", strict, err)
		}
		if want != nil && err.Error() != "Unknown labels: {'service', 'user'}" {
			t.Errorf("got %q", err)
		}
		// The type is looked at after the labels, in this mode too.
		if err := r.UpdateGauge(t.Context(), "num_files_uploaded", 1, flow); strict && !errors.Is(err, metrics.ErrUnknownLabels) {
			t.Errorf("with the wrong type: %v", err)
		}
	}
}

func TestValuesThatAnInstrumentCannotHoldAreRefused(t *testing.T) {
	names := map[metrics.Type]string{
		metrics.TypeCounter: "a_counter", metrics.TypeUpDownCounter: "an_up_down_counter",
		metrics.TypeHistogram: "a_histogram", metrics.TypeObservableGauge: "a_gauge",
	}
	negative := map[metrics.Type]bool{metrics.TypeUpDownCounter: true, metrics.TypeObservableGauge: true}
	r := open(t, metrics.Options{Definitions: ofEachType()})
	for of, record := range recorders(t, r) {
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if err := record(names[of], v, flow); !errors.Is(err, metrics.ErrInvalidValue) {
				t.Errorf("%s takes %v: %v", of, v, err)
			}
		}
		if err := record(names[of], -1, flow); errors.Is(err, metrics.ErrInvalidValue) == negative[of] {
			t.Errorf("%s and -1: %v", of, err)
		}
		for _, v := range []float64{0, math.SmallestNonzeroFloat64} {
			if err := record(names[of], v, flow); err != nil {
				t.Errorf("%s does not take %v: %v", of, v, err)
			}
		}
	}
}

func TestEachTypeKeepsWhatItIsFor(t *testing.T) {
	r := open(t, metrics.Options{Definitions: []metrics.Definition{
		{Name: "user_sessions", Description: "Sessions.", Type: metrics.TypeUpDownCounter, Labels: map[string]bool{"user_type": true}},
		{Name: "api_latency", Description: "Latency.", Unit: "ms", Type: metrics.TypeHistogram, Labels: map[string]bool{"flow_id": true, "endpoint": true}},
		{Name: "queue_length", Description: "Waiting.", Type: metrics.TypeObservableGauge, Labels: map[string]bool{"flow_id": true}},
		{Name: "api_calls", Description: "Calls.", Type: metrics.TypeCounter, Labels: map[string]bool{"flow_id": true}},
	}})
	ctx := t.Context()
	f1, f2 := metrics.Labels{"flow_id": "f1"}, metrics.Labels{"flow_id": "f2"}
	wantNil(t, r.AddToUpDownCounter(ctx, "user_sessions", 1, metrics.Labels{"user_type": "guest"}))
	wantNil(t, r.AddToUpDownCounter(ctx, "user_sessions", -1, metrics.Labels{"user_type": "guest"}))
	wantNil(t, r.ObserveHistogram(ctx, "api_latency", 120.5, metrics.Labels{"flow_id": "f1", "endpoint": "/run"}))
	wantNil(t, r.UpdateGauge(ctx, "queue_length", 7, f1))
	wantNil(t, r.UpdateGauge(ctx, "queue_length", 3, f2))
	wantNil(t, r.UpdateGauge(ctx, "queue_length", -2, f1))
	wantNil(t, r.IncrementCounter(ctx, "api_calls", f1))
	wantNil(t, r.AddToCounter(ctx, "api_calls", 2.5, f1))
	text := scrape(t, r)
	for _, want := range []string{
		`user_sessions{user_type="guest"} 0`,
		`api_latency_milliseconds_bucket{endpoint="/run",flow_id="f1",le="100"} 0`,
		`api_latency_milliseconds_bucket{endpoint="/run",flow_id="f1",le="250"} 1`,
		`api_latency_milliseconds_sum{endpoint="/run",flow_id="f1"} 120.5`,
		`api_latency_milliseconds_count{endpoint="/run",flow_id="f1"} 1`,
		`queue_length{flow_id="f1"} -2`, `queue_length{flow_id="f2"} 3`,
		`api_calls_total{flow_id="f1"} 3.5`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\nqueue_length{"); n != 2 {
		t.Errorf("the gauge has %d series, want 2", n)
	}
}

func TestAHandleIsOfItsTypeOrAnError(t *testing.T) {
	r := open(t, metrics.Options{Definitions: ofEachType()})
	ctx := t.Context()
	c, err1 := r.Counter("a_counter")
	u, err2 := r.UpDownCounter("an_up_down_counter")
	h, err3 := r.Histogram("a_histogram")
	g, err4 := r.Gauge("a_gauge")
	wantNil(t, errors.Join(err1, err2, err3, err4))
	wantNil(t, errors.Join(c.Add(ctx, 2, flow), u.Add(ctx, -2, flow), h.Observe(ctx, 0.2, flow), g.Set(ctx, 5, flow)))
	wantError(t, c.Add(ctx, 1, nil), metrics.ErrNoLabels, "Labels must be provided for the metric")
	text := scrape(t, r)
	for _, want := range []string{"a_counter_total{", "an_up_down_counter{", "a_histogram_seconds_sum{", "a_gauge{"} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}

	_, err1 = r.Counter("a_gauge")
	wantError(t, err1, metrics.ErrWrongType, "Metric 'a_gauge' is not a counter")
	none, err := r.Gauge("nothing")
	wantError(t, err, metrics.ErrNotRegistered, "Metric 'nothing' is not registered")
	if err := none.Set(ctx, 1, flow); !errors.Is(err, metrics.ErrNotRegistered) {
		t.Errorf("the handle of an ignored error: %v", err)
	}
}

// What clients send must not end a scrape, or let one client have labels of any length.
func TestValuesOfLabelsAreMadeFitToBeScraped(t *testing.T) {
	r := open(t, metrics.Options{})
	for _, value := range []string{"a\xffb", "with \"quotes\"\nand lines", "", strings.Repeat("ä", 1000), strings.Repeat("ä", 2000)} {
		wantNil(t, r.IncrementCounter(t.Context(), "num_files_uploaded", metrics.Labels{"flow_id": value}))
		wantNil(t, r.UpdateGauge(t.Context(), "file_uploads", 1, metrics.Labels{"flow_id": value}))
	}
	text := scrape(t, r)
	lint(t, text)
	for _, want := range []string{
		`num_files_uploaded_total{flow_id="a` + "\uFFFD" + `b"} 1`,
		`num_files_uploaded_total{flow_id="with \"quotes\"\nand lines"} 1`,
		`num_files_uploaded_total{flow_id="` + strings.Repeat("ä", 128) + `"} 2`, // both were cut to the same
		`file_uploads_bytes{flow_id="` + strings.Repeat("ä", 128) + `"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

func TestTheOrderOfLabelsDoesNotMatter(t *testing.T) {
	r := open(t, metrics.Options{})
	for i := range 100 { // a map is ranged over in any order
		labels := metrics.Labels{}
		for j := range 10 {
			labels["l"+strconv.Itoa((i+j)%10)] = "v"
		}
		labels["flow_id"] = "f"
		wantNil(t, r.IncrementCounter(t.Context(), "num_files_uploaded", labels))
	}
	if got := samples(t, r, "num_files_uploaded_total"); len(got) != 1 || !strings.HasSuffix(got[0], " 100") {
		t.Errorf("scraped %q", got)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := open(t, metrics.Options{Definitions: ofEachType()})
	ctx := t.Context()
	labels := metrics.Labels{"flow_id": "f1", "endpoint": "/run", "method": "GET"}
	for name, record := range map[string]func() error{
		"counter":   func() error { return r.IncrementCounter(ctx, "a_counter", labels) },
		"histogram": func() error { return r.ObserveHistogram(ctx, "a_histogram", 0.1, labels) },
		"gauge":     func() error { return r.UpdateGauge(ctx, "a_gauge", 1, labels) },
	} {
		allocations := testing.AllocsPerRun(100, func() { wantNil(t, record()) })
		if allocations > 0 && !raceEnabled {
			t.Errorf("a %s takes %v allocations", name, allocations)
		}
	}
}

func BenchmarkRecording(b *testing.B) {
	r := open(b, metrics.Options{Definitions: ofEachType()})
	labels := metrics.Labels{"flow_id": "f1", "endpoint": "/run", "method": "GET"}
	for of, record := range recorders(b, r) {
		name := map[metrics.Type]string{
			metrics.TypeCounter: "a_counter", metrics.TypeUpDownCounter: "an_up_down_counter",
			metrics.TypeHistogram: "a_histogram", metrics.TypeObservableGauge: "a_gauge",
		}[of]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = record(name, 1, labels)
			}
		})
	}
}
