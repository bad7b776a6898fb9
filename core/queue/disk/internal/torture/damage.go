package torture

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// Damage spoils a part of a file of a log that was closed, and opens the log: a bit is flipped, the
// file is cut, a part of it is zeros, or there is garbage behind its end.
type Damage struct {
	Images int
	Seed   uint64
	// Progress is called after each image.
	Progress func(Tally)
}

const (
	damagesPerLog = 40
	recordsPerLog = 700
	segmentDir    = "/queue/log"
)

// closedLog is a log that was closed, and what is in its files.
type closedLog struct {
	fs    *crashfs.FS
	cfg   disk.Config
	files []string
	in    map[string][]extent
}

// extent is where a record lies in a file, with what belongs to it in front.
type extent struct {
	id       uint64
	from, to int64
}

// Run returns what was counted over all images.
func (d Damage) Run() (tally Tally, err error) {
	for seed := d.Seed; tally.Spoiled < d.Images; seed++ {
		log, err := makeClosed(seed)
		if err != nil {
			return tally, fmt.Errorf("seed %d: %w", seed, err)
		}
		tally.Acked += recordsPerLog
		for i := range min(damagesPerLog, d.Images-tally.Spoiled) {
			t, err := log.spoil(seed<<8 + uint64(i))
			if err != nil {
				return tally, fmt.Errorf("seed %d, image %d: %w", seed, i, err)
			}
			tally.Add(t)
			if d.Progress != nil {
				d.Progress(tally)
			}
		}
	}
	return tally, nil
}

func makeClosed(seed uint64) (*closedLog, error) {
	l := &closedLog{fs: crashfs.New(seed), in: map[string][]extent{}}
	l.cfg = disk.Config{Dir: "/queue", MaxBytes: 512 << 10, FS: l.fs}
	log, _, err := open(l.cfg)
	if err != nil {
		return nil, err
	}
	for id := range uint64(recordsPerLog) {
		if err := log.Append(context.Background(), recordOf(id)); err != nil {
			return nil, err
		}
	}
	if err := log.Close(); err != nil {
		return nil, err
	}
	l.fs = l.fs.Kill()
	if l.files, err = l.fs.List(segmentDir); err != nil {
		return nil, err
	}
	id := uint64(0)
	for _, file := range l.files {
		l.in[file] = extentsIn(l.fs.Data(filepath.Join(segmentDir, file)), id)
		id += uint64(len(l.in[file]))
	}
	if id < recordsPerLog {
		return nil, fmt.Errorf("record %d is in no file", id)
	}
	return l, nil
}

// extentsIn finds the records of a file, whose first has an id.
func extentsIn(data []byte, id uint64) (found []extent) {
	for ; id < recordsPerLog; id++ {
		rec := recordOf(id)
		at := int64(bytes.Index(data, rec))
		if at < 0 {
			break
		}
		from := at
		if n := len(found); n > 0 {
			from = found[n-1].to
		}
		if n := len(found); n == 1 { // what belongs to a record in front of it is as long for the first
			found[0].from -= at - from
		}
		found = append(found, extent{id, from, at + int64(len(rec))})
	}
	return found
}

// spoil damages a copy of the log, and compares what its first cursor finds with what can be there.
func (l *closedLog) spoil(seed uint64) (t Tally, err error) {
	rng := rand.New(rand.NewPCG(seed, 6))
	image := l.fs.Clone(seed)
	file := l.files[rng.IntN(len(l.files))]
	path := filepath.Join(segmentDir, file)
	data := bytes.Clone(image.Data(path))
	size, first := int64(len(data)), l.in[file][0].from
	from, to := int64(0), size
	flipped := false
	switch rng.IntN(5) {
	case 0, 1:
		from = rng.Int64N(size)
		to, flipped = from+1, true
		data[from] ^= 1 << rng.IntN(8)
	case 2:
		from = first + rng.Int64N(size-first)
		data = data[:from]
	case 3:
		from = first + rng.Int64N(size-first)
		to = min(from+rng.Int64N(8<<10)+1, size)
		clear(data[from:to])
	default:
		from = size
		for range 512 {
			data = append(data, byte(rng.Uint32()))
		}
	}
	image.SetData(path, data)
	cfg := l.cfg
	cfg.FS = image
	got, damaged, err := drained(cfg, &t)
	if err != nil {
		return t, err
	}
	t.Spoiled = 1
	hit, missing := 0, 0
	for id := range uint64(recordsPerLog) {
		spoiled := slices.ContainsFunc(l.in[file], func(e extent) bool { return e.id == id && e.from < to && e.to > from })
		if spoiled {
			hit++
		}
		if !got[id] {
			missing++
			if !spoiled {
				t.Lost++
			}
		}
	}
	t.Hit, t.Damaged = missing, damaged
	t.Uncounted = max(0, missing-damaged)
	if newest := l.files[len(l.files)-1] == file; flipped && (t.Uncounted > 0 || missing > 1) || !newest && t.Uncounted > 0 {
		t.Silent = 1
	}
	return t, nil
}

// drained returns what the first cursor of a log finds, and how many records it says are damaged.
func drained(cfg disk.Config, t *Tally) (got map[uint64]bool, damaged int, err error) {
	log, cursors, err := open(cfg)
	if err != nil {
		return nil, 0, fmt.Errorf("it cannot be opened: %w", err)
	}
	got = map[uint64]bool{}
	last := -1
	for run, _ := cursors[0].Fetch(1000, 1<<20, true); run.Len() > 0; run, _ = cursors[0].Fetch(1000, 1<<20, true) {
		for rec := run.Next(); rec != nil; rec = run.Next() {
			id, ok := idOf(rec)
			if !ok || id >= recordsPerLog || int(id) <= last {
				t.Corrupt++
				continue
			}
			last, got[id] = int(id), true
		}
		run.Done()
	}
	var at [1]queue.Position
	log.Snapshot(cursors[:1], at[:])
	if err := goOn(log, cursors); err != nil {
		return nil, 0, err
	}
	return got, int(at[0].Damaged), log.Close()
}
