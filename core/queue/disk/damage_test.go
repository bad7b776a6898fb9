package disk

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// fetched is what a cursor has when it has fetched everything.
type fetched struct {
	recs   []string
	places []uint64
	at     queue.Position
}

// drain fetches everything, and is done with it.
func drain(t testing.TB, l *Log, c queue.Cursor) (got fetched) {
	t.Helper()
	for rounds := 0; ; rounds++ {
		run, more := c.Fetch(100, 1<<20, true)
		if run.Len() == 0 {
			if more {
				t.Fatal("there is more, but none comes")
			}
			break
		}
		if rounds > 1_000_000 {
			t.Fatal("fetching does not end")
		}
		for place := run.First; run.Len() > 0; place++ {
			got.places = append(got.places, place)
			got.recs = append(got.recs, string(run.Next()))
		}
		run.Done()
	}
	got.at = positionOf(l, c)
	return got
}

func positionOf(l *Log, c queue.Cursor) queue.Position {
	var at [1]queue.Position
	l.Snapshot([]queue.Cursor{c}, at[:])
	return at[0]
}

func mustAppend(t testing.TB, l *Log, recs ...[]byte) {
	t.Helper()
	if n, err := l.AppendAll(context.Background(), recs); err != nil || n != len(recs) {
		t.Fatalf("appended %d of %d: %v", n, len(recs), err)
	}
}

func mustClose(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// logOf makes a log with n records of a size; closed tells whether it was closed, or its process killed.
func logOf(t testing.TB, n, size int, maxBytes int64, closed bool) (*crashfs.FS, []string) {
	t.Helper()
	fs := crashfs.New(1)
	l, _ := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: maxBytes}, "sink")
	var recs []string
	for i := range n {
		mustAppend(t, l, record(i, size))
		recs = append(recs, string(record(i, size)))
	}
	if closed {
		mustClose(t, l)
		return fs.Kill(), recs
	}
	next := fs.Kill()
	_ = l.Close()
	return next, recs
}

// segmentFiles returns the paths of the segments.
func segmentFiles(t testing.TB, fs fsys.FS) (paths []string) {
	t.Helper()
	names, err := fs.List("/queue/log")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, segmentSuffix) {
			paths = append(paths, filepath.Join("/queue/log", name))
		}
	}
	return paths
}

func TestAnyBitThatIsFlippedCostsAtMostOneRecordAndItIsCounted(t *testing.T) {
	const n = 8
	for _, closed := range []bool{true, false} {
		fs, recs := logOf(t, n, 8, 1<<20, closed)
		path := segmentFiles(t, fs)[0]
		whole := bytes.Clone(fs.Data(path))
		used := dataStart + n*(frameHeader+8)
		if closed {
			used += frameHeader // the mark at the end
		}
		stride := 1
		if raceEnabled || testing.Short() {
			stride = 13 // which comes to every bit of a byte
		}
		for bit := 0; bit < used*8; bit += stride {
			at := bit / 8
			if at >= headerSize && at < headerCopy || at >= headerCopy+headerSize && at < dataStart {
				continue // nothing is there
			}
			image := fs.Clone(1)
			image.Data(path)[at] ^= 1 << (bit % 8)
			l, cursors := mustOpen(t, Config{Dir: "/queue", FS: image, MaxBytes: 1 << 20}, "sink")
			got := drain(t, l, cursors[0])
			wantGone, wantDamaged := 0, uint64(0)
			hit := -1
			if at >= dataStart && at < dataStart+n*(frameHeader+8) {
				hit = (at - dataStart) / (frameHeader + 8)
				wantGone, wantDamaged = 1, 1
			}
			if hit == n-1 && !closed {
				wantDamaged = 0 // it could be a write that was cut short
			}
			if len(got.recs) != n-wantGone || got.at.Damaged != wantDamaged || got.at.Recovered != uint64(len(got.recs))+wantDamaged {
				t.Fatalf("closed %v, byte %d, bit %d: %d records, %+v", closed, at, bit%8, len(got.recs), got.at)
			}
			for i, rec := range got.recs {
				if rec != recs[got.places[i]] || int(got.places[i]) == hit {
					t.Fatalf("byte %d: a damaged record came out at %d: %q", at, got.places[i], rec)
				}
			}
			mustAppend(t, l, []byte("new"))
			if got := drain(t, l, cursors[0]); len(got.recs) != 1 || got.recs[0] != "new" {
				t.Fatalf("byte %d: then appended one, and got %q", at, got.recs)
			}
			mustClose(t, l)
		}
		if !bytes.Equal(whole, fs.Data(path)) {
			t.Fatal("the test has damaged what it compares with")
		}
	}
}

func TestWhereverTheNewestFileIsCutWhatIsBeforeAndWhatComesThenIsThere(t *testing.T) {
	const n, size = 8, 21
	fs, recs := logOf(t, n, size, 1<<20, false)
	path := segmentFiles(t, fs)[0]
	whole := bytes.Clone(fs.Data(path))[:dataStart+n*(frameHeader+size)]
	for cut := range len(whole) {
		image := fs.Clone(1)
		image.SetData(path, whole[:cut])
		cfg := Config{Dir: "/queue", FS: image, MaxBytes: 1 << 20}
		l, _ := mustOpen(t, cfg, "sink")
		mustAppend(t, l, []byte("new 1"), []byte("new 2"))
		mustClose(t, l)
		cfg.FS = image.Kill()
		l, cursors := mustOpen(t, cfg, "sink")
		got := drain(t, l, cursors[0])
		want := append([]string(nil), recs[:max(0, cut-dataStart)/(frameHeader+size)]...)
		want = append(want, "new 1", "new 2")
		if fmt.Sprint(got.recs) != fmt.Sprint(want) || got.at.Damaged != 0 {
			t.Fatalf("cut at %d: got %q, want %q; %+v", cut, got.recs, want, got.at)
		}
		mustClose(t, l)
	}
}

func TestDamageInTheMiddleCostsTheRecordsInItAndNoOthers(t *testing.T) {
	for _, damage := range []struct {
		name  string
		off   int64 // from the start of the file; negative: from its end
		bytes int
		fill  func(i int) byte
	}{
		{"zeros", 100_000, 64 << 10, func(int) byte { return 0 }},
		{"garbage", 30_000, 64 << 10, func(i int) byte { return byte(i * 7) }},
		{"zeros over the header", 0, 64 << 10, func(int) byte { return 0 }},
		{"garbage over the header", 0, 5000, func(i int) byte { return byte(i * 31) }},
		{"the end", -70_000, 70_000, func(int) byte { return 0 }},
		{"everything", 0, 1 << 20, func(int) byte { return 0xff }},
	} {
		t.Run(damage.name, func(t *testing.T) {
			const n, size = 9000, 400
			fs, recs := logOf(t, n, size, 8<<20, true)
			paths := segmentFiles(t, fs)
			if len(paths) < 4 {
				t.Fatalf("%d segments", len(paths))
			}
			path := paths[1]
			base, _ := parseSegmentName(filepath.Base(path))
			data := fs.Data(path)
			off := damage.off
			if off < 0 {
				off += int64(len(data))
			}
			end := min(off+int64(damage.bytes), int64(len(data)))
			gone := map[uint64]bool{}
			for at := off; at < end; at++ {
				data[at] = damage.fill(int(at))
				if at >= dataStart {
					gone[base+uint64((at-dataStart)/(frameHeader+size))] = true
				}
			}
			l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 8 << 20}, "sink", "other")
			got := drain(t, l, cursors[0])
			want := 0
			for place := range uint64(n) {
				if gone[place] {
					continue
				}
				if want >= len(got.places) || got.places[want] != place || got.recs[want] != recs[place] {
					t.Fatalf("the record at %d is not there, or not in order", place)
				}
				want++
			}
			if len(got.recs) != want || got.at.Damaged != uint64(len(gone)) || got.at.Recovered != n {
				t.Fatalf("%d records, want %d; %+v, want %d damaged", len(got.recs), want, got.at, len(gone))
			}
			names, _ := fs.List("/queue/quarantine")
			if damage.fill(1) != 0 && len(names) != 1 {
				t.Fatalf("quarantine has %q", names)
			}
			mustClose(t, l)
		})
	}
}

func TestWhatTheDiskCannotReadIsSkippedAndCounted(t *testing.T) {
	const n, size = 2000, 400
	fs, _ := logOf(t, n, size, 1<<20, true)
	bad := segmentFiles(t, fs)[0]
	l, cursors := mustOpen(t, Config{Dir: "/queue", FS: badSectors{fs, bad, 40_000, 50_000}, MaxBytes: 1 << 20}, "sink")
	got := drain(t, l, cursors[0])
	// Sectors from 36,864 to 53,248 cannot be read.
	first, last := (36_864-dataStart)/(frameHeader+size), (53_248-1-dataStart)/(frameHeader+size)
	if want := uint64(last - first + 1); got.at.Damaged != want || len(got.recs) != n-int(want) {
		t.Fatalf("%d records, %+v, want %d damaged", len(got.recs), got.at, want)
	}
	mustClose(t, l)
}

// badSectors is a disk that cannot read a part of a file.
type badSectors struct {
	*crashfs.FS
	path     string
	from, to int64
}

type badFile struct {
	fsys.File
	from, to int64
}

func (b badSectors) Open(name string, access fsys.Access) (fsys.File, error) {
	f, err := b.FS.Open(name, access)
	if err != nil || name != b.path {
		return f, err
	}
	return badFile{f, b.from, b.to}, nil
}

func (f badFile) ReadAt(b []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(b)) > f.from {
		return 0, &fsErr{syscall.EIO}
	}
	return f.File.ReadAt(b, off)
}

type fsErr struct{ error }

func (e *fsErr) Unwrap() error { return e.error }

func TestBytesInsideARecordNeverPassForOne(t *testing.T) {
	fs := crashfs.New(1)
	cfg := Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}
	l, _ := mustOpen(t, cfg, "sink")
	// A record that carries a frame as another log would have it, as whoever knows the format can write.
	var forged []byte
	for place := range uint64(50) {
		forged = appendFrame(forged, salt{}.sum(), place, kindRecord, []byte("forged"))
	}
	mustAppend(t, l, []byte("first"), forged, []byte("last"))
	mustClose(t, l)
	fs = fs.Kill()
	path := segmentFiles(t, fs)[0]
	fs.Data(path)[dataStart+frameHeader+len("first")+2] ^= 0x55 // the length of the second
	cfg.FS = fs
	l, cursors := mustOpen(t, cfg, "sink")
	got := drain(t, l, cursors[0])
	if fmt.Sprint(got.recs) != "[first last]" || got.at.Damaged != 1 {
		t.Fatalf("got %q, %+v", got.recs, got.at)
	}
	mustClose(t, l)
}

func TestALengthThatIsDamagedAsksForNoMoreMemoryThanTheFileHas(t *testing.T) {
	fs, _ := logOf(t, 100, 400, 1<<20, true)
	path := segmentFiles(t, fs)[0]
	copy(fs.Data(path)[dataStart:], []byte{0xff, 0xff, 0xff, 0x7f})
	l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}, "sink")
	run, _ := cursors[0].Fetch(1000, 1<<20, false)
	if run.First != 1 || run.Len() != 99 {
		t.Fatalf("fetched %d from %d on", run.Len(), run.First)
	}
	run.Done()
	if got := positionOf(l, cursors[0]).Damaged; got != 1 {
		t.Fatalf("%d damaged", got)
	}
	mustClose(t, l)
}

func TestTheQuarantineIsBounded(t *testing.T) {
	fs := crashfs.New(1)
	q := quarantine{fs: fs, dir: "/quarantine", limit: maxQuarantine, logger: discard}
	data := bytes.Repeat([]byte{1}, 1<<20)
	for i := range 80 {
		q.keep(segmentName(uint64(i)), bytes.NewReader(data), 0, int64(len(data)))
	}
	if got := q.size(); got > maxQuarantine || got < maxQuarantine/2 {
		t.Fatalf("%d bytes are in quarantine, at most %d should be", got, maxQuarantine)
	}
	names, _ := fs.List("/quarantine")
	if last := names[len(names)-1]; last != "00000000000000000079-0.bad" {
		t.Fatalf("the newest that is kept is %s", last)
	}
}

func TestAHeaderOfWhichOneCopyIsLeftLosesNothing(t *testing.T) {
	for _, at := range []int{0, headerCopy} {
		fs, recs := logOf(t, 20, 100, 1<<20, false)
		clear(fs.Data(segmentFiles(t, fs)[0])[at : at+headerCopy])
		l, cursors := mustOpen(t, Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20}, "sink")
		if got := drain(t, l, cursors[0]); len(got.recs) != len(recs) || got.at.Damaged != 0 {
			t.Fatalf("copy at %d: %d records, %+v", at, len(got.recs), got.at)
		}
		mustClose(t, l)
	}
}

func TestALaterFormatIsRefusedRatherThanSkipped(t *testing.T) {
	fs, _ := logOf(t, 2, 10, 1<<20, true)
	data := fs.Data(segmentFiles(t, fs)[0])
	for _, at := range []int{0, headerCopy} {
		b := data[at : at+headerSize]
		b[8] = version + 1
		reseal(b)
	}
	l, err := Open(Config{Dir: "/queue", FS: fs, MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Resume(); err == nil || !strings.Contains(err.Error(), "later format") {
		t.Fatalf("opened a log of a later format: %v", err)
	}
	mustClose(t, l)
}
