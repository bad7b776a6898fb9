package disk

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// every7th makes the records whose number 7 divides ones without a word of what was in them.
const every7th = 7

func secretRecord(i int) []byte {
	if i%every7th == 0 {
		return fmt.Appendf(nil, "%08d SECRET %s", i, strings.Repeat("x", i%97))
	}
	return fmt.Appendf(nil, "%08d public %s", i, strings.Repeat("y", i%97))
}

func isSecret(rec []byte) bool { return bytes.Contains(rec, []byte("SECRET")) }

func withoutSecret(rec []byte) {
	for i := 8; i < len(rec); i++ {
		rec[i] = '-'
	}
}

func rewrittenRecord(i int) string {
	rec := secretRecord(i)
	if isSecret(rec) {
		withoutSecret(rec)
	}
	return string(rec)
}

// filesWith returns the files under a directory that have a text in them.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// inUse makes a log of several files whose cursors are in the middle of something: a has records
// in hand whose file is gone, b has given some back, c has fetched nothing. It returns what each has to fetch
// when it is opened again, in order.
func inUse(t *testing.T, dir string) (l *Log, cursors []queue.Cursor, want [3][]string) {
	t.Helper()
	l, cursors = mustOpen(t, Config{Dir: dir, MaxBytes: 256 << 10}, "a", "b", "c")
	const n = 900
	for i := range n {
		mustAppend(t, l, secretRecord(i))
	}
	a := cursors[0]
	seen := 0
	for seen < 600 {
		run, _ := a.Fetch(50, 1<<20, true)
		for place := run.First; run.Len() > 0; place++ {
			rec := run.Next()
			if place%every7th == 0 && place < 20 || place == 3 {
				a.Hold(place, rec)
				want[0] = append(want[0], rewrittenRecord(int(place)))
			}
			seen++
		}
		run.Done()
	}
	for i := seen; i < n; i++ {
		want[0] = append(want[0], rewrittenRecord(i))
	}
	for i := range n {
		want[1], want[2] = append(want[1], rewrittenRecord(i)), append(want[2], rewrittenRecord(i))
	}
	cursors[1].Fetch(30, 1<<20, true)
	cursors[1].Rewind()
	return l, cursors, want
}

func TestWhatIsRewrittenIsNowhereOnTheDiskAndAllElseIsWhereItWas(t *testing.T) {
	dir := t.TempDir()
	l, cursors, want := inUse(t, dir)
	l.quarantine.keep("x.log", strings.NewReader("damaged SECRET"), 0, 14)
	if len(filesWith(t, dir, "SECRET")) < 3 {
		t.Fatal("the test has nothing to look for")
	}
	if err := l.Rewrite(isSecret, withoutSecret); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, dir, "SECRET"); len(found) > 0 {
		t.Errorf("it is still in %v", found)
	}
	for i, c := range cursors {
		c.Rewind()
		if diff := cmp.Diff(want[i], drain(t, l, c).recs); diff != "" {
			t.Errorf("cursor %d (-want +got):\n%s", i, diff)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestALogThatNobodyUsesIsRewrittenToo(t *testing.T) {
	dir := t.TempDir()
	l, _, want := inUse(t, dir)
	if err := Rewrite(dir, isSecret, withoutSecret); err == nil {
		t.Error("a log was rewritten beside the process that uses it")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Rewrite(dir, isSecret, withoutSecret); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, dir, "SECRET"); len(found) > 0 {
		t.Errorf("it is still in %v", found)
	}
	l, cursors := mustOpen(t, Config{Dir: dir, MaxBytes: 256 << 10}, "a", "b", "c")
	for i, c := range cursors {
		got := drain(t, l, c)
		if diff := cmp.Diff(want[i], got.recs); diff != "" {
			t.Errorf("cursor %d (-want +got):\n%s", i, diff)
		}
		if got.at.Damaged > 0 {
			t.Errorf("cursor %d met %d damaged records", i, got.at.Damaged)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Rewrite(filepath.Join(dir, "missing"), isSecret, withoutSecret); err != nil {
		t.Errorf("a directory that is missing: %v", err)
	}
}

// The files of records that are in hand though their segment is gone are rewritten, too.
func TestRecordsKeptBesideTheSegmentsAreRewritten(t *testing.T) {
	dir := t.TempDir()
	l, cursors := mustOpen(t, Config{Dir: dir, MaxBytes: 64 << 10}, "a")
	a := cursors[0]
	for i := range 2000 {
		mustAppend(t, l, secretRecord(i))
		run, _ := a.Fetch(1, 1<<20, true)
		if i == 0 || i == 1 {
			a.Hold(run.First, run.Next())
		}
		run.Done()
	}
	l.reclaim(true)
	if kept, _ := filepath.Glob(filepath.Join(dir, cursorSubdir, "*"+keptSuffix)); len(kept) == 0 {
		t.Fatal("nothing is kept")
	}
	if err := l.Rewrite(isSecret, withoutSecret); err != nil {
		t.Fatal(err)
	}
	if found := filesWith(t, dir, "SECRET"); len(found) > 0 {
		t.Errorf("it is still in %v", found)
	}
	a.Rewind()
	if diff := cmp.Diff([]string{rewrittenRecord(0), rewrittenRecord(1)}, drain(t, l, a).recs); diff != "" {
		t.Error(diff)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLosingPowerWhileRewritingCostsNoOtherRecord(t *testing.T) {
	for ops := 1; ops < 40; ops++ {
		fsys := crashfs.New(uint64(ops))
		cfg := Config{Dir: "/q", MaxBytes: 64 << 10, FS: fsys, Logger: discard}
		l, _ := mustOpen(t, cfg, "a")
		const n = 300
		for i := range n {
			mustAppend(t, l, secretRecord(i))
		}
		fsys.KillAfter(ops)
		_ = l.Rewrite(isSecret, withoutSecret)
		_ = l.Close()
		cfg.FS = fsys.Image(0.5, uint64(ops))
		l, cursors := mustOpen(t, cfg, "a")
		got := map[string]bool{}
		for _, rec := range drain(t, l, cursors[0]).recs {
			got[rec] = true
		}
		for i := range n {
			if i%every7th != 0 && !got[string(secretRecord(i))] {
				t.Errorf("killed after %d operations: record %d is lost", ops, i)
			}
		}
		if err := l.Rewrite(isSecret, withoutSecret); err != nil {
			t.Errorf("killed after %d operations: again: %v", ops, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What a file says after its sync has failed is not what is on the disk. A rewriting that finds nothing to
// change any more says so only when that is on stable storage, whoever began it.
func TestARewritingThatCouldNotBeSyncedIsNotDoneUntilItIsOnStableStorage(t *testing.T) {
	for name, between := range map[string]func(l *Log, cfg Config) *Log{
		"in the same process": func(l *Log, _ Config) *Log { return l },
		"in another process": func(l *Log, cfg Config) *Log {
			_ = l.Close() // it says that it could not sync
			l, _ = mustOpen(t, cfg, "a")
			return l
		},
		"and the log is not opened again": func(l *Log, _ Config) *Log {
			_ = l.Close()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := crashfs.New(1)
			cfg := Config{Dir: "/q", MaxBytes: 64 << 10, FS: fsys, Logger: discard}
			l, _ := mustOpen(t, cfg, "a")
			for i := range 300 {
				mustAppend(t, l, secretRecord(i))
			}
			fsys.Fault(func(op crashfs.Op, name string) error {
				if op == crashfs.OpSync && strings.HasSuffix(name, segmentSuffix) {
					return syscall.EIO
				}
				return nil
			})
			if err := l.Rewrite(isSecret, withoutSecret); err == nil {
				t.Fatal("it is said to be done, and could not be synced")
			}
			if err := l.Rewrite(isSecret, withoutSecret); err == nil {
				t.Error("it is said to be done, though nothing can be synced")
			}
			fsys.Fault(nil)
			again := func() error { return rewrite(fsys, cfg.Dir, isSecret, withoutSecret) }
			if l = between(l, cfg); l != nil {
				again = func() error { return l.Rewrite(isSecret, withoutSecret) }
			}
			if err := again(); err != nil {
				t.Fatal(err)
			}
			if names, _ := fsys.List(cfg.Dir); slices.Contains(names, rewritingFile) {
				t.Error("the mark stays")
			}
			image := fsys.Image(0, 1) // the power is lost, and all that was not synced
			cfg.FS = image
			after, cursors := mustOpen(t, cfg, "a")
			for _, rec := range drain(t, after, cursors[0]).recs {
				if isSecret([]byte(rec)) {
					t.Fatalf("it is back: %q", rec)
				}
			}
			mustClose(t, after)
			if l != nil {
				_ = l.Close() // it says that it could not sync once
			}
		})
	}
}

func TestRewritingBesideAppendsAndFetchesLosesNothing(t *testing.T) {
	l, cursors := mustOpen(t, Config{Dir: t.TempDir(), MaxBytes: 1 << 20, OnFull: queue.Block}, "a", "b")
	const n = 1500
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if err := l.Append(context.Background(), secretRecord(i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for _, c := range cursors {
		wg.Go(func() {
			for seen := 0; seen < n; {
				c.Want(1, 1)
				<-c.Ready()
				for {
					run, _ := c.Fetch(20, 1<<20, true)
					if run.Len() == 0 {
						break
					}
					for rec := run.Next(); rec != nil; rec = run.Next() {
						if got := string(rec); got != string(secretRecord(seen)) && got != rewrittenRecord(seen) {
							t.Errorf("record %d is %q", seen, got)
						}
						seen++
					}
					run.Done()
				}
			}
		})
	}
	for range 20 {
		if err := l.Rewrite(isSecret, withoutSecret); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	for i, c := range cursors {
		if at := positionOf(l, c); at.Damaged > 0 {
			t.Errorf("cursor %d met %d damaged records", i, at.Damaged)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
