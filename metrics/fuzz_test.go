package metrics_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/metrics"
)

// Whatever a metric is called and labelled, it is refused, or can be scraped.
func FuzzWhatIsRecordedCanBeScraped(f *testing.F) {
	f.Add("x", "flow_id", "f", "By")
	f.Add("x.y/z-1", "le", "\xff", "{request}/s")
	f.Add("target_info", "a.b", "a\nb\"", "%")
	f.Add("x_count", "flow_id", "", "")
	f.Add("x_total", "__name__", strings.Repeat("é", 300), "1")
	f.Fuzz(func(t *testing.T, name, label, value, unit string) {
		var log bytes.Buffer // says what a scrape leaves out
		r := open(t, metrics.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for i, of := range []metrics.Type{metrics.TypeCounter, metrics.TypeUpDownCounter, metrics.TypeHistogram, metrics.TypeObservableGauge} {
			own := name + strings.Repeat("x", i)
			d := metrics.Definition{Name: own, Description: value, Unit: unit, Type: of, Labels: map[string]bool{label: true}}
			if r.Register(d) != nil {
				continue
			}
			if err := recorders(t, r)[of](own, 1, metrics.Labels{label: value}); err != nil {
				t.Errorf("%s %q is registered, and cannot be recorded: %v", of, own, err)
			}
		}
		_ = r.IncrementCounter(t.Context(), "num_files_uploaded", metrics.Labels{"flow_id": "f", label: value})
		parse(t, r)
		if log.Len() > 0 {
			t.Errorf("logged %s", log.String())
		}
	})
}
