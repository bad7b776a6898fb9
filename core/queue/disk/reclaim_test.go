package disk

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

func TestASegmentToWhichACursorGoesBackWhileItIsBeingRemovedStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropNewest)
		l, cursors := mustOpen(t, cfg, "a")
		appended := 0
		for ; l.Health().Segments < 2; appended++ {
			mustAppend(t, l, record(appended, 100))
		}
		first := appended - 1 // records of the first segment
		c := cursors[0]
		done, _ := c.Fetch(first*2/3, 1<<20, true)
		done.Done()
		rest, _ := c.Fetch(first-first*2/3, 1<<20, true)
		synctest.Wait()
		again := rest.Len()
		cfg.FS.(*crashfs.FS).Fault(func(op crashfs.Op, name string) error {
			if op == crashfs.OpSync && strings.HasSuffix(name, cursorSuffix) {
				c.Rewind() // now that the segment is known to be passed
			}
			return nil
		})
		l.reclaim(true)
		cfg.FS.(*crashfs.FS).Fault(nil)
		got := drain(t, l, c)
		if len(got.recs) != again+1 || got.at.Damaged != 0 {
			t.Errorf("of %d that were given back and one more, %d come: %+v", again, len(got.recs), got.at)
		}
		for i, rec := range got.recs {
			if rec != string(record(first-again+i, 100)) {
				t.Fatalf("at %d is %.20q", got.places[i], rec)
			}
		}
		mustClose(t, l)
	})
}
