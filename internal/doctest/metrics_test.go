package doctest

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
)

var metricName = regexp.MustCompile(`\bheadgate_[a-z_]+\b`)

func TestEveryMetricThatTheDocumentationNamesIsScrapedAndEachIsNamed(t *testing.T) {
	scraped := make(map[string]bool)
	for _, line := range strings.Split(scrape(t), "\n") {
		if fields := strings.Fields(line); len(fields) == 4 && fields[1] == "TYPE" && strings.HasPrefix(fields[2], "headgate_") {
			scraped[fields[2]] = false
		}
	}
	if len(scraped) < 10 {
		t.Fatalf("few metrics: %v", scraped)
	}
	files, err := filepath.Glob(filepath.Join(repository(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metricName.FindAllString(string(text), -1) {
			if _, known := scraped[name]; !known {
				t.Errorf("%s names %s, which no scrape has", filepath.Base(file), name)
				continue
			}
			scraped[name] = true
		}
	}
	for name, named := range scraped {
		if !named {
			t.Errorf("no document names %s", name)
		}
	}
}

// scrape returns what the daemon tells of itself when everything there is has happened.
func scrape(t *testing.T) string {
	t.Helper()
	r, err := metrics.New(metrics.Options{Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	stats := core.Stats{
		Sinks:      map[string]core.SinkStats{"a": {OldestEventAge: new(float64), Reasons: map[string]uint64{"filtered.events": 1}}},
		Redactions: map[string]uint64{"email": 1},
	}
	if err := r.ReportBooks(func() core.Stats { return stats }, metrics.Build{}); err != nil {
		t.Fatal(err)
	}
	if err := r.ReportAttempts(func(f func(core.Attempt)) (stop func()) {
		f(core.Attempt{Sink: "a", Result: "ok", Took: time.Second, Repeated: true})
		return func() {}
	}); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	r.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	return rec.Body.String()
}
