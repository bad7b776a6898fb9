package metrics_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
		_ = d.Track(t.Context(), name)
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
