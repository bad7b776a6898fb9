package core

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// storedIn is a configuration with a queue on disk, and a sink that is counted when it is opened.
func storedIn(dir string, sink Sink, opened *int) Config {
	return Config{
		Queue: QueueConfig{Open: func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return disk.Open(disk.Config{Dir: filepath.Join(dir, "queue"), MaxBytes: maxBytes, OnFull: onFull})
		}},
		Sinks: []SinkConfig{{Name: "out", Open: func() (Sink, error) {
			*opened++
			return sink, nil
		}, Fingerprint: "1"}},
	}
}

var quiet = WithEnviron(func(string) (string, bool) { return "", false })

func TestWithoutDeliveryEventsAreStoredForAnotherDispatcher(t *testing.T) {
	dir, sink, opened := t.TempDir(), &fakeSink{}, 0
	state := WithStateDir(t.TempDir())
	d, err := New(storedIn(dir, sink, &opened), quiet, state, WithoutDelivery())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := d.Track(t.Context(), "run"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Flush(t.Context()); err == nil {
		t.Error("a flush of nothing says that all is delivered")
	}
	next := storedIn(dir, sink, &opened)
	next.Sinks[0].Fingerprint = "2"
	if err := d.Reload(next); err != nil {
		t.Error(err)
	}
	if s := d.Stats().Sinks["out"]; s.Queued != 3 || s.State != StateOK {
		t.Errorf("the books: %+v", s)
	}
	began := time.Now()
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("closing took %v", took)
	}
	if s := d.Stats(); s.Sinks["out"].Queued != 3 || s.Books.Accepted != 3 || opened != 0 {
		t.Errorf("after closing: %+v, sink opened %d times", s, opened)
	}

	d, err = New(storedIn(dir, sink, &opened), quiet, state)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(sink.took) != 3 || opened != 1 {
		t.Errorf("the next dispatcher delivered %d events, and opened %d sinks", len(sink.took), opened)
	}
}

func TestWithoutDeliveryAWithdrawalDiscardsWhatIsStored(t *testing.T) {
	dir, opened := t.TempDir(), 0
	state := WithStateDir(t.TempDir())
	d, err := New(storedIn(dir, &fakeSink{}, &opened), quiet, state, WithoutDelivery())
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Track(t.Context(), "run")
	d.SetDoNotTrack(true)
	_ = d.Track(t.Context(), "run")
	d.SetDoNotTrack(false)
	_ = d.Track(t.Context(), "run")
	if s := d.Stats(); s.Sinks["out"].Filtered != 1 || s.Sinks["out"].Queued != 1 || s.Books.Denied != 1 {
		t.Errorf("the books: %+v", s)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWithoutDeliveryTheQueueHasToKeepItsEvents(t *testing.T) {
	if _, err := New(Config{}, quiet, WithoutDelivery()); err == nil {
		t.Error("events that nobody will deliver are taken")
	}
	dir, opened := t.TempDir(), 0
	cfg := storedIn(dir, &fakeSink{}, &opened)
	cfg.DoNotTrack = true
	d, err := New(cfg, quiet, WithoutDelivery())
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Track(t.Context(), "run")
	_ = d.Close(context.Background())
	if _, err := os.Stat(filepath.Join(dir, "queue")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("tracking is off, and the queue was made: %v", err)
	}
}
