package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// dispatcher has the sink behind it as a file of configuration would.
func dispatcher(t *testing.T, path string, doNotTrack bool) *core.Dispatcher {
	t.Helper()
	d, err := core.New(core.Config{DoNotTrack: doNotTrack, Sinks: []core.SinkConfig{{
		Name: "store", Type: "warehouse", Reach: core.ReachLocal,
		Open: func() (core.Sink, error) {
			return warehouse.New(context.Background(), registry.Env{Name: "store", Timeout: 50 * time.Millisecond},
				warehouse.Config{Driver: "sqlite", Path: path, Table: table, Retention: "90d"})
		},
		Batch:   core.BatchConfig{MaxEvents: 20, MaxWait: time.Millisecond},
		Retry:   core.RetryConfig{Initial: time.Millisecond, Max: 5 * time.Millisecond},
		Timeout: time.Second,
	}}}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryEventIsARowOnceThoughTheFileWasLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := dispatcher(t, path, false)
	send := func(from, n int) {
		for i := from; i < from+n; i++ {
			if err := d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", Kind: core.Kind(i % 3)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	send(0, 50)
	if err := d.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	release := lockFile(t, path)
	send(50, 50)
	for d.Stats().Sinks["store"].Retries == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	release()
	if err := d.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(ctx); err != nil {
		t.Error(err)
	}
	if s := d.Stats().Sinks["store"]; s.Delivered != 100 || s.Retries == 0 {
		t.Errorf("delivered %d of 100 with %d retries, the last error was %q", s.Delivered, s.Retries, s.LastError)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the write-ahead log is left beside the file")
	}
	seen := map[string]string{}
	for _, row := range readRows(t, path) {
		if kind, twice := seen[row.ID]; twice {
			t.Errorf("event %s is there as %s and as %s", row.ID, kind, row.Kind)
		}
		seen[row.ID] = row.Kind
	}
	for i := range 100 {
		if want := core.Kind(i % 3).String(); seen[fmt.Sprint("e", i)] != want {
			t.Errorf("event e%d has the kind %q, want %q", i, seen[fmt.Sprint("e", i)], want)
		}
	}
}

func TestNothingIsMadeWhileTrackingIsOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "made", "x.db")
	d := dispatcher(t, path, true)
	if err := d.Track(t.Context(), "run"); err != nil {
		t.Error(err)
	}
	if err := d.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(filepath.Dir(path))); err == nil {
		t.Error("a directory was made")
	}
}
