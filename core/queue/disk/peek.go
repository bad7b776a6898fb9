package disk

import (
	"slices"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	// peekPatience is how long Peek waits for a look at the disk. What the look finds later is
	// there for the next Peek.
	peekPatience = 100 * time.Millisecond
	// peekRest is how long it is not looked again at a place where nothing could be read.
	peekRest = time.Minute

	// peekRecords and peekBytes bound what a look reads of what lies at the place; the first record may be
	// larger. Where that is damaged, it goes on in so many segments.
	peekRecords  = 16
	peekBytes    = 4 << 10
	peekSegments = 3
)

// peek is what a cursor knows of when the oldest record there is to fetch was accepted. It
// is guarded by the log's mutex.
type peek struct {
	place   uint64
	at      time.Time // zero: it could not be read
	looked  time.Time // when that was found; zero: never
	looking chan struct{}
	since   time.Time // when the look under way was begun
}

// Peek implements [queue.Peeker]. The disk is looked at by another goroutine, of which a cursor
// has one at most, and only if the place is another than last time.
func (c *cursor) Peek(acceptedAt func(rec []byte) time.Time) (place uint64, at time.Time) {
	l := c.log
	l.mu.Lock()
	p, ok := c.oldest()
	known := &c.peek
	switch looked := known.place == p.place && !known.looked.IsZero(); {
	case !ok:
		defer l.mu.Unlock()
		return p.place, time.Time{}
	case looked && (!known.at.IsZero() || time.Since(known.looked) < peekRest):
		defer l.mu.Unlock()
		return known.place, known.at
	case known.looking == nil:
		known.looking, known.since = make(chan struct{}), time.Now()
		go c.look(p, acceptedAt)
	}
	looking, patience := known.looking, peekPatience-time.Since(known.since)
	l.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-looking:
	case <-timer.C:
		return p.place, time.Time{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return known.place, known.at
}

// oldest says where the oldest record there is to fetch lies; without one, only its place counts.
// It is called with the log's mutex held, and changes nothing.
func (c *cursor) oldest() (p plan, ok bool) {
	l := c.log
	p.place = c.next
	if len(c.back.spans) > 0 {
		first := c.back.spans[0]
		p.place, p.off, p.kept = first.first, first.off, c.keptWith(first.first)
		p.seg, p.end = l.segmentOf(p.place), first.end
	} else if p.seg = c.seg; p.seg != nil && !p.seg.removed && c.next < p.seg.end {
		p.off = c.off
	} else if p.seg = l.segmentOf(c.next); p.seg != nil && c.next == p.seg.base {
		p.off = dataStart
	}
	if p.seg != nil {
		p.size, p.last = p.seg.size, p.seg.end
		p.end = p.last
	}
	return p, c.unread() > 0 && !c.removed && l.opened && !l.closed
}

// look finds out when the record at a place was accepted.
func (c *cursor) look(p plan, acceptedAt func(rec []byte) time.Time) {
	l, place := c.log, p.place
	at := time.Time{}
	for n, ok := 0, true; ok && at.IsZero() && n < peekSegments; n++ {
		if at = c.glimpse(p, acceptedAt); at.IsZero() {
			p, ok = l.behind(p)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	close(c.peek.looking)
	c.peek = peek{place: place, at: at, looked: time.Now()}
}

// behind returns where the segment behind a place begins.
func (l *Log) behind(p plan) (next plan, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.segments, func(s *segment) bool { return s.base > p.place })
	if i < 0 {
		return p, false
	}
	seg := l.segments[i]
	return plan{place: seg.base, off: dataStart, seg: seg, size: seg.size, last: seg.end, end: seg.end}, true
}

// glimpse returns when the record at a place was accepted, or, if that cannot be read, one behind it in
// the same file.
func (c *cursor) glimpse(p plan, acceptedAt func(rec []byte) time.Time) (at time.Time) {
	l := c.log
	if p.kept != nil {
		return l.dated(c.readKept(p, peekRecords, peekBytes, true), acceptedAt)
	}
	if p.seg == nil {
		return at
	}
	file, err := p.seg.reader.acquire(l.fs)
	if err != nil {
		return at
	}
	defer p.seg.reader.release()
	scan := &scanner{file: file, sum: p.seg.sum, size: p.size}
	for records := 0; at.IsZero() && records < peekRecords && p.place < p.last; {
		got := piece{}
		if p.off != 0 {
			got = l.readFrames(file, p, peekRecords, peekBytes, true)
		}
		if got.n == 0 { // it is damaged, or not known where it lies
			l.recycle(got.buf)
			found, f, ok := scan.seek(max(p.off, dataStart), p.place, p.last-1)
			if !ok || found == p.off {
				return at
			}
			p.off, p.place = found, f.place
			continue
		}
		at = l.dated(got, acceptedAt)
		records, p.off, p.place = records+got.n, got.off, p.place+uint64(got.n)
	}
	return at
}

// dated returns when the first record of a piece that can be read was accepted.
func (l *Log) dated(got piece, acceptedAt func(rec []byte) time.Time) time.Time {
	defer l.recycle(got.buf)
	return queue.NewRun(0, got.data, got.n, frameHeader, nil).AcceptedAt(acceptedAt)
}

// awaitLook waits for a look that is under way.
func (c *cursor) awaitLook() {
	c.log.mu.Lock()
	looking := c.peek.looking
	c.log.mu.Unlock()
	if looking != nil {
		<-looking
	}
}

var _ queue.Peeker = (*cursor)(nil)
