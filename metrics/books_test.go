package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
)

func TestTheBooksOfADispatcherAreScraped(t *testing.T) {
	refuse := core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
		failed := new(core.BatchError)
		for i := range batch {
			if batch[i].Name() == "bad" {
				failed.Fail(i, core.Refused(errors.New("no")))
			}
		}
		return failed
	})
	none := func(string) (string, bool) { return "", false }
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "vendor", Sink: refuse, Reach: core.ReachLocal, Events: []string{"!debug"}}}},
		core.WithStateDir(t.TempDir()), core.WithEnviron(none))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(context.Background())
	for _, name := range []string{"run", "run", "bad", "debug", ""} {
		_ = d.Track(t.Context(), name, slog.String("password", "swordfish"), slog.String("note", "for ada@"+"example.com"))
	}
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := metrics.New(metrics.Options{Lookup: none})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Shutdown(context.Background())
	if err := r.ReportBooks(d.Stats, metrics.Build{Version: "1.2.3", Commit: "abc"}); err != nil {
		t.Fatal(err)
	}
	var ours []string
	for line := range strings.Lines(scrape(t, r)) { // promlint has no objection
		if strings.Contains(line, "headgate_") && !strings.Contains(line, "headgate_build_info{") {
			ours = append(ours, line)
		}
	}
	got, golden := strings.Join(ours, ""), filepath.Join("testdata", "books.txt")
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v; the scrape is not that of %s:\n%s", err, golden, got)
	}
	if text := scrape(t, r); !strings.Contains(text, `headgate_build_info{commit="abc",go_version="go`) || !strings.Contains(text, `version="1.2.3"} 1`) {
		t.Errorf("build info:\n%s", text)
	}
}

func TestTheAgeOfTheOldestEventIsScrapedWhereItIsKnown(t *testing.T) {
	age := 187.25
	stats := core.Stats{Sinks: map[string]core.SinkStats{
		"slow": {Queued: 3, OldestEventAge: &age}, "idle": {OldestEventAge: new(float64)}, "elsewhere": {Queued: 3},
	}}
	r, err := metrics.New(metrics.Options{Lookup: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Shutdown(context.Background())
	if err := r.ReportBooks(func() core.Stats { return stats }, metrics.Build{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(scrape(t, r)) {
		if strings.HasPrefix(line, "headgate_sink_oldest_event_age_seconds") {
			got = append(got, line)
		}
	}
	want := []string{
		`headgate_sink_oldest_event_age_seconds{sink="idle"} 0` + "\n",
		`headgate_sink_oldest_event_age_seconds{sink="slow"} 187.25` + "\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheAttemptsOfADispatcherAreMeasured(t *testing.T) {
	tries := 0
	flaky := core.SinkFunc(func(context.Context, []core.Sealed) error {
		if tries++; tries == 1 {
			return errors.New("away")
		}
		return nil
	})
	none := func(string) (string, bool) { return "", false }
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "vendor", Sink: flaky, Reach: core.ReachLocal, Retry: core.RetryConfig{Initial: 1, Max: 1}}}},
		core.WithStateDir(t.TempDir()), core.WithEnviron(none))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(context.Background())
	r, err := metrics.New(metrics.Options{Lookup: none})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ReportAttempts(d.ObserveAttempts); err != nil {
		t.Fatal(err)
	}
	_ = d.Track(t.Context(), "run")
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := scrape(t, r)
	for _, want := range []string{
		`headgate_sink_send_duration_seconds_count{result="retry",sink="vendor"} 1`,
		`headgate_sink_send_duration_seconds_count{result="ok",sink="vendor"} 1`,
		`headgate_sink_send_duration_seconds_bucket{result="ok",sink="vendor",le="30"} 1`,
		`headgate_sink_repeated_attempts_total{result="ok",sink="vendor"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = d.Track(t.Context(), "run") // nobody measures it, and nothing breaks
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.ReportAttempts(d.ObserveAttempts); err == nil {
		t.Error("a registry that is shut down measures on")
	}
}
