package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// Records are rewritten where they lie: a frame keeps its length, so that nothing else in the
// log changes. A frame that a crash has left half written counts as damaged when the log is
// opened again; a file's records are on stable storage before the next file is begun.

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
	for i, seg := range segments {
		if e := rewriteFile(l.fs, seg.path, seg.sum, sizes[i], match, edit); e != nil {
			seg.doubtful.Store(true)
			err = errors.Join(err, e)
		}
	}
	for _, path := range leftovers {
		err = errors.Join(err, rewriteClosed(l.fs, path, match, edit))
	}
	for _, c := range cursors {
		err = errors.Join(err, c.rewrite(match, edit))
	}
	err = errors.Join(err, l.quarantine.empty())
	if err != nil {
		err = fmt.Errorf("disk queue %s: rewrite its records: %w", l.cfg.Dir, err)
	}
	return err
}

// rewrite changes what the cursor has beside the segments.
func (c *cursor) rewrite(match func(rec []byte) bool, edit func(rec []byte)) (err error) {
	l := c.log
	l.mu.Lock()
	kept := append([]*keptFile(nil), c.kept...)
	for place, rec := range c.held {
		if match(rec) {
			c.held[place] = bytes.Clone(rec) // the reader may have the other
			edit(c.held[place])
		}
	}
	l.mu.Unlock()
	for _, k := range kept {
		err = errors.Join(err, rewriteClosed(l.fs, k.path, match, edit))
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
	for dir, suffix := range map[string]string{l.segmentDir: segmentSuffix, l.cursorDir: keptSuffix} {
		names, listErr := fsy.List(dir)
		if listErr != nil && !errors.Is(listErr, fs.ErrNotExist) {
			err = errors.Join(err, listErr)
		}
		for _, name := range names {
			if strings.HasSuffix(name, suffix) {
				err = errors.Join(err, rewriteClosed(fsy, filepath.Join(dir, name), match, edit))
			}
		}
	}
	err = errors.Join(err, l.quarantine.empty())
	if err != nil {
		err = fmt.Errorf("disk queue %s: rewrite its records: %w", l.cfg.Dir, err)
	}
	return err
}

// rewriteClosed rewrites a file by its header.
func rewriteClosed(fsy fsys.FS, path string, match func(rec []byte) bool, edit func(rec []byte)) error {
	f, err := fsy.Open(path, fsys.Read)
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
	return rewriteFile(fsy, path, h.salt.sum(), size, match, edit)
}

// rewriteFile changes the intact frames in the first bytes of a file.
func rewriteFile(fsy fsys.FS, path string, sum uint32, size int64, match func(rec []byte) bool, edit func(rec []byte)) (err error) {
	f, err := fsy.Open(path, fsys.ReadWrite)
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
		if !match(b[frameHeader:]) {
			continue
		}
		changed = true
		rec := bytes.Clone(b[frameHeader:])
		edit(rec)
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
