package disk

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

const (
	// firstRead is how much is read at once, as long as it is not known how large records are.
	firstRead = 64 << 10

	// readRest is how long a cursor waits when a file cannot be opened or read for now.
	readRest = time.Second
)

// plan is what a fetch is about to read.
type plan struct {
	epoch int
	back  bool   // of what was given back
	place uint64 // of the first record
	end   uint64 // of the sequence it belongs to
	bytes int64  // that the sequence may take; 0: not known

	// Where the record is: in a segment, or in a file that keeps it, or nowhere.
	seg  *segment
	off  int64 // 0: not known
	size int64 // offset behind the segment's last frame
	last uint64
	kept *keptFile
}

// piece is what was read.
type piece struct {
	buf  *[]byte
	data []byte
	n    int
	off  int64 // of the frame behind them; 0: not known

	tooBig bool   // the first record does not fit
	lost   uint64 // records that there are none of, instead of n
	err    error  // why nothing can be read for now
}

// Fetch implements [queue.Cursor].
func (c *cursor) Fetch(maxRecords, maxBytes int, oversize bool) (queue.Run, bool) {
	maxRecords = max(maxRecords, 1)
	c.fetching.Lock()
	defer c.fetching.Unlock()
	for {
		p, ok := c.plan()
		if !ok {
			return queue.Run{}, false
		}
		got := c.read(p, maxRecords, maxBytes, oversize)
		if run, more, done := c.take(p, got); done {
			return run, more
		}
	}
}

// plan says what to read next.
func (c *cursor) plan() (p plan, ok bool) {
	l := c.log
	l.mu.Lock()
	released, open := c.released, l.opened && !l.closed && !c.removed && c.restUntil.IsZero()
	l.mu.Unlock()
	if !open {
		return p, false
	}
	if released { // so that the reader has nothing finished that the file does not know of
		c.save()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p.epoch = c.epoch
	switch {
	case len(c.back.spans) > 0:
		first := c.back.spans[0]
		p.back, p.place, p.end, p.off, p.bytes = true, first.first, first.end, first.off, first.bytes
		if p.kept = c.keptWith(p.place); p.kept != nil {
			return p, true
		}
		p.seg = l.segmentOf(p.place)
	case c.next < l.end:
		c.seek()
		p.place, p.end, p.seg, p.off = c.next, l.end, c.seg, c.off
	default:
		return p, false
	}
	if p.seg != nil {
		p.size, p.last = p.seg.size, p.seg.end
		p.end = min(p.end, p.last)
	}
	return p, true
}

// seek makes seg the segment that has next.
func (c *cursor) seek() {
	if c.seg != nil && !c.seg.removed && c.next < c.seg.end {
		return
	}
	if c.seg = c.log.segmentOf(c.next); c.seg != nil {
		c.off, c.tail = 0, c.seg.before
		if c.next == c.seg.base {
			c.off = dataStart
		}
	}
}

// read reads what was planned. It is called without the log's mutex.
func (c *cursor) read(p plan, maxRecords, maxBytes int, oversize bool) (got piece) {
	l := c.log
	switch {
	case p.kept != nil:
		return c.readKept(p, maxRecords, maxBytes, oversize)
	case p.seg == nil: // it was in the log, and is not any more
		return piece{lost: p.end - p.place}
	}
	src := &c.front
	if p.back {
		src = &c.rear
	}
	file, err := src.use(l.fs, p.seg)
	if errors.Is(err, fs.ErrNotExist) {
		if p.seg.isRemoved(l) {
			return piece{} // it is kept elsewhere by now
		}
		return piece{lost: p.end - p.place}
	}
	if err != nil {
		return piece{err: err}
	}
	s := &scanner{file: file, sum: p.seg.sum, size: p.size}
	if p.off == 0 {
		at, f, ok := s.seek(dataStart, p.place, p.last-1)
		if s.err != nil || !ok || f.place != p.place {
			return p.missing(s, at, f, ok)
		}
		p.off = at
	}
	got = l.readFrames(file, p, maxRecords, maxBytes, oversize)
	if got.err != nil || got.n > 0 || got.tooBig {
		return got
	}
	l.recycle(got.buf)
	at, f, ok := s.find(p.off, p.place, p.last-1)
	if s.err == nil {
		d := damage{off: p.off, upTo: p.size, first: p.place, end: p.last}
		if ok {
			d.upTo, d.end = at, f.place
		}
		l.noteDamage(p.seg, file, d)
	}
	return p.missing(s, at, f, ok)
}

func (s *segment) isRemoved(l *Log) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.removed
}

// missing says how many records are missing at the planned place, when the next intact frame is f.
func (p plan) missing(s *scanner, at int64, f frame, found bool) piece {
	switch {
	case s.err != nil:
		return piece{err: s.err}
	case found && f.place < p.end:
		return piece{lost: f.place - p.place, off: at}
	}
	return piece{lost: p.end - p.place}
}

// readFrames reads intact frames from p.off on, whose places follow one another.
func (l *Log) readFrames(file io.ReaderAt, p plan, maxRecords, maxBytes int, oversize bool) (got piece) {
	got.buf = l.buffers.Get().(*[]byte)
	w := growing{file: file, off: p.off, limit: p.size - p.off, enough: int64(maxBytes), b: (*got.buf)[:0]}
	if p.bytes > 0 {
		w.enough = min(w.enough, p.bytes)
	}
	used := int64(0)
	for got.n < maxRecords && p.place+uint64(got.n) < p.end && w.has(used+frameHeader) {
		f := parseFrame(w.b[used:])
		if f.kind != kindRecord || f.place != p.place+uint64(got.n) || used+f.size() > w.limit {
			break
		}
		if used+f.size() > int64(maxBytes) && (got.n > 0 || !oversize) {
			got.tooBig = got.n == 0
			break
		}
		if !w.has(used+f.size()) || !f.intact(p.seg.sum, w.b[used:]) {
			break
		}
		used += f.size()
		got.n++
	}
	*got.buf = w.b
	got.data, got.off = w.b[:used:used], p.off+used
	if got.n == 0 {
		got.err = w.err
	}
	return got
}

// growing is the beginning of a part of a file, of which more is read as it is asked for.
type growing struct {
	file   io.ReaderAt
	off    int64 // of b
	limit  int64 // bytes there are
	enough int64 // bytes that are read without being asked for
	b      []byte
	err    error
}

// has reads on until b has n bytes, and reports whether there are so many.
func (g *growing) has(n int64) bool {
	have := int64(len(g.b))
	if have >= n {
		return true
	}
	if n > g.limit || g.err != nil {
		return false
	}
	want := min(max(n, min(max(2*have, firstRead), g.enough)), g.limit)
	g.b = slices.Grow(g.b, int(want-have))[:want]
	read, err := readThrough(g.file, g.b[have:], g.off+have)
	g.b, g.err = g.b[:have+int64(read)], err
	return int64(len(g.b)) >= n
}

// take makes what was read the reader's, unless the cursor was moved meanwhile.
func (c *cursor) take(p plan, got piece) (r queue.Run, more, done bool) {
	l := c.log
	l.mu.Lock()
	defer l.mu.Unlock()
	moved, gone := c.epoch != p.epoch, c.removed || l.closed
	if moved || gone || got.n == 0 {
		l.recycle(got.buf)
	}
	switch {
	case gone:
		return queue.Run{}, false, true
	case moved:
		return queue.Run{}, false, false
	case got.err != nil:
		c.rest(got.err)
		return queue.Run{}, false, true
	case got.tooBig:
		return queue.Run{}, true, true
	case got.n > 0:
		r := &run{cursor: c, buf: got.buf, span: span{
			first: p.place, end: p.place + uint64(got.n), bytes: int64(len(got.data)),
		}}
		if got.off > 0 {
			r.off = got.off - r.bytes
		}
		c.pass(p, uint64(got.n), r.bytes, got.off)
		c.runs = append(c.runs, r)
		return queue.NewRun(p.place, got.data, got.n, frameHeader, r), c.unread() > 0, true
	default:
		if !p.back || !c.rough {
			c.damaged += got.lost
		}
		l.keeper.save()
		c.pass(p, got.lost, 0, got.off)
		return queue.Run{}, false, false
	}
}

// pass moves the cursor past records, to a frame at off or, if that is 0, to wherever the next is.
func (c *cursor) pass(p plan, records uint64, bytes, off int64) {
	l := c.log
	c.changed()
	if p.back {
		c.back.take(p.place+records, bytes, off)
		return
	}
	c.next, c.off = p.place+records, off
	switch seg := l.segmentOf(c.next); {
	case seg != nil && seg == c.seg:
		c.tail = seg.before + off - dataStart
		return
	case seg != nil:
		c.tail = seg.before
	default:
		c.tail = l.tail
	}
	l.wakeWaiting()
	if l.removableLocked() {
		l.keeper.reclaim()
	}
}

// rest makes the cursor fetch nothing for a while.
func (c *cursor) rest(err error) {
	c.restUntil = time.Now().Add(readRest)
	c.log.cfg.Logger.Warn("a part of the queue cannot be read for now", "sink", c.name, "error", err.Error())
	time.AfterFunc(readRest, func() {
		c.log.mu.Lock()
		defer c.log.mu.Unlock()
		c.restUntil = time.Time{}
		c.wakeIfWanted()
	})
}

// source is a segment that a cursor reads from.
type source struct {
	seg  *segment
	file fsys.File
}

// use opens a segment, unless it is the one that is open.
func (s *source) use(fs fsys.FS, seg *segment) (fsys.File, error) {
	if s.seg == seg {
		return s.file, nil
	}
	s.close()
	file, err := seg.reader.acquire(fs)
	if err != nil {
		return nil, err
	}
	s.seg, s.file = seg, file
	return file, nil
}

func (s *source) close() {
	if s.seg != nil {
		s.seg.reader.release()
		*s = source{}
	}
}
