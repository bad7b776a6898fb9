package disk

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// What a cursor has in hand does not hold a segment that all have passed, but for a while:
// then its records are copied to a file of the cursor's own, which is removed when they
// have come to their end. The file has the form of a segment, with gaps between the places.

// keptFile has records that were in hand when their segment was removed.
type keptFile struct {
	path   string
	sum    uint32
	frames map[uint64]keptFrame // by place
	reader reader
}

// keptFrame is where a frame lies.
type keptFrame struct {
	off, size int64
}

// maxKept is the number of files of a cursor's beyond which they are made into one.
const maxKept = 16

// keptPath names a file by the cursor and the first place of the segment whose records it keeps. The file is a
// new one: one that has records of that segment, which a crash has brought back, may be being read.
func (c *cursor) keptPath(base uint64) string {
	name, mark := fmt.Sprintf("%s@%020d", fileName(c.name), base), ""
	for n := 2; ; n++ {
		path := filepath.Join(c.log.cursorDir, name+mark+keptSuffix)
		if !slices.ContainsFunc(c.kept, func(o *keptFile) bool { return o.path == path }) {
			return path
		}
		mark = fmt.Sprintf("-%d", n)
	}
}

// isKeptOf reports whether a file keeps records of the cursor's.
func isKeptOf(file, name string) bool {
	return strings.HasPrefix(file, fileName(name)+"@") && strings.HasSuffix(file, keptSuffix)
}

// keptWith returns the file that keeps a record, nil if there is none.
func (c *cursor) keptWith(place uint64) *keptFile {
	for _, k := range c.kept {
		if _, ok := k.frames[place]; ok {
			return k
		}
	}
	return nil
}

// keep copies what the cursor has in hand of a segment to a file.
func (c *cursor) keep(seg *segment) error {
	l := c.log
	k := &keptFile{frames: make(map[uint64]keptFrame)}
	l.mu.Lock()
	k.path = c.keptPath(seg.base)
	k.reader.path = k.path
	wanted, size := c.pendingIn(seg.base, seg.end), seg.size
	var old []*keptFile // that the new one takes the place of
	for _, o := range c.kept {
		if o.hasOf(seg) || len(c.kept) >= maxKept { // a crash may have brought the segment back
			old = append(old, o)
		}
	}
	l.mu.Unlock()
	if len(wanted) == 0 {
		return nil
	}
	h := header{base: seg.base, salt: newSalt()}
	k.sum = h.salt.sum()
	b := h.encode()
	add := func(place uint64, rec []byte) {
		k.frames[place] = keptFrame{int64(len(b)), frameHeader + int64(len(rec))}
		b = appendFrame(b, k.sum, place, kindRecord, rec)
	}
	for _, o := range old {
		if err := o.each(l.fs, func(place uint64, rec []byte) {
			if c.isPending(place) {
				add(place, rec)
			}
		}); err != nil {
			return err
		}
	}
	if err := seg.each(l.fs, size, wanted, add); err != nil {
		return err
	}
	err := writeFile(l.fs, k.path, func(f fsys.File) error {
		_, err := f.WriteAt(b, 0)
		return err
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	c.kept = append(slices.DeleteFunc(slices.Clone(c.kept), func(o *keptFile) bool { return slices.Contains(old, o) }), k)
	c.epoch++ // a fetch from an old one looks again
	l.mu.Unlock()
	for _, o := range old {
		_ = l.fs.Remove(o.path) // else its records are found twice, which does no harm
	}
	return nil
}

// hasOf reports whether the file has records of a segment.
func (k *keptFile) hasOf(seg *segment) bool {
	for place := range k.frames {
		if place >= seg.base && place < seg.end {
			return true
		}
	}
	return false
}

// pendingIn returns what the cursor has in hand, and was given back, of some places.
func (c *cursor) pendingIn(first, end uint64) (in spans) {
	for _, p := range c.pending() {
		if p.first < end && p.end > first {
			in = append(in, span{first: max(p.first, first), end: min(p.end, end)})
		}
	}
	return in
}

func (c *cursor) isPending(place uint64) bool {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return c.pending().has(place)
}

// each calls f for every intact record of a segment at the wanted places.
func (s *segment) each(fs fsys.FS, size int64, wanted spans, f func(place uint64, rec []byte)) error {
	file, err := s.reader.acquire(fs)
	if err != nil {
		return err
	}
	defer s.reader.release()
	scan := &scanner{file: file, sum: s.sum, size: size}
	off := int64(dataStart)
	for _, w := range wanted {
		for place := w.first; place < w.end; {
			at, fr, ok := scan.seek(off, place, w.end-1)
			if scan.err != nil {
				return scan.err
			}
			if !ok {
				break
			}
			_, b, _ := scan.frameAt(at)
			f(fr.place, b[frameHeader:])
			off, place = at+fr.size(), fr.place+1
		}
	}
	return nil
}

// each calls f for every intact record of the file.
func (k *keptFile) each(fs fsys.FS, f func(place uint64, rec []byte)) error {
	file, err := k.reader.acquire(fs)
	if err != nil {
		return err
	}
	defer k.reader.release()
	size, err := file.Size()
	if err != nil {
		return err
	}
	scan := &scanner{file: file, sum: k.sum, size: size}
	for _, place := range slices.Sorted(maps.Keys(k.frames)) {
		if fr, b, ok := scan.frameAt(k.frames[place].off); ok && fr.place == place {
			f(place, b[frameHeader:])
		}
	}
	return scan.err
}

// readKept reads records that are kept: as many as follow one another in the file.
func (c *cursor) readKept(p plan, maxRecords, maxBytes int, oversize bool) piece {
	l := c.log
	file, err := p.kept.reader.acquire(l.fs)
	if err != nil {
		if passing(err) {
			return piece{err: err}
		}
		return piece{lost: 1}
	}
	defer p.kept.reader.release()
	at := p.kept.frames[p.place]
	end, last := p.place+1, at
	for end < p.end {
		next, ok := p.kept.frames[end]
		if !ok || next.off != last.off+last.size {
			break
		}
		end, last = end+1, next
	}
	p.end, p.off, p.size = end, at.off, last.off+last.size
	p.seg = &segment{sum: p.kept.sum}
	got := l.readFrames(file, p, maxRecords, maxBytes, oversize)
	got.off = 0
	if got.err == nil && got.n == 0 && !got.tooBig {
		l.recycle(got.buf)
		return piece{lost: 1}
	}
	return got
}

// openKept finds the records of a file that are still wanted; without any, it returns nil.
func openKept(fs fsys.FS, path string, wanted spans) (*keptFile, error) {
	k := &keptFile{path: path, frames: make(map[uint64]keptFrame)}
	k.reader.path = path
	file, err := k.reader.acquire(fs)
	if err != nil {
		return nil, err
	}
	defer k.reader.release()
	h, err := readHeader(file)
	if errors.Is(err, errHeader) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	k.sum = h.salt.sum()
	scan := &scanner{file: file, sum: k.sum, size: size}
	for off := int64(dataStart); ; {
		at, f, ok := scan.seek(off, 0, 1<<63)
		if !ok {
			break
		}
		if f.kind == kindRecord && wanted.has(f.place) {
			k.frames[f.place] = keptFrame{at, f.size()}
		}
		off = at + f.size()
	}
	if scan.err != nil || len(k.frames) == 0 {
		return nil, scan.err
	}
	return k, nil
}

// idleKept returns the files whose records have all come to their end.
func (c *cursor) idleKept() (idle []*keptFile) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	if len(c.kept) == 0 {
		return nil
	}
	pending := c.pending()
	for _, k := range c.kept {
		if !k.anyOf(pending) {
			idle = append(idle, k)
		}
	}
	return idle
}

func (k *keptFile) anyOf(places spans) bool {
	for place := range k.frames {
		if places.has(place) {
			return true
		}
	}
	return false
}

// dropKept removes files.
func (c *cursor) dropKept(idle []*keptFile) {
	c.log.mu.Lock()
	c.kept = slices.DeleteFunc(slices.Clone(c.kept), func(k *keptFile) bool { return slices.Contains(idle, k) })
	c.log.mu.Unlock()
	for _, k := range idle {
		_ = c.log.fs.Remove(k.path) // else it is removed when the log is opened
	}
}

func (c *cursor) hasKept() bool {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return len(c.kept) > 0
}
