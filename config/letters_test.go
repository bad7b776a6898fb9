package config_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

func TestDeadLettersAreSyncedBeforeTheyLeaveTheQueueHoweverThatIsSynced(t *testing.T) {
	f := mustLoad(t, "version: 1\nqueue:\n  type: disk\n  dir: "+filepath.Join(t.TempDir(), "queue")+
		"\n  sync: interval\nsinks:\n  log: {}\n", nil)
	cfg := f.Core()
	for _, c := range []struct {
		name string
		open func(int64, queue.OnFull) (queue.Log, error)
		want uint64 // syncs of one record, at once
	}{{"the queue", cfg.Queue.Open, 0}, {"dead letters", cfg.Sinks[0].DeadLetter.Open, 1}} {
		log, err := c.open(1<<20, queue.DropOldest)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Resume(); err != nil {
			t.Fatal(err)
		}
		if err := log.Append(context.Background(), []byte("x")); err != nil {
			t.Fatal(err)
		}
		if got := log.(*disk.Log).Health().Syncs; got != c.want {
			t.Errorf("%s: synced %d times, want %d", c.name, got, c.want)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
