package disk

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// expectOldest makes sure that record i is what a cursor tells the time of; none if i is negative.
func expectOldest(t testing.TB, c queue.Cursor, place uint64, i int) {
	t.Helper()
	var want time.Time
	if i >= 0 {
		want = numbered(record(i, 8))
	}
	if got, at := c.(queue.Peeker).Peek(numbered); got != place || !at.Equal(want) {
		t.Errorf("the oldest is at %d, of %v; want %d, %v", got, at.Unix(), place, want.Unix())
	}
}

// readFS counts what is read, and reads nothing while it is stuck.
type readFS struct {
	fsys.FS
	bytes atomic.Int64
	stuck atomic.Pointer[chan struct{}]
}

type readFile struct {
	fsys.File
	fs *readFS
}

func (r *readFS) Open(name string, access fsys.Access) (fsys.File, error) {
	f, err := r.FS.Open(name, access)
	if err != nil {
		return nil, err
	}
	return readFile{f, r}, nil
}

func (f readFile) ReadAt(b []byte, off int64) (int, error) {
	if stuck := f.fs.stuck.Load(); stuck != nil {
		<-*stuck
	}
	f.fs.bytes.Add(int64(len(b)))
	return f.File.ReadAt(b, off)
}

func TestPeekReadsOneRecordHoweverManyThereAre(t *testing.T) {
	fs := &readFS{FS: crashfs.New(1)}
	l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 64 << 20}, "a")
	defer mustClose(t, l)
	for from := 0; from < 30_000; from += 1000 {
		var recs [][]byte
		for i := from; i < from+1000; i++ {
			recs = append(recs, record(i, 1000))
		}
		mustAppend(t, l, recs...)
	}
	before := fs.bytes.Load()
	expectOldest(t, cursors[0], 0, 0)
	if n := fs.bytes.Load() - before; n > 2*peekBytes {
		t.Errorf("it read %d bytes, more than %d", n, 2*peekBytes)
	}
	before = fs.bytes.Load()
	expectOldest(t, cursors[0], 0, 0)
	if n := fs.bytes.Load() - before; n != 0 {
		t.Errorf("it read %d bytes again of a place that it knew", n)
	}
	run, _ := cursors[0].Fetch(20_000, 30<<20, true)
	before = fs.bytes.Load()
	expectOldest(t, cursors[0], run.First+uint64(run.Len()), run.Len())
	if n := fs.bytes.Load() - before; n == 0 || n > 2*peekBytes {
		t.Errorf("at another place it read %d bytes, want some and at most %d", n, 2*peekBytes)
	}
	run.Done()
}

func TestPeekDoesNotWaitForADiskThatHangsNorDoesAnybodyForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := &readFS{FS: crashfs.New(1)}
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}, "a")
		mustAppend(t, l, record(0, 100), record(1, 100))
		stuck := make(chan struct{})
		fs.stuck.Store(&stuck)
		for try, most := range []time.Duration{peekPatience, 0, 0} {
			begun := time.Now()
			expectOldest(t, cursors[0], 0, -1)
			if took := time.Since(begun); took > most {
				t.Errorf("try %d took %v, more than %v", try, took, most)
			}
		}
		mustAppend(t, l, record(2, 100))
		fs.stuck.Store(nil)
		close(stuck)
		synctest.Wait()
		expectOldest(t, cursors[0], 0, 0)
		mustClose(t, l)
	})
}

func TestPeekTellsOfTheNextRecordWhereTheOldestIsDamaged(t *testing.T) {
	const n, size = 60, 100
	fs, _ := logOf(t, n, size, 32<<10, true)
	files := segmentFiles(t, fs)
	if len(files) < 2 {
		t.Fatalf("%d segments", len(files))
	}
	perFile := n / len(files)
	frame := frameHeader + size
	for _, damaged := range []struct {
		what        string
		first, last int // records
		want        int
	}{
		{"the oldest", 0, 0, 1},
		{"a few", 0, 5, 6},
		{"a file", 0, perFile - 1, perFile},
	} {
		image := fs.Clone(1)
		data := image.Data(files[0])
		for i := damaged.first; i <= damaged.last && dataStart+i*frame+30 < len(data); i++ {
			data[dataStart+i*frame+30] ^= 1
		}
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: image, MaxBytes: 32 << 10}, "sink")
		place, at := cursors[0].(queue.Peeker).Peek(numbered)
		if place != 0 || at.Unix() < int64(damaged.want) || at.Unix() > int64(damaged.want)+int64(perFile)/2 {
			t.Errorf("with %s damaged it tells of record %d at %d, want about %d", damaged.what, at.Unix(), place, damaged.want)
		}
		if at := positionOf(l, cursors[0]); at.Damaged != 0 || at.Unread != n {
			t.Errorf("with %s damaged, looking has changed the books: %+v", damaged.what, at)
		}
		mustClose(t, l)
	}
}

func TestPeekKnowsWhatWasHeldAndGivenBackAndWhatAFileOfItsOwnKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		l, cursors := mustOpen(t, cfg, "a")
		for i := range 200 {
			mustAppend(t, l, record(i, 100))
		}
		c := cursors[0]
		run, _ := c.Fetch(50, 1<<20, true)
		c.Hold(7, record(7, 100))
		c.Hold(9, record(9, 100))
		fetched := run.Len()
		run.Done()
		expectOldest(t, c, uint64(fetched), fetched) // what is held is in hand
		c.Release(7)
		c.Rewind()
		expectOldest(t, c, 9, 9)
		run, _ = c.Fetch(1, 1<<20, true)
		c.Hold(9, record(9, 100))
		run.Done()
		for i := 200; i < 1000; i++ { // many segments, of which the first are removed
			mustAppend(t, l, record(i, 100))
			run, _ := c.Fetch(1000, 1<<20, true)
			run.Done()
		}
		synctest.Wait()
		mustAppend(t, l, record(1000, 100))
		c.Rewind()
		if kept := c.(*cursor).keptWith(9); kept == nil {
			t.Fatal("the record is in no file of its own")
		}
		expectOldest(t, c, 9, 9)
		l, cursors = reopen(t, l, false, "a")
		expectOldest(t, cursors[0], 9, 9)
		mustClose(t, l)
		expectOldest(t, cursors[0], 9, -1)
	})
}

func TestAPlaceThatCannotBeReadIsLookedAtAgainAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := &readFS{FS: crashfs.New(1)}
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}, "a")
		for i := range 5 {
			if err := l.Append(context.Background(), record(i, 100)); err != nil {
				t.Fatal(err)
			}
		}
		unread := func([]byte) time.Time { return time.Time{} }
		if _, at := cursors[0].(queue.Peeker).Peek(unread); !at.IsZero() {
			t.Fatal(at)
		}
		before := fs.bytes.Load()
		expectOldest(t, cursors[0], 0, -1)
		if n := fs.bytes.Load() - before; n != 0 {
			t.Errorf("it read %d bytes at once again", n)
		}
		time.Sleep(peekRest)
		expectOldest(t, cursors[0], 0, 0)
		mustClose(t, l)
	})
}
