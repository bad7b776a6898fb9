package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// open takes the lock, and finds what the log has. It is called again where it could not.
func (l *Log) open() error {
	if err := l.slot.take(l); err != nil {
		return err
	}
	for _, dir := range []string{l.cfg.Dir, l.segmentDir, l.cursorDir} {
		if err := l.fs.MakeDir(dir); err != nil {
			err = fmt.Errorf("make the directory: %w", err)
			if errors.Is(err, fs.ErrPermission) {
				err = unusable{err}
			}
			return err
		}
	}
	if err := l.takeLock(); err != nil {
		return err
	}
	if l.isOpened() {
		return nil
	}
	l.removeHalfMade()
	found, err := l.find()
	if err != nil {
		return err
	}
	return l.recover(found)
}

// takeLock keeps other processes out. On a disk that cannot be written, on which there
// never was a lock, there is nobody to keep out until it can.
func (l *Log) takeLock() error {
	if l.lock != nil {
		return nil
	}
	lock, err := l.fs.Lock(filepath.Join(l.cfg.Dir, lockFile))
	var locked *fsys.LockedError
	switch {
	case err == nil:
		l.lock = lock
	case errors.As(err, &locked):
		return unusable{fmt.Errorf("%w; only one process at a time can use it", err)}
	case l.isOpened() || !passing(err) && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// removeHalfMade removes the files that a crash left before they were whole.
func (l *Log) removeHalfMade() {
	if l.lock == nil {
		return
	}
	for _, dir := range []string{l.segmentDir, l.cursorDir} {
		files, _ := l.fs.List(dir)
		for _, file := range files {
			if strings.HasSuffix(file, tmpSuffix) {
				_ = l.fs.Remove(filepath.Join(dir, file)) // else it is written over
			}
		}
	}
}

// found is what there is in the directory of a log.
type found struct {
	segments []*segment
	newest   survey // of the last segment
	cursors  map[string]cursorState
	slots    map[string]int  // of the cursors' files, that have their states
	broken   map[string]bool // cursor files without an intact state, by name of the file
	listed   []string
	unlisted bool // the list of cursors is lost
}

// find looks at the files.
func (l *Log) find() (f found, err error) {
	if f.segments, err = l.findSegments(); err != nil {
		return f, err
	}
	if n := len(f.segments); n > 0 {
		if f.newest, err = l.survey(f.segments[n-1]); err != nil {
			return f, err
		}
	}
	if err = l.findCursors(&f); err != nil {
		return f, err
	}
	f.listed, err = readNames(l.fs, l.cursorDir)
	if errors.Is(err, errNames) {
		l.cfg.Logger.Error("the list of the queue's sinks is damaged", "dir", l.cfg.Dir)
		f.unlisted, err = true, nil
	}
	if f.listed == nil && len(f.segments) > 0 {
		f.unlisted = true
	}
	return f, err
}

// findSegments reads the headers of the segments, and makes up for those that are lost.
func (l *Log) findSegments() ([]*segment, error) {
	segments, lostHeads, err := l.listSegments()
	if err != nil {
		return nil, err
	}
	for _, seg := range lostHeads {
		if !saltFrom(segments, seg) {
			l.dropHeadless(seg)
			segments = slices.DeleteFunc(segments, func(s *segment) bool { return s == seg })
		}
	}
	return l.bounded(segments), nil
}

// listSegments reads the headers of the segments, in order. Those without one have the place
// that their names say, and no salt.
func (l *Log) listSegments() (segments, lostHeads []*segment, err error) {
	files, err := l.fs.List(l.segmentDir)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range files {
		base, ok := parseSegmentName(name)
		if !ok {
			continue
		}
		seg, err := l.findSegment(filepath.Join(l.segmentDir, name))
		switch {
		case errors.Is(err, errHeader):
			seg = newSegment(filepath.Join(l.segmentDir, name), header{base: base})
			lostHeads = append(lostHeads, seg)
		case errors.Is(err, fs.ErrNotExist): // another process has removed it
			continue
		case errors.Is(err, ErrVersion):
			return nil, nil, unusable{fmt.Errorf("%s: %w", name, err)}
		case err != nil:
			return nil, nil, err
		}
		segments = append(segments, seg)
	}
	slices.SortFunc(segments, func(a, b *segment) int { return cmp.Compare(a.base, b.base) })
	for _, seg := range lostHeads {
		if file, err := l.fs.Open(seg.path, fsys.Read); err == nil {
			size, _ := file.Size()
			seg.size = max(size, dataStart)
			_ = file.Close()
		}
	}
	return segments, lostHeads, nil
}

func (l *Log) findSegment(path string) (*segment, error) {
	file, err := l.fs.Open(path, fsys.Read)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	h, err := readHeader(file)
	if err != nil {
		return nil, err
	}
	seg := newSegment(path, h)
	size, err := file.Size()
	seg.size = max(size, dataStart)
	return seg, err
}

// saltFrom makes up for a header that is lost with the salt that the next segment has of it.
func saltFrom(segments []*segment, seg *segment) bool {
	i := slices.Index(segments, seg)
	if i+1 == len(segments) || segments[i+1].prevBase != seg.base || segments[i+1].prevSize == 0 {
		return false
	}
	seg.salt = segments[i+1].prevSalt
	seg.sum = seg.salt.sum()
	return true
}

// dropHeadless puts a segment aside whose records cannot be told from damage any more.
func (l *Log) dropHeadless(seg *segment) {
	l.cfg.Logger.Error("the header of a part of the queue is damaged; its events are skipped", "file", filepath.Base(seg.path))
	l.counts.damagedRegions.Add(1)
	if l.lock == nil {
		return
	}
	if file, err := l.fs.Open(seg.path, fsys.Read); err == nil {
		l.quarantine.keep(seg.path, file, 0, seg.size)
		_ = file.Close()
	}
	_ = l.fs.Remove(seg.path) // else it is found again
}

// bounded has each segment end where the next begins.
func (l *Log) bounded(segments []*segment) []*segment {
	out := segments[:0]
	for i, seg := range segments {
		if i+1 < len(segments) {
			seg.boundBy(segments[i+1])
			if seg.end == seg.base {
				_ = l.fs.Remove(seg.path) // of one that came to nothing
				continue
			}
		}
		seg.alloc = seg.size
		out = append(out, seg)
	}
	return out
}

// boundBy has a segment end where the next begins, and its frames where that one says.
func (s *segment) boundBy(next *segment) {
	s.end = next.base
	if size := int64(next.prevSize); next.prevBase == s.base && size >= dataStart {
		s.size = min(s.size, size) // the file may not have been cut
	}
}

// survey is what is found in the newest segment.
type survey struct {
	end    uint64 // place behind the last record it had
	last   uint64 // place behind the last intact record
	size   int64  // offset behind the last intact frame of a record
	file   int64  // size of the file
	sealed bool   // it says itself where it ends
}

// survey finds where a segment ends. What is damaged in it is found when it is read.
func (l *Log) survey(seg *segment) (v survey, err error) {
	file, err := seg.reader.acquire(l.fs)
	if err != nil {
		return v, err
	}
	defer seg.reader.release()
	if v.file, err = file.Size(); err != nil {
		return v, err
	}
	v.end, v.last, v.size = seg.base, seg.base, dataStart
	scan := &scanner{file: file, sum: seg.sum, size: v.file}
	for off := int64(dataStart); ; {
		at, f, ok := scan.seek(off, v.end, math.MaxUint64)
		if !ok {
			return v, scan.err
		}
		off = at + f.size()
		if v.sealed = f.kind == kindEnd; v.sealed {
			v.end = f.place
			continue
		}
		v.end, v.last, v.size = f.place+1, f.place+1, off
	}
}

// findCursors reads the states of the cursors.
func (l *Log) findCursors(f *found) error {
	files, err := l.fs.List(l.cursorDir)
	if err != nil {
		return err
	}
	f.cursors, f.slots, f.broken = make(map[string]cursorState), make(map[string]int), make(map[string]bool)
	for _, name := range files {
		path := l.cursorPath(name)
		if !strings.HasSuffix(name, cursorSuffix) {
			continue
		}
		cursor, state, slot, err := readCursorFile(l.fs, path)
		if errors.Is(err, errState) || err == nil && fileName(cursor)+cursorSuffix != name {
			f.broken[name] = true
			continue
		}
		if err != nil {
			return err
		}
		f.cursors[cursor], f.slots[cursor] = state, slot
	}
	return nil
}

func (l *Log) cursorPath(file string) string { return filepath.Join(l.cursorDir, file) }
