package disk

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

func TestAFileThatCouldNotBeSyncedAfterItWasRewrittenIsNotSyncedAgain(t *testing.T) {
	for _, mode := range []Sync{SyncBatch, SyncInterval} {
		synctest.Test(t, func(t *testing.T) {
			cfg := inMemory(queue.DropOldest)
			cfg.Sync = mode
			fs := cfg.FS.(*crashfs.FS)
			l, _ := mustOpen(t, cfg, "a")
			for i := range 50 {
				mustAppend(t, l, record(i, 50))
			}
			time.Sleep(time.Second) // all of it is on stable storage
			fs.Fault(func(op crashfs.Op, name string) error {
				if op == crashfs.OpSync && strings.HasSuffix(name, segmentSuffix) {
					return syscall.EIO
				}
				return nil
			})
			seventh := func(rec []byte) bool { return rec[7] == '7' }
			blank := func(rec []byte) { copy(rec[8:], bytes.Repeat([]byte("-"), len(rec))) }
			if err := l.Rewrite(seventh, blank); err == nil {
				t.Error("it is said to be rewritten, and could not be synced")
			}
			fs.Fault(nil)
			for i := 50; i < 100; i++ {
				mustAppend(t, l, record(i, 50))
			}
			time.Sleep(time.Second)
			if again := fs.SyncedAgain(); len(again) > 0 {
				t.Errorf("synced again: %v", again)
			}
			l, cursors := reopen(t, l, true, "a")
			got := drain(t, l, cursors[0])
			for i, rec := range got.recs {
				if want := string(record(int(got.places[i]), 50)); rec != want && rec[7] != '7' {
					t.Errorf("at %d is %q, want %q", got.places[i], rec, want)
				}
			}
			if lost := 100 - len(got.recs); lost > 10 || uint64(lost) != got.at.Damaged {
				t.Errorf("%d records are gone, and %d said to be damaged", lost, got.at.Damaged)
			}
			mustClose(t, l)
		})
	}
}
