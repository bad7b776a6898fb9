package disk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

func TestOnAFullDiskSinksDrainAndAppendsWorkAgainWhenThereIsRoom(t *testing.T) {
	for _, onFull := range []queue.OnFull{queue.DropNewest, queue.Block} {
		synctest.Test(t, func(t *testing.T) {
			cfg := inMemory(onFull)
			cfg.MaxBytes = 1 << 20
			fs := cfg.FS.(*crashfs.FS)
			l, cursors := mustOpen(t, cfg, "a", "b")
			fs.SetCapacity(512 << 10)
			var acked []string
			var err error
			for i := 0; err == nil; i++ {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				if err = l.Append(ctx, record(i, 1000)); err == nil {
					acked = append(acked, string(record(i, 1000)))
				}
				cancel()
			}
			if !errors.Is(err, queue.ErrUnavailable) || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("on a full disk: %v", err)
			}
			if len(acked) < 250 { // the cursors and the reserve take some
				t.Errorf("the disk has room for 512 KiB, and took %d", len(acked))
			}
			if !l.Health().Unavailable {
				t.Error("the log says it is well")
			}
			got := drain(t, l, cursors[0])
			if fmt.Sprint(got.recs) != fmt.Sprint(acked) {
				t.Errorf("drained %d of %d", len(got.recs), len(acked))
			}
			// The other sink holds the log still. Somebody else frees some room.
			fs.SetCapacity(600 << 10)
			time.Sleep(time.Second)
			mustAppend(t, l, []byte("room"))
			acked = append(acked, "room")
			// Now the log's own room is enough.
			fs.SetCapacity(1)
			time.Sleep(time.Second)
			l, cursors = reopen(t, l, false, "a", "b")
			fs = l.fs.(*crashfs.FS)
			if got := drain(t, l, cursors[1]); fmt.Sprint(got.recs) != fmt.Sprint(acked) {
				t.Errorf("after a kill found %d of %d", len(got.recs), len(acked))
			}
			drain(t, l, cursors[0])
			time.Sleep(2 * syncEvery)
			synctest.Wait()
			fs.SetCapacity(512 << 10)
			time.Sleep(time.Second)
			mustAppend(t, l, []byte("again"))
			mustClose(t, l)
		})
	}
}

func TestOnAFullDiskTheOldestGiveWayIfThatIsThePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		cfg.MaxBytes = 1 << 20
		fs := cfg.FS.(*crashfs.FS)
		l, cursors := mustOpen(t, cfg, "down")
		mustAppend(t, l, record(0, 1000), record(1, 1000), record(2, 1000))
		run, _ := cursors[0].Fetch(2, 1<<20, true) // a batch that does not get through
		cursors[0].Hold(1, record(1, 1000))
		fs.SetCapacity(512 << 10)
		const n = 3000
		for i := 3; i < n; i++ {
			if err := l.Append(context.Background(), record(i, 1000)); err != nil {
				t.Fatalf("record %d: %v", i, err)
			}
		}
		at := positionOf(l, cursors[0])
		if at.Overflowed == 0 || at.Unread+at.Overflowed+2 != n || at.Unread < 200 {
			t.Errorf("%+v", at)
		}
		if used := fs.Used(); used > 512<<10 {
			t.Errorf("%d bytes are used", used)
		}
		_ = run
		l, cursors = reopen(t, l, true, "down")
		got := drain(t, l, cursors[0])
		if got.places[0] != 0 || got.places[1] != 1 || got.recs[0] != string(record(0, 1000)) {
			t.Errorf("what was in hand is lost: %d", got.places[:2])
		}
		if len(got.recs) != int(at.Unread)+2 || got.recs[len(got.recs)-1] != string(record(n-1, 1000)) || got.at.Damaged != 0 {
			t.Errorf("found %d, %+v", len(got.recs), got.at)
		}
		mustClose(t, l)
	})
}

func TestAWriteThatFailsIsReportedToAllItWasForAndTheLogGoesOnInAnotherFile(t *testing.T) {
	for _, kind := range []crashfs.Op{crashfs.OpWrite, crashfs.OpSync} {
		for _, err := range []error{syscall.EIO, syscall.ENOSPC} {
			t.Run(fmt.Sprintf("%s %v", kind, err), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := inMemory(queue.DropNewest)
					fs := cfg.FS.(*crashfs.FS)
					l, _ := mustOpen(t, cfg, "a")
					mustAppend(t, l, []byte("before"))
					fs.Fault(func(op crashfs.Op, name string) error {
						if op == kind && strings.HasSuffix(name, segmentSuffix) {
							return err
						}
						return nil
					})
					n, got := l.AppendAll(context.Background(), [][]byte{[]byte("lost 1"), []byte("lost 2")})
					if n != 0 || !errors.Is(got, queue.ErrUnavailable) || !errors.Is(got, err) {
						t.Fatalf("stored %d: %v", n, got)
					}
					if end, appended := l.Snapshot(nil, nil); end != 1 || appended != 1 {
						t.Errorf("end %d, appended %d", end, appended)
					}
					fs.Fault(nil)
					time.Sleep(time.Second)
					mustAppend(t, l, []byte("after"))
					if files := segmentFiles(t, fs); len(files) != 2 {
						t.Errorf("the log is in %q", files)
					}
					if again := fs.SyncedAgain(); len(again) > 0 {
						t.Errorf("synced again: %q", again)
					}
					for _, power := range []bool{false, true} {
						next, cursors := reopen(t, l, power, "a")
						l = next
						got := drain(t, l, cursors[0])
						cursors[0].Rewind()
						if fmt.Sprint(got.recs) != "[before after]" && !power {
							t.Errorf("found %q", got.recs)
						}
					}
					mustClose(t, l)
				})
			})
		}
	}
}

func TestWithAnIntervalWhatWasAppendedIsOnStableStorageSoonAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		cfg.Sync, cfg.Interval = SyncInterval, 100*time.Millisecond
		l, cursors := mustOpen(t, cfg, "a")
		mustAppend(t, l, []byte("one"))
		if at := positionOf(l, cursors[0]); at.Unread != 1 {
			t.Errorf("%+v", at)
		}
		time.Sleep(2 * cfg.Interval)
		synctest.Wait()
		mustAppend(t, l, []byte("two"))
		l, cursors = reopen(t, l, true, "a")
		if got := drain(t, l, cursors[0]); fmt.Sprint(got.recs) != "[one]" && fmt.Sprint(got.recs) != "[one two]" {
			t.Errorf("found %q", got.recs)
		}
		mustAppend(t, l, []byte("three"))
		l.Pause() // nothing more comes: now or never
		l, cursors = reopen(t, l, true, "a")
		if got := drain(t, l, cursors[0]); len(got.recs) == 0 || got.recs[len(got.recs)-1] != "three" {
			t.Errorf("found %q", got.recs)
		}
		mustClose(t, l)
	})
}

func TestWithAnIntervalTheLastThatWasAppendedIsSyncedThoughNothingFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(queue.DropOldest)
		cfg.Sync, cfg.Interval = SyncInterval, 100*time.Millisecond
		l, _ := mustOpen(t, cfg, "a")
		mustAppend(t, l, []byte("one"))
		time.Sleep(2 * cfg.Interval)
		synctest.Wait()
		l, cursors := reopen(t, l, true, "a")
		if got := drain(t, l, cursors[0]); fmt.Sprint(got.recs) != "[one]" {
			t.Errorf("found %q", got.recs)
		}
		mustClose(t, l)
	})
}

func TestPurgeRemovesAllThatALogHas(t *testing.T) {
	fs := crashfs.New(1)
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 64 << 10}
	l, cursors := mustOpen(t, cfg, "a", "b")
	for i := range 100 {
		mustAppend(t, l, record(i, 100))
	}
	run, _ := cursors[0].Fetch(40, 1<<20, true)
	run.Done()
	run, _ = cursors[1].Fetch(30, 1<<20, true)
	run.Done()
	if _, err := purge(fs, "/queue"); err == nil || !strings.Contains(err.Error(), "process 1") {
		t.Errorf("purged a log that is in use: %v", err)
	}
	mustClose(t, l)
	fs = fs.Kill()
	n, err := purge(fs, "/queue")
	if err != nil || n != 70 {
		t.Errorf("purged %d: %v", n, err)
	}
	for _, dir := range []string{"/queue/log", "/queue/cursors", "/queue/quarantine"} {
		if names, _ := fs.List(dir); len(names) > 0 {
			t.Errorf("%s has %q", dir, names)
		}
	}
	if n, err := purge(crashfs.New(1), "/queue"); n != 0 || err != nil {
		t.Errorf("of a directory that is missing purged %d: %v", n, err)
	}
	cfg.FS = fs
	l, cursors = mustOpen(t, cfg, "a")
	mustAppend(t, l, []byte("x"))
	if got := drain(t, l, cursors[0]); fmt.Sprint(got.recs) != "[x]" {
		t.Errorf("then found %q", got.recs)
	}
	mustClose(t, l)
}

func TestCheckTellsWhatIsWrongAndRepairsIt(t *testing.T) {
	fs := crashfs.New(1)
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 64 << 10}
	l, cursors := mustOpen(t, cfg, "a", "b/c")
	for i := range 300 {
		mustAppend(t, l, record(i, 100))
	}
	run, _ := cursors[0].Fetch(40, 1<<20, true)
	cursors[0].Hold(3, run.Next())
	run.Done()
	r, err := check(fs, "/queue", false)
	if err != nil || r.InUse != 1 || len(r.Problems) > 0 {
		t.Errorf("of a log in use: %+v, %v", r, err)
	}
	if _, err := check(fs, "/queue", true); err == nil {
		t.Error("repaired a log that is in use")
	}
	fs = fs.Kill()
	_ = l.Close()
	r, err = check(fs, "/queue", false)
	if err != nil || len(r.Problems) > 0 || len(r.Segments) < 4 {
		t.Fatalf("of a log that is whole: %+v, %v", r, err)
	}
	if want := (CursorReport{Name: "a", Next: 40, Unread: 260, InHand: 1}); r.Cursors[0] != want {
		t.Errorf("cursor %+v, want %+v", r.Cursors[0], want)
	}
	records := uint64(0)
	for _, s := range r.Segments {
		records += s.Records
	}
	if records != 300 {
		t.Errorf("%d records", records)
	}

	paths := segmentFiles(t, fs)
	clear(fs.Data(paths[0])[:headerSize])
	fs.Data(paths[1])[dataStart+50] ^= 1
	newest := paths[len(paths)-1]
	fs.SetData(newest, append(fs.Data(newest), "torn"...))
	fs.SetData("/queue/cursors/"+fileName("b/c")+cursorSuffix, []byte("broken"))
	before := fs.Clone(1)
	r, err = check(fs, "/queue", false)
	if err != nil || len(r.Problems) != 4 || len(r.Repaired) != 0 {
		t.Fatalf("%d problems: %q, %v", len(r.Problems), r.Problems, err)
	}
	if fs.String() != before.String() {
		t.Error("a check that does not repair has changed something")
	}
	r, err = check(fs, "/queue", true)
	if err != nil || len(r.Repaired) != 2 || r.Quarantined == 0 {
		t.Fatalf("repaired: %+v, %v", r, err)
	}
	r, err = check(fs, "/queue", false)
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "1 records") {
		t.Errorf("after the repair: %q, %v", r.Problems, err)
	}
	cfg.FS = fs
	l, cursors = mustOpen(t, cfg, "a", "b/c")
	if got := drain(t, l, cursors[0]); len(got.recs)+int(got.at.Damaged) != 261 || got.at.Damaged > 1 {
		t.Errorf("then found %d, %+v", len(got.recs), got.at)
	}
	if got := drain(t, l, cursors[1]); len(got.recs) != 299 || got.at.Damaged != 1 {
		t.Errorf("then found %d, %+v", len(got.recs), got.at)
	}
	mustClose(t, l)
	if _, err := Check(t.TempDir(), false); err == nil {
		t.Error("checked a directory without a log")
	}
}
