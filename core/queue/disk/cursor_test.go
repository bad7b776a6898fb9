package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// reopen opens the log of a machine again: after its process was killed, or after a loss of power.
func reopen(t testing.TB, l *Log, power bool, names ...string) (*Log, []queue.Cursor) {
	t.Helper()
	cfg := l.cfg
	fs := cfg.FS.(*crashfs.FS)
	next := fs.Kill()
	if power {
		next = next.Image(0, 1)
	}
	_ = l.Close()
	cfg.FS = next
	return mustOpen(t, cfg, names...)
}

func TestAfterAKillOnlyWhatWasInHandComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
		for i := range 100 {
			mustAppend(t, l, record(i, 10))
		}
		c := cursors[0]
		one, _ := c.Fetch(10, 1<<20, true)
		two, _ := c.Fetch(10, 1<<20, true)
		three, _ := c.Fetch(10, 1<<20, true)
		c.Hold(13, record(13, 10))
		c.Hold(15, record(15, 10))
		_ = three // is in hand
		two.Done()
		one.Done()
		c.Release(15)
		synctest.Wait()
		l, cursors = reopen(t, l, false, "a")
		got := drain(t, l, cursors[0])
		want := []uint64{13}
		for place := uint64(20); place < 100; place++ {
			want = append(want, place)
		}
		if fmt.Sprint(got.places) != fmt.Sprint(want) || got.at.Recovered != 81 {
			t.Errorf("got %v, %+v", got.places, got.at)
		}
		mustClose(t, l)
	})
}

func TestASecondAfterItIsDoneARunDoesNotComeAgainEvenAfterALossOfPower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
		for i := range 100 {
			mustAppend(t, l, record(i, 10))
		}
		run, _ := cursors[0].Fetch(10, 1<<20, true)
		run.Done()
		l, cursors = reopen(t, l, true, "a") // at once: it may come again, and must not be skipped
		if got := drain(t, l, cursors[0]); len(got.recs) < 90 {
			t.Errorf("found %d", len(got.recs))
		}
		for i := range 100 {
			mustAppend(t, l, record(i, 10))
		}
		run, _ = cursors[0].Fetch(10, 1<<20, true)
		run.Done()
		time.Sleep(syncEvery)
		synctest.Wait()
		l, cursors = reopen(t, l, true, "a")
		if got := drain(t, l, cursors[0]); len(got.recs) != 90 {
			t.Errorf("found %d, want 90", len(got.recs))
		}
		mustClose(t, l)
	})
}

func TestWhatIsHeldDoesNotHoldTheLogAndSurvives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropNewest), "a", "b")
		c := cursors[0]
		var held []uint64
		for i := range 5000 { // ten times what the log may have
			mustAppend(t, l, record(i, 100))
			if i%50 == 0 {
				run, _ := c.Fetch(50, 1<<20, true)
				if i%500 == 0 {
					held = append(held, run.First)
					c.Hold(run.First, run.Next())
				}
				run.Done()
				drain(t, l, c)
				drain(t, l, cursors[1])
				synctest.Wait()
			}
		}
		if h := l.Health(); h.Segments > 3 {
			t.Errorf("%d segments are kept for what is held", h.Segments)
		}
		for _, power := range []bool{false, true} {
			l, cursors = reopen(t, l, power, "a", "b")
			c = cursors[0]
			run, _ := c.Fetch(1, 1<<20, true)
			if run.First != held[0] || string(run.Next()) != string(record(int(held[0]), 100)) {
				t.Errorf("the first that was held is %d, got %d", held[0], run.First)
			}
			c.Rewind()
		}
		got := drain(t, l, c)
		if fmt.Sprint(got.places[:len(held)]) != fmt.Sprint(held) || got.at.Damaged != 0 {
			t.Errorf("held %v, got %v", held, got.places)
		}
		for i, place := range got.places {
			if got.recs[i] != string(record(int(place), 100)) {
				t.Errorf("at %d is %q", place, got.recs[i])
			}
		}
		time.Sleep(2 * syncEvery)
		synctest.Wait()
		files, _ := l.fs.List("/queue/cursors")
		for _, file := range files {
			if strings.HasSuffix(file, keptSuffix) {
				t.Errorf("%s is left of what has come to its end", file)
			}
		}
		mustClose(t, l)
	})
}

func TestWhatIsInHandSurvivesTheDroppingOfItsSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropOldest), "down")
		for i := range 20 {
			mustAppend(t, l, record(i, 100))
		}
		run, _ := cursors[0].Fetch(10, 1<<20, true)
		for i := 20; i < 3000; i++ {
			mustAppend(t, l, record(i, 100))
		}
		synctest.Wait()
		at := positionOf(l, cursors[0])
		if at.Overflowed == 0 || at.Unread+at.Overflowed+uint64(run.Len()) != 3000 {
			t.Errorf("%+v", at)
		}
		l, cursors = reopen(t, l, true, "down")
		got := drain(t, l, cursors[0])
		for i := range 10 {
			if got.places[i] != uint64(i) || got.recs[i] != string(record(i, 100)) {
				t.Fatalf("in hand was %d, and found is %d", i, got.places[i])
			}
		}
		if uint64(len(got.recs)) != at.Unread+10 || got.at.Damaged != 0 {
			t.Errorf("found %d, %+v; before %+v", len(got.recs), got.at, at)
		}
		mustClose(t, l)
	})
}

func TestWhatIsGivenBackComesFirstAndCanBeDroppedLikeWhatWasNeverFetched(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
	c := cursors[0]
	for i := range 30 {
		mustAppend(t, l, record(i, 100))
	}
	first, _ := c.Fetch(10, 1<<20, true)
	second, _ := c.Fetch(10, 1<<20, true)
	c.Hold(12, record(12, 100))
	second.Done()
	c.Rewind()
	first.Done() // too late
	var places []uint64
	for range 30 {
		run, _ := c.Fetch(1, 1<<20, true)
		if run.Len() > 0 {
			places = append(places, run.First)
		}
	}
	if want := "[0 1 2 3 4 5 6 7 8 9 12 20 21 22 23 24 25 26 27 28 29]"; fmt.Sprint(places) != want {
		t.Errorf("fetched %v", places)
	}
	c.Rewind()
	drain(t, l, c)
	for round := range 5 { // as whoever only looks does
		for i := range 1000 {
			mustAppend(t, l, record(i, 100))
		}
		for run, _ := c.Fetch(100, 1<<20, true); run.Len() > 0; run, _ = c.Fetch(100, 1<<20, true) {
		}
		c.Rewind()
		if at := positionOf(l, c); at.Bytes > 64<<10 {
			t.Errorf("round %d: %d bytes are kept, the bound is 64 KiB", round, at.Bytes)
		}
	}
	mustClose(t, l)
}

func TestWithdrawnRecordsAreGoneFromTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a", "b")
		for i := range 300 {
			mustAppend(t, l, record(i, 100))
		}
		hand, _ := cursors[0].Fetch(10, 1<<20, true)
		l.Pause()
		for i, c := range cursors {
			if got, want := c.Discard(), 300-10*(1-i); got != want {
				t.Errorf("discarded %d, want %d", got, want)
			}
		}
		hand.Done()
		synctest.Wait()
		time.Sleep(syncEvery)
		synctest.Wait()
		names, _ := l.fs.List("/queue/log")
		files, _ := l.fs.List("/queue/cursors")
		if len(names) != 0 || len(files) != 3 {
			t.Errorf("left on the disk: %q, %q", names, files)
		}
		if err := l.Resume(); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, []byte("x"))
		l, cursors = reopen(t, l, true, "a", "b")
		for _, c := range cursors {
			if got := drain(t, l, c); fmt.Sprint(got.recs) != "[x]" || got.places[0] != 300 {
				t.Errorf("found %q at %v", got.recs, got.places)
			}
		}
		mustClose(t, l)
		if names, _ := l.fs.List("/queue/log"); len(names) != 0 {
			t.Errorf("a log that was read to its end leaves %q", names)
		}
	})
}

func TestACursorIsReadyWhenWhatItWantsIsThere(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
	c := cursors[0]
	fired := func() bool {
		select {
		case <-c.Ready():
			return true
		default:
			return false
		}
	}
	c.Want(3, 1<<20)
	for i := range 3 {
		if fired() {
			t.Fatalf("ready after %d of 3 records", i)
		}
		mustAppend(t, l, record(i, 10))
	}
	if !fired() {
		t.Fatal("not ready after 3 records")
	}
	c.Want(1, 1)
	if !fired() {
		t.Fatal("not ready although records are there already")
	}
	c.Fetch(10, 1<<20, true)
	c.Want(100, 50)
	mustAppend(t, l, record(9, 60))
	if !fired() {
		t.Fatal("not ready after enough bytes")
	}
	c.Fetch(10, 1<<20, true)
	c.Want(1, 1)
	c.Rewind()
	if !fired() {
		t.Fatal("not ready although records were given back")
	}
	mustClose(t, l)
	l, err := Open(Config{Dir: "/queue", FS: l.fs.(*crashfs.FS).Kill(), MaxBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	c = l.Cursor("a")
	c.Want(1, 1)
	if fired() {
		t.Fatal("ready before the log is open")
	}
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	if !fired() {
		t.Fatal("not ready although the log was opened with records")
	}
	mustClose(t, l)
}

func TestAFileThatCannotBeOpenedForNowIsReadLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
		for i := range 100 {
			mustAppend(t, l, record(i, 300))
		}
		fs := l.fs.(*crashfs.FS)
		fs.Fault(func(op crashfs.Op, name string) error {
			if op == crashfs.OpOpen && strings.HasSuffix(name, segmentSuffix) {
				return syscall.EMFILE
			}
			return nil
		})
		c := cursors[0]
		if run, more := c.Fetch(10, 1<<20, true); run.Len() > 0 || more {
			t.Fatalf("fetched %d, more %v", run.Len(), more)
		}
		c.Want(1, 1)
		select {
		case <-c.Ready():
			t.Fatal("ready although nothing can be read")
		case <-time.After(readRest / 2):
		}
		fs.Fault(nil)
		select {
		case <-c.Ready():
		case <-time.After(10 * readRest):
			t.Fatal("never ready, although it can be read again")
		}
		if got := drain(t, l, c); len(got.recs) != 100 || got.at.Damaged != 0 {
			t.Fatalf("then fetched %d, %+v", len(got.recs), got.at)
		}
		mustClose(t, l)
	})
}

func TestTheStateOfACursorComesBackAsItWas(t *testing.T) {
	for _, s := range []cursorState{
		{generation: 1, next: 0},
		{generation: 7, next: 100, pending: spans{{first: 0, end: 1}, {first: 5, end: 90}, {first: 99, end: 100}}},
		{generation: 1 << 60, next: 1 << 62, pending: spans{{first: 1 << 61, end: 1<<61 + 1}}, rough: true},
	} {
		b := appendState(nil, "a name", s, slotSize)
		name, got, err := parseState(append(b, "what lies behind"...))
		if err != nil || name != "a name" || fmt.Sprint(got) != fmt.Sprint(s) {
			t.Errorf("wrote %+v, read %q %+v: %v", s, name, got, err)
		}
	}
	// What does not fit is joined, so that some comes again, but nothing is left out.
	var many spans
	for i := range uint64(50_000) {
		many = append(many, span{first: 3 * i, end: 3*i + 1})
	}
	b := appendState(nil, "a", cursorState{next: 200_000, pending: many}, slotSize)
	_, got, err := parseState(b)
	if err != nil || len(b) > slotSize || !got.rough {
		t.Fatalf("%d bytes, rough %v: %v", len(b), got.rough, err)
	}
	for _, p := range many {
		if !got.pending.has(p.first) {
			t.Fatalf("%d is left out", p.first)
		}
	}
}

func TestASinkWithMoreInHandThanItsFileHasRoomForLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropNewest)
		cfg.MaxBytes = 4 << 20
		l, cursors := mustOpen(t, cfg, "a")
		var batch [][]byte
		for i := range 26_000 {
			batch = append(batch, record(i, 8))
		}
		mustAppend(t, l, batch...)
		c := cursors[0]
		var held []uint64
		for run, _ := c.Fetch(1000, 1<<20, true); run.Len() > 0; run, _ = c.Fetch(1000, 1<<20, true) {
			for place := run.First; run.Len() > 0; place++ {
				if rec := run.Next(); place%3 == 0 {
					c.Hold(place, rec)
					held = append(held, place)
				}
			}
			run.Done()
		}
		synctest.Wait()
		l, cursors = reopen(t, l, false, "a")
		got := drain(t, l, cursors[0])
		if got.at.Damaged != 0 || got.at.Recovered < uint64(len(held)) {
			t.Errorf("held %d, found %+v", len(held), got.at)
		}
		found := make(map[uint64]bool)
		for _, place := range got.places {
			found[place] = true
		}
		for _, place := range held {
			if !found[place] {
				t.Fatalf("%d was held, and is lost", place)
			}
		}
		mustClose(t, l)
	})
}

func TestNamesOfSinksMakeNamesOfFiles(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"ga4", "GA4", "a/b", "a.b", "../x", "", "\x00", "naïve", strings.Repeat("x", 300), strings.Repeat("x", 301)} {
		file := fileName(name)
		if strings.ContainsAny(file, "/\\.\x00 :@") || len(file) > 200 || strings.ToLower(file) != file && !strings.Contains(file, "%") {
			t.Errorf("%q makes %q", name, file)
		}
		if other, ok := seen[strings.ToLower(file)]; ok {
			t.Errorf("%q and %q make the same", name, other)
		}
		seen[strings.ToLower(file)] = name
		if back, ok := cursorName(file + cursorSuffix); len(name) < 100 && (!ok || back != name) {
			t.Errorf("%q comes back as %q, %v", name, back, ok)
		}
	}
}

func TestACursorWhoseFileCannotBeWrittenGoesOnInAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
		for i := range 100 {
			mustAppend(t, l, record(i, 10))
		}
		fs := l.fs.(*crashfs.FS)
		fs.Fault(func(op crashfs.Op, name string) error {
			if (op == crashfs.OpSync || op == crashfs.OpWrite) && strings.Contains(name, cursorSuffix) {
				return syscall.EIO
			}
			return nil
		})
		run, _ := cursors[0].Fetch(10, 1<<20, true)
		run.Done()
		time.Sleep(3 * syncEvery)
		fs.Fault(nil)
		time.Sleep(2 * syncEvery)
		synctest.Wait()
		if again := fs.SyncedAgain(); len(again) > 0 {
			t.Errorf("synced again after a failure: %q", again)
		}
		l, cursors = reopen(t, l, true, "a")
		if got := drain(t, l, cursors[0]); len(got.recs) != 90 {
			t.Errorf("found %d, want 90", len(got.recs))
		}
		mustClose(t, l)
	})
}

func TestASinkOfANameThatIsTakenHasItsOwnPlace(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a", "a")
	mustAppend(t, l, []byte("x"))
	for _, c := range cursors {
		if got := drain(t, l, c); len(got.recs) != 1 {
			t.Errorf("got %q", got.recs)
		}
	}
	mustClose(t, l)
}

func TestTwoProcessesDoNotShareALog(t *testing.T) {
	dir := t.TempDir()
	l, _ := mustOpen(t, Config{Dir: dir}, "a")
	mustAppend(t, l, []byte("x"))
	other, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	err = other.Resume()
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second says %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if err := other.Append(context.Background(), []byte("y")); !errors.Is(err, queue.ErrPaused) {
		t.Errorf("it appends: %v", err)
	}
	mustClose(t, other)
	mustClose(t, l)
	l, cursors := mustOpen(t, Config{Dir: dir}, "a")
	if got := drain(t, l, cursors[0]); fmt.Sprint(got.recs) != "[x]" {
		t.Errorf("then the first finds %q", got.recs)
	}
	mustClose(t, l)
}
