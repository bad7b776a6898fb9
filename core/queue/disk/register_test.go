package disk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

func TestNothingIsAcknowledgedBeforeEverySinkIsSureToFindIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		l, _ := mustOpen(t, cfg, "a")
		cfg.FS.(*crashfs.FS).Fault(func(op crashfs.Op, name string) error {
			if op == crashfs.OpRename && filepath.Dir(name) == "/queue/cursors" {
				return syscall.EIO
			}
			return nil
		})
		l.Cursor("added") // whose place cannot be kept
		if err := l.Append(context.Background(), []byte("early")); !errors.Is(err, queue.ErrUnavailable) {
			t.Errorf("a record that the new sink would not find after a crash: got %v, want %v", err, queue.ErrUnavailable)
		}
		cfg.FS.(*crashfs.FS).Fault(nil)
		time.Sleep(time.Second)
		mustAppend(t, l, []byte("x"))
		l, cursors := reopen(t, l, true, "a", "added")
		for i, c := range cursors {
			if got := drain(t, l, c); fmt.Sprint(got.recs) != "[x]" {
				t.Errorf("cursor %d finds %q", i, got.recs)
			}
		}
		mustClose(t, l)
	})
}

func TestFilesThatAKilledProcessMadeAreKeptBeforeAnythingInThemIsAcknowledged(t *testing.T) {
	for ops := range 60 {
		fs := crashfs.New(uint64(ops))
		cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}
		fs.KillAfter(ops)
		l, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		l.Cursor("sink")
		_ = l.Resume() // the process ends before it knows, or as it appends
		_ = l.Append(context.Background(), []byte("first"))
		cfg.FS = fs.Kill()
		_ = l.Close()
		l, _ = mustOpen(t, cfg, "sink")
		mustAppend(t, l, []byte("acknowledged"))
		l, cursors := reopen(t, l, true, "sink")
		if got := drain(t, l, cursors[0]); len(got.recs) == 0 || got.recs[len(got.recs)-1] != "acknowledged" {
			t.Errorf("killed after %d operations: found %q", ops, got.recs)
		}
		mustClose(t, l)
	}
}

func TestASinkThatIsAddedWhereThereHadBeenNoneStartsAtTheEnd(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "gone")
	mustAppend(t, l, []byte("before"))
	cursors[0].Remove()
	mustAppend(t, l, []byte("for nobody"))
	l, cursors = reopen(t, l, false, "added")
	if got := drain(t, l, cursors[0]); len(got.recs) != 0 {
		t.Errorf("it finds %q", got.recs)
	}
	mustClose(t, l)
}
