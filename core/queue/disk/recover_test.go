package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

func TestEndingTheProcessInTheMiddleOfOpeningLosesNothing(t *testing.T) {
	// A log of a crash: a segment with damage, a torn tail, files that were not whole, a
	// cursor with something in hand.
	fs := crashfs.New(1)
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 64 << 10}
	l, cursors := mustOpen(t, cfg, "sink", "gone")
	var recs []string
	for i := range 200 {
		recs = append(recs, string(record(i, 100)))
		mustAppend(t, l, record(i, 100))
	}
	run, _ := cursors[0].Fetch(10, 1<<20, true)
	cursors[0].Hold(run.First+3, []byte(recs[3]))
	run.Done()
	fs = fs.Kill()
	_ = l.Close()
	paths := segmentFiles(t, fs)
	newest := paths[len(paths)-1]
	fs.SetData(newest, append(bytes.Clone(fs.Data(newest)), "torn"...))
	fs.SetData(paths[0]+tmpSuffix, []byte("half"))
	want := append([]string{recs[3]}, recs[10:]...)
	for ops := range 70 {
		image := fs.Clone(uint64(ops))
		image.KillAfter(ops)
		cfg.FS = image
		l, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		l.Cursor("sink")
		_ = l.Resume() // the process ends before it knows
		next := image.Kill()
		_ = l.Close()
		for _, after := range []*crashfs.FS{next, next.Image(0, 1), next.Image(0.5, uint64(ops))} {
			cfg.FS = after
			l, cursors := mustOpen(t, cfg, "sink")
			got := drain(t, l, cursors[0])
			if fmt.Sprint(got.recs) != fmt.Sprint(want) || got.at.Damaged != 0 {
				t.Fatalf("after %d operations: %d records, want %d; %+v", ops, len(got.recs), len(want), got.at)
			}
			mustAppend(t, l, []byte("new"))
			if got := drain(t, l, cursors[0]); len(got.recs) != 1 {
				t.Fatalf("after %d operations: then appended one, and got %q", ops, got.recs)
			}
			mustClose(t, l)
		}
	}
}

// cursorLog makes a log with 300 records of which the sink has had 100, and returns it with its cursor file as it
// was then, when it had had 50, and when it had had all.
func cursorLog(t *testing.T) (fs *crashfs.FS, path string, stale, future []byte) {
	fs = crashfs.New(1)
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}
	l, cursors := mustOpen(t, cfg, "sink", "other")
	for i := range 300 {
		mustAppend(t, l, record(i, 100))
	}
	path = filepath.Join("/queue/cursors", "sink.cursor")
	take := func(n int) {
		run, _ := cursors[0].Fetch(n, 1<<20, true)
		run.Done()
	}
	take(50)
	stale = bytes.Clone(fs.Data(path))
	take(50)
	image := fs.Clone(1)
	drain(t, l, cursors[0])
	for i := range 50 {
		mustAppend(t, l, record(300+i, 100))
	}
	drain(t, l, cursors[0])
	future = bytes.Clone(fs.Data(path))
	mustClose(t, l)
	return image, path, stale, future
}

func TestAPlaceThatIsStaleOrLostCostsRepetitionsOnly(t *testing.T) {
	fs, path, stale, _ := cursorLog(t)
	good := bytes.Clone(fs.Data(path))
	torn := func(at ...int) []byte {
		b := bytes.Clone(good)
		for _, slot := range at {
			b[slot*slotSize+20] ^= 0xff
		}
		return b
	}
	newest := -1
	if _, _, slot, err := parseSlots(good); err == nil {
		newest = slot
	}
	for _, c := range []struct {
		name string
		file []byte // nil: missing
		list []byte // of cursors
		want int    // the first record that is fetched
		most int    // or later, up to
	}{
		{"as it was", good, nil, 100, 100},
		{"stale", stale, nil, 50, 50},
		{"the newest slot torn", torn(newest), nil, 0, 50},
		{"all slots torn", torn(0, 1, 2), nil, 0, 0},
		{"cut", good[:100], nil, 0, 50},
		{"empty", []byte{}, nil, 0, 0},
		{"missing", nil, nil, 0, 0},
		{"missing, and the list of sinks damaged", nil, []byte("{"), 0, 0},
	} {
		image := fs.Clone(1)
		if c.file != nil {
			image.SetData(path, c.file)
		} else if err := image.Remove(path); err != nil {
			t.Fatal(err)
		}
		if c.list != nil {
			image.SetData("/queue/cursors/"+namesFile, c.list)
		}
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: image, MaxBytes: 1 << 20}, "sink", "other")
		got := drain(t, l, cursors[0])
		first := 300 - len(got.recs)
		if first < c.want || first > c.most || got.recs[len(got.recs)-1] != string(record(299, 100)) {
			t.Errorf("%s: fetched from %d on, want %d to %d", c.name, first, c.want, c.most)
		}
		if got.at.Damaged != 0 || got.at.Recovered != uint64(len(got.recs)) {
			t.Errorf("%s: %+v", c.name, got.at)
		}
		mustClose(t, l)
	}
}

func TestAPlaceBehindTheEndSkipsNothingThatComes(t *testing.T) {
	fs, path, _, future := cursorLog(t)
	fs.SetData(path, future) // of a log that had 50 records more
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}
	for round := range 3 {
		l, cursors := mustOpen(t, cfg, "sink", "other")
		if got := positionOf(l, cursors[0]).Unread; got != 0 {
			t.Fatalf("the sink has had everything, and finds %d", got)
		}
		if round == 0 { // those 50 are lost to the other sink, which is told
			if got := drain(t, l, cursors[1]); len(got.recs) != 300 || got.at.Damaged != 50 || got.at.Recovered != 350 {
				t.Fatalf("the other sink finds %d, %+v", len(got.recs), got.at)
			}
		}
		for i := range 60 {
			mustAppend(t, l, record(1000+i, 50))
		}
		if got := drain(t, l, cursors[0]); len(got.recs) != 60 {
			t.Fatalf("round %d: appended 60 and fetched %d", round, len(got.recs))
		}
		drain(t, l, cursors[1])
		mustClose(t, l)
		fs = fs.Kill()
		cfg.FS = fs
	}
}

func TestASinkThatIsNewStartsAtTheEndAndOneThatIsGoneHoldsNothing(t *testing.T) {
	fs := crashfs.New(1)
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 64 << 10, OnFull: queue.DropNewest}
	var logged bytes.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	l, _ := mustOpen(t, cfg, "stays", "goes")
	for i := range 100 {
		mustAppend(t, l, record(i, 100))
	}
	mustClose(t, l)
	cfg.FS = fs.Kill()
	l, cursors := mustOpen(t, cfg, "stays", "comes")
	if !strings.Contains(logged.String(), `sink=goes events=100`) {
		t.Errorf("of the sink that is gone nothing is said: %s", logged.String())
	}
	if at := positionOf(l, cursors[1]); at.Unread != 0 || at.Next != 100 {
		t.Errorf("the new sink starts with %+v", at)
	}
	if got := drain(t, l, cursors[0]); len(got.recs) != 100 {
		t.Errorf("the sink that stays finds %d", len(got.recs))
	}
	// Nothing holds the log any more: it takes many times its bound.
	for i := range 2000 {
		mustAppend(t, l, record(i, 100))
		if i%100 == 99 {
			drain(t, l, cursors[0])
			drain(t, l, cursors[1])
		}
	}
	added := l.Cursor("later")
	mustAppend(t, l, []byte("x"))
	if got := drain(t, l, added); len(got.recs) != 1 {
		t.Errorf("a sink added while the log is open finds %q", got.recs)
	}
	added.Remove()
	files, _ := cfg.FS.List("/queue/cursors")
	if want := []string{"comes.cursor", namesFile, "stays.cursor"}; fmt.Sprint(files) != fmt.Sprint(want) {
		t.Errorf("files %q, want %q", files, want)
	}
	mustClose(t, l)
}

func TestALogOpensOnADiskThatIsReadOnlyOrFullAndWorksWhenItCan(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble func(*crashfs.FS)
		end     func(*crashfs.FS)
	}{
		{"read-only", func(fs *crashfs.FS) { fs.SetReadOnly(true) }, func(fs *crashfs.FS) { fs.SetReadOnly(false) }},
		{"full", func(fs *crashfs.FS) { fs.SetCapacity(1) }, func(fs *crashfs.FS) { fs.SetCapacity(0) }},
		{"failing", func(fs *crashfs.FS) {
			fs.Fault(func(op crashfs.Op, _ string) error {
				if op == crashfs.OpSync || op == crashfs.OpList {
					return syscall.EIO
				}
				return nil
			})
		}, func(fs *crashfs.FS) { fs.Fault(nil) }},
	} {
		for _, backlog := range []int{0, 50} {
			t.Run(fmt.Sprintf("%s with %d", c.name, backlog), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fs := crashfs.New(1)
					cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}
					if backlog > 0 {
						l, _ := mustOpen(t, cfg, "sink")
						for i := range backlog {
							mustAppend(t, l, record(i, 100))
						}
						fs = fs.Kill()
						_ = l.Close()
						cfg.FS = fs
					}
					c.trouble(fs)
					l, cursors := mustOpen(t, cfg, "sink")
					if err := l.Append(context.Background(), []byte("x")); !errors.Is(err, queue.ErrUnavailable) {
						t.Fatalf("appended: %v", err)
					}
					if c.name != "failing" {
						if got := drain(t, l, cursors[0]); len(got.recs) != backlog {
							t.Fatalf("fetched %d of %d", len(got.recs), backlog)
						}
					}
					if !l.Health().Unavailable {
						t.Error("the log says it is well")
					}
					c.end(fs)
					time.Sleep(time.Second)
					mustAppend(t, l, []byte("x"))
					got := drain(t, l, cursors[0])
					if c.name == "failing" && len(got.recs) != backlog+1 || c.name != "failing" && len(got.recs) != 1 {
						t.Fatalf("then fetched %d", len(got.recs))
					}
					if at := positionOf(l, cursors[0]); at.Recovered != uint64(backlog) || at.Damaged != 0 {
						t.Fatalf("%+v", at)
					}
					if l.Health().Unavailable {
						t.Error("the log says it is not well")
					}
					mustClose(t, l)
				})
			})
		}
	}
}

func TestWhatCannotBeALogIsAnErrorThatSaysWhy(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(Config{Dir: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Resume(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("opened a file as a directory: %v", err)
	}
	mustClose(t, l)
	for _, cfg := range []Config{{MaxBytes: 100}, {MaxBytes: -1}, {Interval: -1}, {OnFull: 9}, {Sync: 9}} {
		if _, err := Open(cfg); err == nil {
			t.Errorf("opened %+v", cfg)
		}
	}
}

func TestALargeBacklogIsOpenAtOnceWithLittleMemoryAndFewFiles(t *testing.T) {
	n := 60_000
	if os.Getenv("HEADGATE_BACKLOG") != "" {
		n = 1_000_000
	}
	dir := t.TempDir()
	cfg := Config{Dir: dir}
	names := []string{"a", "b", "c"}
	l, _ := mustOpen(t, cfg, names...)
	batch := make([][]byte, 1000)
	for i := range batch {
		batch[i] = record(i, eventSize)
	}
	for range n / len(batch) {
		mustAppend(t, l, batch...)
	}
	mustClose(t, l)
	before := openFiles(t)
	start := time.Now()
	l, cursors := mustOpen(t, cfg, names...)
	run, _ := cursors[0].Fetch(500, 1<<20, true)
	took := time.Since(start)
	if run.Len() != 500 {
		t.Fatalf("fetched %d", run.Len())
	}
	for _, c := range cursors {
		if at := positionOf(l, c); at.Recovered != uint64(n) {
			t.Fatalf("%+v", at)
		}
		c.Fetch(500, 1<<20, true)
	}
	t.Logf("%d records: first delivery after %v, %d files open, %d MB resident", n, took, openFiles(t)-before, resident(t)>>20)
	if took > 2*time.Second {
		t.Errorf("the first delivery takes %v", took)
	}
	if files := openFiles(t) - before; files > 64 {
		t.Errorf("%d files are open", files)
	}
	if rss := resident(t); rss > 200<<20 && !raceEnabled {
		t.Errorf("%d MB are resident", rss>>20)
	}
	mustClose(t, l)
}

// openFiles counts the files that the process has open, where that can be told.
func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// resident returns the memory that the process has, where that can be told.
func resident(t *testing.T) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func TestNoFileThatTheLogHasKeepsItFromOpening(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	fs, _ := logOf(t, 300, 200, 64<<10, false)
	for round := range 150 {
		image := fs.Clone(uint64(round))
		for _, dir := range []string{"/queue/log", "/queue/cursors"} {
			names, _ := image.List(dir)
			for _, name := range names {
				path := filepath.Join(dir, name)
				switch data := bytes.Clone(image.Data(path)); rng.IntN(6) {
				case 0:
					_ = image.Remove(path)
				case 1:
					image.SetData(path, data[:rng.IntN(len(data)+1)])
				case 2:
					for range rng.IntN(2000) {
						data[rng.IntN(len(data))] = byte(rng.Uint32())
					}
					image.SetData(path, data)
				case 3:
					image.SetData(path, slices.Concat(data, data))
				}
			}
		}
		cfg := Config{Dir: "/queue", FS: image, MaxBytes: 64 << 10}
		for range 2 {
			l, cursors := mustOpen(t, cfg, "sink")
			got := drain(t, l, cursors[0])
			if got.at.Recovered != uint64(len(got.recs))+got.at.Damaged {
				t.Fatalf("round %d: fetched %d, %+v", round, len(got.recs), got.at)
			}
			mustAppend(t, l, []byte("x"))
			if got := drain(t, l, cursors[0]); len(got.recs) != 1 {
				t.Fatalf("round %d: then appended one, and got %d", round, len(got.recs))
			}
			mustClose(t, l)
			image = image.Kill()
			cfg.FS = image
		}
	}
}
