package disk

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the log of the current format version to testdata")

// goldenLog writes a log of two sinks: one that has had 20 records but the two it holds, whose segments are
// gone, and one that has had 25 and has five more in hand. The log ends with records that were not
// sealed by closing it.
func goldenLog(t *testing.T, dir string) {
	cfg := Config{Dir: dir, MaxBytes: leastBytes}
	l, cursors := mustOpen(t, cfg, "held", "hand")
	for i := range 40 {
		mustAppend(t, l, record(i, 400))
	}
	run, _ := cursors[0].Fetch(4, 1<<20, true)
	cursors[0].Hold(1, record(1, 400))
	cursors[0].Hold(3, record(3, 400))
	run.Done()
	skip := func(c, n int) {
		for n > 0 {
			run, _ := cursors[c].Fetch(n, 1<<20, true)
			n -= run.Len()
			run.Done()
		}
	}
	skip(0, 16)
	skip(1, 25)
	if l.reclaim(true); l.removals.Load() == 0 {
		t.Fatal("no segment was removed")
	}
	cursors[1].Fetch(5, 1<<20, true)
	mustClose(t, l)
	for _, extra := range []string{lockFile, reserveFile} {
		_ = os.Remove(filepath.Join(dir, extra))
	}
}

func TestLogsOfEveryFormatVersionOpenAndDrain(t *testing.T) {
	if *update {
		dir := filepath.Join("testdata", fmt.Sprintf("v%d", version))
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		goldenLog(t, dir)
	}
	for v := 1; v <= version; v++ {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", fmt.Sprintf("v%d", v)))); err != nil {
			t.Fatal(err)
		}
		l, cursors := mustOpen(t, Config{Dir: dir, MaxBytes: leastBytes}, "held", "hand")
		want := [][]int{{1, 3}, nil}
		for i := 20; i < 40; i++ {
			want[0] = append(want[0], i)
		}
		for i := 25; i < 40; i++ {
			want[1] = append(want[1], i)
		}
		for i, c := range cursors {
			got := drain(t, l, c)
			if fmt.Sprint(got.places) != fmt.Sprint(want[i]) || got.at.Damaged != 0 {
				t.Errorf("version %d, cursor %d: found %v, want %v; %+v", v, i, got.places, want[i], got.at)
			}
			for k, rec := range got.recs {
				if rec != string(record(want[i][k], 400)) {
					t.Errorf("version %d: the record at %d is %.20q", v, want[i][k], rec)
				}
			}
		}
		mustClose(t, l)
	}
}
