package disk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// inMemory is the configuration of a small log that costs no disk.
func inMemory(onFull queue.OnFull) Config {
	return Config{Dir: "/queue", FS: crashfs.New(1), MaxBytes: 64 << 10, OnFull: onFull}
}

// fill appends until the log refuses, and returns how many it took.
func fill(t testing.TB, l *Log, size int) (n int) {
	t.Helper()
	for ; n < 10_000; n++ {
		if err := l.Append(context.Background(), record(n, size)); err != nil {
			if !errors.Is(err, queue.ErrFull) {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the log has no bound")
	return n
}

func TestDropNewestRefusesWhileThereIsNoRoom(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropNewest), "a", "b")
	n := fill(t, l, 100)
	if bytes := n * (100 + frameHeader); bytes < 48<<10 || bytes > 64<<10 {
		t.Errorf("took %d bytes of 64 KiB", bytes)
	}
	drain(t, l, cursors[0])
	if err := l.Append(context.Background(), []byte("x")); !errors.Is(err, queue.ErrFull) {
		t.Errorf("with one cursor behind: %v", err)
	}
	if got := drain(t, l, cursors[1]); len(got.recs) != n || got.at.Overflowed != 0 {
		t.Errorf("kept %d of %d", len(got.recs), n)
	}
	if again := fill(t, l, 100); again < n/2 {
		t.Errorf("then took %d, before %d", again, n)
	}
	mustClose(t, l)
}

func TestDropOldestDropsFromTheCursorsThatAreFarthestBehindAndCounts(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "slow", "quick", "hand")
	held, _ := cursors[2].Fetch(5, 1<<20, true)
	for i := range 3000 {
		mustAppend(t, l, record(i, 100))
		if i%10 == 0 {
			drain(t, l, cursors[1])
		}
		if i == 10 {
			held, _ = cursors[2].Fetch(5, 1<<20, true)
		}
	}
	drain(t, l, cursors[1])
	if at := positionOf(l, cursors[1]); at.Overflowed != 0 {
		t.Errorf("the quick one lost %d", at.Overflowed)
	}
	got := drain(t, l, cursors[0])
	if uint64(len(got.recs))+got.at.Overflowed != 3000 || got.at.Overflowed == 0 || len(got.recs) < 200 {
		t.Errorf("the slow one got %d and lost %d", len(got.recs), got.at.Overflowed)
	}
	for i, place := range got.places {
		if place != 3000-uint64(len(got.recs))+uint64(i) {
			t.Fatalf("it got %d, which is not of the newest", place)
		}
	}
	for i := range 5 {
		if rec := held.Next(); string(rec) != string(record(i, 100)) {
			t.Errorf("what is in hand changed: %.20q", rec)
		}
	}
	held.Done()
	mustClose(t, l)
}

func TestBlockWaitsForRoomTheContextOrTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, cursors := mustOpen(t, inMemory(queue.Block), "a")
		done := make(chan error, 3)
		appendOne := func(ctx context.Context) { done <- l.Append(ctx, record(1, 100)) }
		fillUp := func() {
			for {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				err := l.Append(ctx, record(1, 100))
				cancel()
				if err != nil {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatal(err)
					}
					return
				}
			}
		}
		fillUp()
		go appendOne(context.Background())
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		go appendOne(ctx) // behind the other
		if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("with a second to wait: %v", err)
		}
		synctest.Wait()
		drain(t, l, cursors[0])
		if err := <-done; err != nil {
			t.Fatalf("when there is room: %v", err)
		}
		fillUp()
		for _, end := range []struct {
			want error
			do   func()
		}{
			{queue.ErrPaused, l.Pause},
			{queue.ErrClosed, l.Stop},
		} {
			go appendOne(context.Background())
			go appendOne(context.Background())
			synctest.Wait()
			end.do()
			for range 2 {
				if err := <-done; !errors.Is(err, end.want) {
					t.Fatalf("got %v, want %v", err, end.want)
				}
			}
			if err := l.Resume(); err != nil {
				t.Fatal(err)
			}
		}
		mustClose(t, l)
	})
}

func TestARecordLargerThanTheLogIsRefusedAloneAndALargeOneIsTaken(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
	small, tooLarge, large := []byte("small"), make([]byte, 64<<10), make([]byte, 60<<10)
	n, err := l.AppendAll(context.Background(), [][]byte{small, tooLarge, small})
	if n != 1 || !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("stored %d: %v", n, err)
	}
	mustAppend(t, l, small, large, small, []byte{})
	run, more := cursors[0].Fetch(10, 1000, false)
	if run.Len() == 0 || !more {
		t.Fatalf("fetched %d, more %v", run.Len(), more)
	}
	run.Done()
	var sizes []int
	for _, rec := range drain(t, l, cursors[0]).recs {
		sizes = append(sizes, len(rec))
	}
	if want := []int{60 << 10, 5, 0}; fmt.Sprint(sizes[len(sizes)-3:]) != fmt.Sprint(want) {
		t.Errorf("got records of %v bytes", sizes)
	}
	mustClose(t, l)
}

// slowFS takes a second for each sync of a segment.
type slowFS struct {
	fsys.FS
	mu    sync.Mutex
	syncs int
}

type slowFile struct {
	fsys.File
	fs *slowFS
}

func (s *slowFS) Open(name string, access fsys.Access) (fsys.File, error) {
	f, err := s.FS.Open(name, access)
	if err != nil || access == fsys.Read {
		return f, err
	}
	return slowFile{f, s}, nil
}

func (f slowFile) Sync() error {
	time.Sleep(time.Second)
	f.fs.mu.Lock()
	f.fs.syncs++
	f.fs.mu.Unlock()
	return f.File.Sync()
}

func TestWhatIsAppendedTogetherIsSyncedTogetherAndNotAcknowledgedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		fs := cfg.FS.(*crashfs.FS)
		slow := &slowFS{FS: fs}
		cfg.FS = slow
		l, cursors := mustOpen(t, cfg, "a")
		slow.syncs = 0
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				mustAppend(t, l, record(i, 20))
				// What is acknowledged survives now.
				lost := fs.Image(0, uint64(i))
				after := cfg
				after.FS = lost
				l, cursors := mustOpen(t, after, "a")
				found := false
				for _, rec := range drain(t, l, cursors[0]).recs {
					found = found || rec == string(record(i, 20))
				}
				if !found {
					t.Errorf("record %d is acknowledged, and lost with the power", i)
				}
				mustClose(t, l)
			})
		}
		time.Sleep(500 * time.Millisecond)
		if at := positionOf(l, cursors[0]); at.Unread != 0 {
			t.Errorf("%d records can be fetched before they are on stable storage", at.Unread)
		}
		wg.Wait()
		if slow.syncs > 3 {
			t.Errorf("%d syncs for 50 records", slow.syncs)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("it took %v", took)
		}
		mustClose(t, l)
	})
}

func TestAnAppendThatWaitsBehindASlowDiskCanBeWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		cfg.FS = &slowFS{FS: cfg.FS}
		l, cursors := mustOpen(t, cfg, "a")
		done := make(chan error, 1)
		go func() { done <- l.Append(context.Background(), []byte("first")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := l.Append(ctx, []byte("withdrawn")); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 150*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		mustAppend(t, l, []byte("last"))
		if got := drain(t, l, cursors[0]); fmt.Sprint(got.recs) != "[first last]" {
			t.Errorf("got %q", got.recs)
		}
		mustClose(t, l)
	})
}

func TestPauseWaitsForWhatIsBeingAppended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		cfg.FS = &slowFS{FS: cfg.FS}
		l, cursors := mustOpen(t, cfg, "a")
		done := make(chan error, 1)
		go func() { done <- l.Append(context.Background(), []byte("x")) }()
		synctest.Wait()
		l.Pause()
		if end, appended := l.Snapshot(nil, nil); end != 1 || appended != 1 {
			t.Errorf("when Pause returns, end is %d", end)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := l.Append(context.Background(), []byte("y")); !errors.Is(err, queue.ErrPaused) {
			t.Error(err)
		}
		if got := drain(t, l, cursors[0]); len(got.recs) != 1 {
			t.Errorf("while paused, fetched %d", len(got.recs))
		}
		mustClose(t, l)
	})
}

func TestAfterStopCursorsReadOnAndAfterCloseTheBooksStand(t *testing.T) {
	l, cursors := mustOpen(t, inMemory(queue.DropOldest), "a")
	mustAppend(t, l, record(1, 10), record(2, 10), record(3, 10))
	l.Stop()
	if err := l.Append(context.Background(), []byte("x")); !errors.Is(err, queue.ErrClosed) {
		t.Error(err)
	}
	run, _ := cursors[0].Fetch(1, 1<<20, true)
	hand, _ := cursors[0].Fetch(1, 1<<20, true)
	run.Done()
	mustClose(t, l)
	mustClose(t, l) // again does nothing
	hand.Done()
	if run, more := cursors[0].Fetch(1, 1<<20, true); run.Len() != 0 || more {
		t.Error("fetched from a log that is closed")
	}
	if err := l.Resume(); !errors.Is(err, queue.ErrClosed) {
		t.Error(err)
	}
	if at := positionOf(l, cursors[0]); at.Unread != 1 {
		t.Errorf("%+v", at)
	}
	cfg := l.cfg
	cfg.FS = cfg.FS.(*crashfs.FS).Kill()
	l, cursors = mustOpen(t, cfg, "a")
	if got := drain(t, l, cursors[0]); len(got.recs) != 2 { // what was in hand was not finished
		t.Errorf("found %d", len(got.recs))
	}
	mustClose(t, l)
}

func TestALogThatWasNeverResumedTouchesNoFile(t *testing.T) {
	cfg := inMemory(queue.DropOldest)
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := l.Cursor("a")
	if err := l.Append(context.Background(), []byte("x")); !errors.Is(err, queue.ErrPaused) {
		t.Error(err)
	}
	if run, more := c.Fetch(1, 1, true); run.Len() != 0 || more {
		t.Error("fetched something")
	}
	c.Rewind()
	if n := c.Discard(); n != 0 {
		t.Errorf("discarded %d", n)
	}
	c.Remove()
	l.Pause()
	mustClose(t, l)
	if ops := cfg.FS.(*crashfs.FS).Ops(); ops != 0 {
		t.Errorf("%d operations on files", ops)
	}
}

func TestAppendersAndReadersTogetherLoseNothing(t *testing.T) {
	l, cursors := mustOpen(t, Config{Dir: t.TempDir(), MaxBytes: 1 << 20, OnFull: queue.Block}, "a", "b", "c")
	const producers, each = 8, 400
	var wg sync.WaitGroup
	for i, c := range cursors {
		wg.Go(func() {
			next := make([]int, producers)
			var held []uint64
			for got := 0; got < producers*each; {
				c.Want(1, 1)
				<-c.Ready()
				for run, _ := c.Fetch(16+i, 1<<14, true); run.Len() > 0; run, _ = c.Fetch(16+i, 1<<14, true) {
					first := run.First
					for rec := run.Next(); rec != nil; rec = run.Next() {
						var p, n int
						if _, err := fmt.Sscanf(string(rec), "%d-%d", &p, &n); err != nil || n != next[p] {
							t.Errorf("got %.30q, want the %dth of its producer", rec, next[p])
						}
						next[p]++
						got++
					}
					if i == 2 {
						c.Hold(first, []byte("held"))
						held = append(held, first)
					}
					run.Done()
					for len(held) > 3 {
						c.Release(held[0])
						held = held[1:]
					}
				}
			}
			for _, place := range held {
				c.Release(place)
			}
		})
	}
	for p := range producers {
		wg.Go(func() {
			for i := 0; i < each; {
				n := min(1+i%5, each-i)
				var recs [][]byte
				for k := range n {
					recs = append(recs, fmt.Appendf(nil, "%d-%d %0*d", p, i+k, (i*37)%900+1, 0))
				}
				mustAppend(t, l, recs...)
				i += n
			}
		})
	}
	wg.Wait()
	for _, c := range cursors {
		if at := positionOf(l, c); at.Unread+at.Overflowed+at.Damaged != 0 {
			t.Errorf("%+v", at)
		}
	}
	mustClose(t, l)
}

func TestASteadyFlowAllocatesNextToNothing(t *testing.T) {
	cfg := inMemory(queue.DropOldest)
	cfg.FS = fsys.OS{}
	cfg.Dir, cfg.Sync, cfg.MaxBytes = t.TempDir(), SyncInterval, 8<<20
	l, cursors := mustOpen(t, cfg, "a")
	rec := record(1, eventSize)
	if got := testing.AllocsPerRun(2000, func() {
		if err := l.Append(context.Background(), rec); err != nil {
			t.Fatal(err)
		}
	}); got > 0.1 {
		t.Errorf("an append allocates %v times", got)
	}
	batch := make([][]byte, 100)
	for i := range batch {
		batch[i] = rec
	}
	if got := testing.AllocsPerRun(50, func() {
		mustAppend(t, l, batch...)
		for run, _ := cursors[0].Fetch(100, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(100, 1<<20, true) {
			run.Done()
		}
	}); got > 30 && !raceEnabled {
		t.Errorf("100 records appended and read allocate %v times", got)
	}
	mustClose(t, l)
}
