package metrics_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/metrics"
)

func TestWhatACounterGetsBeyondItsBoundIsCountedTogether(t *testing.T) {
	var log bytes.Buffer
	definitions := ofEachType()
	r := open(t, metrics.Options{Definitions: definitions, MaxSeries: 10, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for i := range 25 {
		labels := metrics.Labels{"flow_id": fmt.Sprint(i)}
		wantNil(t, r.AddToCounter(t.Context(), "a_counter", 2, labels))
		wantNil(t, r.ObserveHistogram(t.Context(), "a_histogram", 2, labels))
		wantNil(t, r.AddToUpDownCounter(t.Context(), "an_up_down_counter", 2, labels))
	}
	wantNil(t, r.AddToCounter(t.Context(), "a_counter", 1, metrics.Labels{"flow_id": "0"})) // it had its series before
	text := scrape(t, r)
	for _, want := range []string{
		`a_counter_total{flow_id="0"} 3`, `a_counter_total{flow_id="9"} 2`, `a_counter_total{otel_metric_overflow="true"} 30`,
		`a_histogram_seconds_count{otel_metric_overflow="true"} 15`, `an_up_down_counter{otel_metric_overflow="true"} 30`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\na_counter_total{"); n != 11 {
		t.Errorf("the counter has %d series, want 11", n)
	}
	if n := strings.Count(log.String(), "metric=a_counter "); n != 1 {
		t.Errorf("it was logged %d times:\n%s", n, log.String())
	}
}

func TestAMetricMayHaveABoundOfItsOwn(t *testing.T) {
	d := counter("x")
	d.MaxSeries = 2
	r := open(t, metrics.Options{Definitions: []metrics.Definition{d}})
	for i := range 5 {
		wantNil(t, r.IncrementCounter(t.Context(), "x", metrics.Labels{"flow_id": fmt.Sprint(i)}))
	}
	want := []string{`x_total{flow_id="0"} 1`, `x_total{flow_id="1"} 1`, `x_total{otel_metric_overflow="true"} 3`}
	got := samples(t, r, "x_total")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("scraped %q", got)
	}
}

// The SDK has a bound of its own, which must not cut in before ours.
func TestTheBoundMayBeRaisedAboveThatOfTheSDK(t *testing.T) {
	r := open(t, metrics.Options{MaxSeries: 3000})
	for i := range 3001 {
		wantNil(t, r.IncrementCounter(t.Context(), "num_files_uploaded", metrics.Labels{"flow_id": fmt.Sprint(i)}))
	}
	text := scrape(t, r)
	if n := strings.Count(text, "\nnum_files_uploaded_total{flow_id="); n != 3000 {
		t.Errorf("there are %d series, want 3000", n)
	}
	if want := `num_files_uploaded_total{otel_metric_overflow="true"} 1`; !strings.Contains(text, want) {
		t.Errorf("there is no %s", want)
	}
}

func TestAGaugeForgetsWhatWasSetLongestAgo(t *testing.T) {
	d := metrics.Definition{Name: "g", Description: "G.", Type: metrics.TypeObservableGauge, Labels: map[string]bool{"flow_id": true}, MaxSeries: 3}
	r := open(t, metrics.Options{Definitions: []metrics.Definition{d}})
	for _, flow := range []string{"a", "b", "c", "a", "d", "e"} {
		wantNil(t, r.UpdateGauge(t.Context(), "g", 1, metrics.Labels{"flow_id": flow}))
	}
	got := samples(t, r, "g{")
	slices.Sort(got)
	if want := []string{`g{flow_id="a"} 1`, `g{flow_id="d"} 1`, `g{flow_id="e"} 1`}; !slices.Equal(got, want) {
		t.Errorf("scraped %q", got)
	}
}

func TestAGaugeThatExpiresIsNotScrapedAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := metrics.Definition{Name: "g", Description: "G.", Type: metrics.TypeObservableGauge, Labels: map[string]bool{"flow_id": true}, Expiry: time.Minute}
		lasting := d
		lasting.Name, lasting.Expiry = "lasting", 0
		r := open(t, metrics.Options{Definitions: []metrics.Definition{d, lasting}})
		set := func(flow string) {
			wantNil(t, r.UpdateGauge(t.Context(), "g", 1, metrics.Labels{"flow_id": flow}))
		}
		wantNil(t, r.UpdateGauge(t.Context(), "lasting", 1, metrics.Labels{"flow_id": "a"}))
		set("a")
		set("b")
		time.Sleep(59 * time.Second)
		set("a")
		expect := func(want ...string) {
			t.Helper()
			got := recorded(r, "g{")
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("scraped %q, want %q", got, want)
			}
		}
		expect(`g{flow_id="a"} 1`, `g{flow_id="b"} 1`)
		time.Sleep(time.Second)
		expect(`g{flow_id="a"} 1`)
		time.Sleep(59 * time.Second)
		expect()
		set("b")
		expect(`g{flow_id="b"} 1`)
		if got := recorded(r, "lasting"); len(got) != 1 {
			t.Errorf("the gauge without an expiry: %q", got)
		}
	})
}
