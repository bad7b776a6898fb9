package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

const (
	badSuffix = ".bad"

	// maxQuarantine bounds what is kept of damaged bytes, as the bound of the log does, and maxBad
	// what of one damage.
	maxQuarantine = 64 << 20
	maxBad        = 16 << 20
)

// quarantine keeps bytes that were damaged, for whoever wants to look at them: the oldest go first.
type quarantine struct {
	fs     fsys.FS
	dir    string
	limit  int64
	logger *slog.Logger

	mu    sync.Mutex
	bytes int64 // that were ever put here by this process
}

// keep copies a part of a file. A part that is kept already is not copied again; that it
// may fail, as on a full disk, loses nothing that could be delivered.
func (q *quarantine) keep(of string, r io.ReaderAt, off, upTo int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b, err := readBad(r, off, min(upTo, off+maxBad))
	if err != nil || len(b) == 0 || int64(len(b)) > q.limit {
		return
	}
	name := fmt.Sprintf("%s-%d%s", strings.TrimSuffix(filepath.Base(of), segmentSuffix), off, badSuffix)
	path := filepath.Join(q.dir, name)
	if f, err := q.fs.Open(path, fsys.Read); err == nil {
		_ = f.Close()
		return
	}
	err = q.fs.MakeDir(q.dir)
	if err == nil {
		q.makeRoom(int64(len(b)))
		err = writeFile(q.fs, path, func(f fsys.File) error {
			_, err := f.WriteAt(b, 0)
			return err
		})
	}
	if err != nil {
		q.logger.Warn("damaged bytes of the queue could not be put aside", "file", of, "error", err.Error())
		return
	}
	q.bytes += int64(len(b))
}

// readBad reads what is to be kept, without the zeros at its end.
func readBad(r io.ReaderAt, off, upTo int64) ([]byte, error) {
	if upTo <= off {
		return nil, nil
	}
	b := make([]byte, upTo-off)
	n, err := readThrough(r, b, off)
	b = b[:n]
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b, err
}

// makeRoom removes the oldest until so many bytes fit in.
func (q *quarantine) makeRoom(need int64) {
	type bad struct {
		name string
		size int64
	}
	var files []bad
	total := need
	names, _ := q.fs.List(q.dir)
	for _, name := range names {
		path := filepath.Join(q.dir, name)
		f, err := q.fs.Open(path, fsys.Read)
		if err != nil {
			continue
		}
		size, err := f.Size()
		if err = errors.Join(err, f.Close()); err != nil {
			continue
		}
		files = append(files, bad{name, size})
		total += size
	}
	slices.SortFunc(files, func(a, b bad) int { return cmp.Compare(a.name, b.name) }) // by place
	for _, f := range files {
		if total <= q.limit {
			return
		}
		if q.fs.Remove(filepath.Join(q.dir, f.name)) == nil {
			total -= f.size
		}
	}
}

// noteDamage logs a damage and puts its bytes in quarantine, once.
func (l *Log) noteDamage(seg *segment, r io.ReaderAt, d damage) {
	l.mu.Lock()
	known := slices.Contains(seg.noted, d)
	if !known {
		seg.noted = append(seg.noted, d)
	}
	l.mu.Unlock()
	if known {
		return
	}
	l.counts.damagedRegions.Add(1)
	l.cfg.Logger.Error("a part of the queue is damaged; its events are skipped",
		"file", filepath.Base(seg.path), "offset", d.off, "bytes", d.upTo-d.off, "first", d.first, "events", d.end-d.first)
	l.quarantine.keep(seg.path, r, d.off, d.upTo)
}
