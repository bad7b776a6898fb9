package disk

import (
	"bytes"
	"slices"
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

// meddling is a disk on which something happens before the names of the cursors' files are synced.
type meddling struct {
	*crashfs.FS
	meddle func()
}

func (m *meddling) SyncDir(dir string) error {
	if f := m.meddle; f != nil && dir == "/queue/"+cursorSubdir {
		m.meddle = nil
		f()
	}
	return m.FS.SyncDir(dir)
}

func TestWhatIsKeptOfASegmentThatACrashBringsBackCanBeReadWhileItIsKeptAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropNewest)
		l, cursors := mustOpen(t, cfg, "sink")
		c := cursors[0]
		for i := range 150 {
			mustAppend(t, l, record(i, 100))
		}
		var held []uint64
		run, _ := c.Fetch(150, 1<<20, true)
		for place := run.First; run.Len() > 0; place++ {
			if rec := run.Next(); place%10 == 0 {
				c.Hold(place, rec)
				held = append(held, place)
			}
		}
		run.Done()
		fs := cfg.FS.(*crashfs.FS)
		path := segmentFiles(t, fs)[0]
		gone := bytes.Clone(fs.Data(path))
		l.reclaim(true)
		synctest.Wait()
		if segmentFiles(t, fs)[0] == path {
			t.Fatal("the segment is there, and nothing is kept of it")
		}
		fs = fs.Kill()
		_ = l.Close()
		fs.SetData(path, gone) // its removal was not on stable storage when power was lost
		disk := &meddling{FS: fs}
		cfg.FS = disk
		l, cursors = mustOpen(t, cfg, "sink")
		c = cursors[0]
		var got []uint64
		fetch := func() {
			run, _ := c.Fetch(1, 1<<20, true)
			for place := run.First; run.Len() > 0; place++ {
				if rec := string(run.Next()); rec != string(record(int(place), 100)) {
					t.Errorf("at %d is %.20q", place, rec)
				}
				got = append(got, place)
			}
		}
		disk.meddle = fetch // in the middle of keeping the records again
		l.reclaim(true)
		if len(got) != 1 {
			t.Fatalf("fetched %d meanwhile", len(got))
		}
		for before := -1; len(got) > before; {
			before = len(got)
			fetch()
		}
		if n := len(held); len(got) < n || !slices.Equal(got[:n], held) || positionOf(l, c).Damaged > 0 {
			t.Errorf("held %v, got %v; %+v", held, got, positionOf(l, c))
		}
		mustClose(t, l)
	})
}
