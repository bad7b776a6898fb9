package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// openSlots opens a log with one cursor in a directory of slots.
func openSlots(t *testing.T, dir string) (*Log, *cursor) {
	t.Helper()
	l, err := Open(Config{Dir: dir, Slots: true, Sync: SyncNever})
	if err != nil {
		t.Fatal(err)
	}
	c := l.Cursor("out").(*cursor)
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	return l, c
}

// drainAll fetches and finishes what a cursor has.
func drainAll(c *cursor) (records []string) {
	for {
		run, _ := c.Fetch(100, 1<<20, true)
		if run.Len() == 0 {
			return records
		}
		for rec := run.Next(); rec != nil; rec = run.Next() {
			records = append(records, string(rec))
		}
		run.Done()
	}
}

func closeLog(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestProcessesSideBySideHaveSlotsOfTheirOwnAndTheNextTakesWhatIsLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	never, err := Open(Config{Dir: dir, Slots: true})
	if err != nil {
		t.Fatal(err)
	}
	never.Cursor("out")
	closeLog(t, never)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a log that was not resumed made its directory: %v", err)
	}

	first, _ := openSlots(t, dir)
	second, c := openSlots(t, dir)
	for i, l := range []*Log{first, second} {
		if err := l.Append(t.Context(), fmt.Appendf(nil, "from %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := Slots(dir); len(got) != 2 {
		t.Fatalf("slots %v, want two", got)
	}
	if got := drainAll(c); !slices.Equal(got, []string{"from 1"}) {
		t.Errorf("the second process reads %q", got)
	}
	closeLog(t, first)
	closeLog(t, second)
	left := Slots(dir)
	if len(left) != 1 {
		t.Fatalf("slots %v, want the one with something left", left)
	}

	third, c := openSlots(t, dir)
	if got := Slots(dir); !slices.Equal(got, left) {
		t.Errorf("the third process made another slot: %v", got)
	}
	if err := third.Append(t.Context(), []byte("from 2")); err != nil {
		t.Fatal(err)
	}
	if got := drainAll(c); !slices.Equal(got, []string{"from 0", "from 2"}) {
		t.Errorf("the third process reads %q", got)
	}
	closeLog(t, third)
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
}

func TestWhatAReaderHasInHandKeepsASlot(t *testing.T) {
	dir := t.TempDir()
	l, c := openSlots(t, dir)
	if err := l.Append(t.Context(), []byte("held")); err != nil {
		t.Fatal(err)
	}
	run, _ := c.Fetch(1, 1<<20, true)
	c.Hold(run.First, run.Next())
	run.Done()
	closeLog(t, l)
	_, c = openSlots(t, dir)
	t.Cleanup(func() { _ = c.log.Close() })
	if got := drainAll(c); !slices.Equal(got, []string{"held"}) {
		t.Errorf("what was in hand comes again as %q", got)
	}
}

func TestASlotThatIsGoneIsNotMadeAgain(t *testing.T) {
	dir := t.TempDir()
	l, _ := openSlots(t, dir)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	slot := filepath.Join(dir, entries[0].Name())
	if got := Slots(dir); got != nil {
		t.Errorf("an empty slot is listed: %v", got)
	}
	if !InUse(slot) {
		t.Error("the slot is not in use")
	}
	inUse, err := OpenSlot(slot, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := inUse.Resume(); !errors.Is(err, ErrInUse) {
		t.Errorf("a slot that is in use: %v", err)
	}
	closeLog(t, inUse)
	closeLog(t, l)
	gone, err := OpenSlot(slot, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Resume(); !errors.Is(err, ErrNoSlot) {
		t.Errorf("a slot that is gone: %v", err)
	}
	closeLog(t, gone)
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
}

func TestARemovalThatWasInterruptedIsFinished(t *testing.T) {
	dir := t.TempDir()
	l, _ := openSlots(t, dir)
	if err := l.Append(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	slot := Slots(dir)[0]
	if err := os.Rename(slot, slot+goneSuffix); err != nil { // its process ended here
		t.Fatal(err)
	}
	if got := Slots(dir); got != nil {
		t.Errorf("slots %v", got)
	}
	l, c := openSlots(t, dir)
	if got := drainAll(c); got != nil {
		t.Errorf("%q was read", got)
	}
	closeLog(t, l)
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
}

// watchedFS notes whose locks are removed.
type watchedFS struct {
	fsys.FS
	removed []string
}

func (w *watchedFS) Remove(name string) error {
	if filepath.Base(name) == lockFile {
		w.removed = append(w.removed, filepath.Base(filepath.Dir(name)))
	}
	return w.FS.Remove(name)
}

// Who has opened the lock of a slot, and waits for it, must not get it while another makes a new one of
// its name.
func TestASlotHasAnotherNameBeforeItsLockIsRemoved(t *testing.T) {
	watched := &watchedFS{FS: fsys.OS{}}
	l, err := Open(Config{Dir: t.TempDir(), Slots: true, FS: watched})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	if len(watched.removed) != 1 || isSlot(watched.removed[0]) {
		t.Errorf("the locks of %v were removed", watched.removed)
	}
}

// TestManyThatComeAndGoLoseNothingAndShareNothing has writers and readers take slots from each
// other as fast as they can. A lock is one of an open file, so that it keeps them apart as it does
// processes.
func TestManyThatComeAndGoLoseNothingAndShareNothing(t *testing.T) {
	const writers, rounds = 8, 25
	dir := t.TempDir()
	var mu sync.Mutex
	seen := make(map[string]int)
	note := func(records []string) {
		mu.Lock()
		defer mu.Unlock()
		for _, rec := range records {
			seen[rec]++
		}
	}
	visit := func(rec string, read bool) error {
		l, err := Open(Config{Dir: dir, Slots: true, Sync: SyncNever})
		if err != nil {
			return err
		}
		c := l.Cursor("out").(*cursor)
		if err := l.Resume(); err != nil {
			return errors.Join(err, l.Close())
		}
		if rec != "" {
			err = l.Append(t.Context(), []byte(rec))
		}
		if read {
			note(drainAll(c))
		}
		return errors.Join(err, l.Close())
	}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range rounds {
				if err := visit(fmt.Sprintf("%d/%d", w, i), i%3 == 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for range writers + 1 {
		if err := visit("", true); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != writers*rounds {
		t.Errorf("%d of %d records came", len(seen), writers*rounds)
	}
	for rec, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", rec, n)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
}
