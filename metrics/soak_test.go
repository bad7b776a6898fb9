package metrics_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/headgate-dev/headgate/metrics"
)

// soakTime is how long the goroutines record: a moment, or what HEADGATE_SOAK says.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("HEADGATE_SOAK")
	if text == "" {
		return 200 * time.Millisecond
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("HEADGATE_SOAK: %v", err)
	}
	return d
}

// A hundred goroutines ask for the registry, register what they need and record, while others
// scrape. Everything recorded must be in the last scrape, of one provider.
func TestAHundredGoroutinesOnOneRegistryLoseNothing(t *testing.T) {
	const goroutines = 100
	var shared metrics.Shared
	var recordings [goroutines]int
	var providers sync.Map
	var stop atomic.Bool
	start := make(chan struct{})
	work := func(i int) error {
		<-start
		r, err := shared.Open(metrics.Options{Lookup: environ{}.lookup})
		if err != nil {
			return err
		}
		providers.Store(r.MeterProvider(), true)
		for _, d := range ofEachType() {
			if err := r.Register(d); err != nil {
				return err
			}
		}
		for recordings[i] == 0 || !stop.Load() { // once at least, however late it comes to run
			recordings[i]++
			if err := recordOne(t, r, i, recordings[i]); err != nil {
				return err
			}
		}
		return nil
	}
	var workers sync.WaitGroup
	for i := range goroutines {
		workers.Go(func() {
			if err := work(i); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	var scrapes sync.WaitGroup
	scrapes.Go(func() {
		for !stop.Load() {
			if r, err := shared.Open(metrics.Options{}); err == nil {
				recorded(r, "a_counter_total")
			}
			time.Sleep(time.Millisecond)
		}
	})
	time.Sleep(soakTime(t))
	stop.Store(true)
	workers.Wait()
	scrapes.Wait()
	checkSoak(t, openShared(t, &shared, metrics.Options{}), recordings[:], &providers)
}

// recordOne records the nth time of a goroutine with an instrument of each type.
func recordOne(t *testing.T, r *metrics.Registry, goroutine, n int) error {
	ctx, together, own := t.Context(), metrics.Labels{"flow_id": "all"}, metrics.Labels{"flow_id": strconv.Itoa(goroutine)}
	for _, err := range []error{
		r.IncrementCounter(ctx, "a_counter", together),
		r.IncrementCounter(ctx, "a_counter", own),
		r.ObserveHistogram(ctx, "a_histogram", 0.25, together),
		r.AddToUpDownCounter(ctx, "an_up_down_counter", float64(n%2*2-1), own),
		r.UpdateGauge(ctx, "a_gauge", float64(n), own),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkSoak(t *testing.T, r *metrics.Registry, recordings []int, providers *sync.Map) {
	t.Helper()
	text, sum := scrape(t, r), 0
	want := func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !strings.Contains(text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, " ")
			t.Errorf("want %s, scraped %q", line, samples(t, r, name))
		}
	}
	number := func(n int) string { return strconv.FormatFloat(float64(n), 'g', -1, 64) }
	for i, n := range recordings {
		sum += n
		want(`a_counter_total{flow_id="%d"} %s`, i, number(n))
		want(`an_up_down_counter{flow_id="%d"} %d`, i, n%2)
		want(`a_gauge{flow_id="%d"} %s`, i, number(n))
	}
	want(`a_counter_total{flow_id="all"} %s`, number(sum))
	want(`a_histogram_seconds_count{flow_id="all"} %s`, number(sum))
	want(`a_histogram_seconds_sum{flow_id="all"} %s`, strconv.FormatFloat(0.25*float64(sum), 'g', -1, 64))
	count := 0
	providers.Range(func(p, _ any) bool {
		count++
		return p.(metric.MeterProvider) == r.MeterProvider()
	})
	if count != 1 || sum < len(recordings) {
		t.Errorf("%d providers, %d recordings", count, sum)
	}
	t.Logf("%d recordings with each type of instrument", sum)
}
