package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// Records are rewritten where they lie: a frame keeps its length, so that nothing else in the
// log changes. A frame that a crash has left half written counts as damaged when the log is
// opened again; a file's records are on stable storage before the next file is begun.
//
// A file whose sync fails may read as it is to be and not be so on the disk, and syncing it once more
// would say that it is: the system takes what it could not write for written. So a mark is left from before the
// first change until all is on stable storage. Whoever finds it, also after a crash, writes every record back.

// Rewrite implements [queue.Rewriter]. The quarantine is emptied: what is in damaged bytes
// cannot be told.
func (l *Log) Rewrite(match func(rec []byte) bool, edit func(rec []byte)) (err error) {
	l.control.Lock() // nobody opens or closes it
	defer l.control.Unlock()
	if l.isClosed() {
		return queue.ErrClosed
	}
	if !l.isOpened() {
		return fmt.Errorf("disk queue %s: %w: it could not be opened yet", l.cfg.Dir, queue.ErrUnavailable)
	}
	l.reclaiming.Lock() // no segment is removed, and none of its records copied
	defer l.reclaiming.Unlock()
	cursors := l.allCursors()
	for _, c := range cursors { // nobody sees a frame half written
		c.fetching.Lock()
		defer c.fetching.Unlock()
	}
	l.mu.Lock()
	segments := append([]*segment(nil), l.segments...)
	sizes := make([]int64, len(segments))
	for i, seg := range segments {
		sizes[i] = seg.size
	}
	leftovers := append([]string(nil), l.leftovers...)
	l.mu.Unlock()
	r := newRewriting(l.fs, l.cfg.Dir, match, edit)
	r.again = r.again || l.rewriteAgain
	for i, seg := range segments {
		if e := r.file(seg.path, seg.sum, sizes[i]); e != nil {
			seg.doubtful.Store(true)
			err = errors.Join(err, e)
		}
	}
	for _, path := range leftovers {
		err = errors.Join(err, r.closed(path))
	}
	for _, c := range cursors {
		err = errors.Join(err, c.rewrite(r))
	}
	err = errors.Join(err, l.quarantine.empty())
	r.end(err)
	l.rewriteAgain = err != nil
	if err != nil {
		err = fmt.Errorf("disk queue %s: rewrite its records: %w", l.cfg.Dir, err)
	}
	return err
}

// rewrite changes what the cursor has beside the segments.
func (c *cursor) rewrite(r *rewriting) (err error) {
	l := c.log
	l.mu.Lock()
	kept := append([]*keptFile(nil), c.kept...)
	for place, rec := range c.held {
		if r.match(rec) {
			c.held[place] = bytes.Clone(rec) // the reader may have the other
			r.edit(c.held[place])
		}
	}
	l.mu.Unlock()
	for _, k := range kept {
		err = errors.Join(err, r.closed(k.path))
	}
	return err
}

// Rewrite is [Log.Rewrite] for the log in a directory that no process uses, whatever cursors
// it has. It fails if another process uses the log. A directory that is missing has nothing.
func Rewrite(dir string, match func(rec []byte) bool, edit func(rec []byte)) error {
	return rewrite(fsys.OS{}, dir, match, edit)
}

func rewrite(fsy fsys.FS, dir string, match func(rec []byte) bool, edit func(rec []byte)) (err error) {
	l, err := Open(Config{Dir: dir, FS: fsy})
	if err != nil {
		return err
	}
	if _, err := fsy.List(l.segmentDir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := l.takeLock(); err != nil {
		return fmt.Errorf("disk queue %s: %w", l.cfg.Dir, err)
	}
	defer func() { err = errors.Join(err, l.unlock()) }()
	r := newRewriting(fsy, l.cfg.Dir, match, edit)
	for dir, suffix := range map[string]string{l.segmentDir: segmentSuffix, l.cursorDir: keptSuffix} {
		names, listErr := fsy.List(dir)
		if listErr != nil && !errors.Is(listErr, fs.ErrNotExist) {
			err = errors.Join(err, listErr)
		}
		for _, name := range names {
			if strings.HasSuffix(name, suffix) {
				err = errors.Join(err, r.closed(filepath.Join(dir, name)))
			}
		}
	}
	err = errors.Join(err, l.quarantine.empty())
	r.end(err)
	if err != nil {
		err = fmt.Errorf("disk queue %s: rewrite its records: %w", l.cfg.Dir, err)
	}
	return err
}

// rewritingFile is the mark that a rewriting was begun and not ended.
const rewritingFile = "rewriting"

// rewriting is one Rewrite of the log in a directory.
type rewriting struct {
	fs     fsys.FS
	dir    string
	match  func(rec []byte) bool
	edit   func(rec []byte)
	again  bool // one that was begun before may not be on stable storage
	marked bool
}

func newRewriting(fsy fsys.FS, dir string, match func(rec []byte) bool, edit func(rec []byte)) *rewriting {
	names, err := fsy.List(dir)
	return &rewriting{fs: fsy, dir: dir, match: match, edit: edit, again: err == nil && slices.Contains(names, rewritingFile)}
}

// mark leaves the mark. Without one, as on a disk that is full, only this process knows.
func (r *rewriting) mark() {
	if r.marked {
		return
	}
	r.marked = true
	if f, err := r.fs.Create(filepath.Join(r.dir, rewritingFile)); err == nil {
		_ = f.Close()
		_ = r.fs.SyncDir(r.dir)
	}
}

// end takes the mark away if all went well. One that stays costs the next rewriting time.
func (r *rewriting) end(err error) {
	if err == nil && (r.again || r.marked) {
		_ = r.fs.Remove(filepath.Join(r.dir, rewritingFile))
	}
}

// closed rewrites a file by its header.
func (r *rewriting) closed(path string) error {
	f, err := r.fs.Open(path, fsys.Read)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	h, err := readHeader(f)
	size, sizeErr := f.Size()
	if closeErr := f.Close(); err == nil {
		err = errors.Join(sizeErr, closeErr)
	}
	if errors.Is(err, errHeader) {
		err = fmt.Errorf("%w; open the queue, or check it, and try again", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return r.file(path, h.salt.sum(), size)
}

// file changes the intact frames in the first bytes of a file.
func (r *rewriting) file(path string, sum uint32, size int64) (err error) {
	f, err := r.fs.Open(path, fsys.ReadWrite)
	if err != nil {
		return err
	}
	changed := false
	defer func() {
		if changed {
			err = errors.Join(err, f.Sync())
		}
		err = errors.Join(err, f.Close())
	}()
	scan := &scanner{file: f, sum: sum, size: size}
	for off := int64(dataStart); ; {
		at, found, ok := scan.seek(off, 0, 1<<63)
		if !ok {
			return scan.err
		}
		off = at + found.size()
		if found.kind != kindRecord {
			continue
		}
		_, b, _ := scan.frameAt(at)
		rec := bytes.Clone(b[frameHeader:])
		switch {
		case r.match(rec):
			r.edit(rec)
		case !r.again:
			continue
		}
		r.mark()
		changed = true
		if _, err := f.WriteAt(appendFrame(nil, sum, found.place, found.kind, rec), at); err != nil {
			return err
		}
	}
}

// empty removes what was put aside.
func (q *quarantine) empty() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return removeAll(q.fs, q.dir)
}

var _ queue.Rewriter = (*Log)(nil)
