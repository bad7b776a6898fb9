package disk

import (
	"slices"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// cursor is a place in a Log. What it has not finished is the records from next on, and
// those before it that are in the reader's hand or were given back.
type cursor struct {
	log  *Log
	name string
	file *cursorFile // keeps its state

	fetching    sync.Mutex // held while records are read from the disk
	front, rear source     // the segments that records are read from

	// Guarded by the log's mutex.
	next       uint64   // place of the next record that was never fetched
	seg        *segment // in which off is; nil: look for next
	off        int64    // of next in seg
	tail       int64    // bytes of frames in the log before next
	epoch      int      // changes when next moves in another way than by a fetch
	runs       []*run
	held       map[uint64][]byte
	back       backlog // was given back, or was in hand when the log was last closed
	rough      bool    // back has records that were finished, and may be gone
	kept       []*keptFile
	removed    bool
	discarded  bool   // before the log could be opened
	before     uint64 // records that were appended before the cursor was made
	version    uint64 // of what the file keeps
	released   bool   // something was released that the file does not know of
	restUntil  time.Time
	peek       peek
	overflowed uint64
	damaged    uint64
	recovered  uint64

	wantRecords uint64 // 0: not armed
	wantBytes   int64
	ready       chan struct{}
}

// run is a run in the reader's hand.
type run struct {
	cursor *cursor
	span
	buf  *[]byte // goes back to the pool when the run is done
	gone bool    // done, or given back
}

// Done implements [queue.Pin].
func (r *run) Done() {
	c := r.cursor
	l := c.log
	l.mu.Lock()
	if r.gone {
		l.mu.Unlock()
		return
	}
	r.gone = true
	i := slices.Index(c.runs, r)
	c.runs = slices.Delete(c.runs, i, i+1)
	c.changed()
	l.mu.Unlock()
	l.recycle(r.buf)
	c.save()
}

// recycle keeps a run's memory for another.
func (l *Log) recycle(buf *[]byte) {
	if buf != nil && cap(*buf) <= maxKeptBuffer {
		l.buffers.Put(buf)
	}
}

// Hold implements [queue.Cursor].
func (c *cursor) Hold(place uint64, rec []byte) []byte {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	kept, held := c.held[place]
	if !held {
		kept = append(make([]byte, 0, len(rec)), rec...)
		c.held[place] = kept
		c.changed()
	}
	return kept
}

// Release implements [queue.Cursor]. The file is told of it together with what else comes:
// many records are released one after another.
func (c *cursor) Release(place uint64) {
	l := c.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, held := c.held[place]; !held {
		return
	}
	delete(c.held, place)
	c.released = true
	c.changed()
	l.keeper.save()
}

// Rewind implements [queue.Cursor].
func (c *cursor) Rewind() {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	for _, r := range c.runs {
		r.gone, r.buf = true, nil // the reader may have it still
		c.back.add(r.span)
	}
	c.runs = nil
	for place, rec := range c.held {
		if !c.back.has(place) {
			c.back.add(span{first: place, end: place + 1, bytes: frameHeader + int64(len(rec))})
		}
	}
	clear(c.held)
	c.moveBack()
	c.epoch++
	c.changed()
	c.wakeIfWanted()
}

// moveBack makes next of what was given back, as far as nothing lies between: then it has no part any
// more in what a reader's hand protects.
func (c *cursor) moveBack() {
	for n := len(c.back.spans); n > 0 && !c.rough && c.back.spans[n-1].end == c.next; n-- {
		last := c.back.spans[n-1]
		seg := c.log.segmentOf(last.first)
		if seg == nil || c.log.segmentOf(last.end-1) != seg {
			return
		}
		c.back.pop()
		c.next, c.seg, c.off = last.first, seg, last.off
		if c.tail -= last.bytes; c.off > 0 {
			c.tail = seg.before + c.off - dataStart
		}
	}
}

// Discard implements [queue.Cursor].
func (c *cursor) Discard() int {
	l := c.log
	l.mu.Lock()
	n := c.unread()
	c.back = backlog{}
	c.moveTo(l.end)
	c.discarded = !l.opened
	l.wakeWaiting()
	l.mu.Unlock()
	c.save()
	l.keeper.reclaim()
	return int(n)
}

// Remove implements [queue.Cursor].
func (c *cursor) Remove() {
	l := c.log
	l.mu.Lock()
	c.removed = true
	c.back = backlog{}
	c.epoch++
	if i := slices.Index(l.cursors, c); i >= 0 {
		l.cursors = slices.Delete(l.cursors, i, i+1)
	}
	l.wakeWaiting()
	keeps := l.opened && !l.closed
	l.mu.Unlock()
	if keeps {
		l.forget(c)
		l.keeper.reclaim()
	}
}

// moveTo makes place the next to fetch; it is where a segment begins, or the end of the log.
func (c *cursor) moveTo(place uint64) {
	l := c.log
	c.next, c.seg, c.tail = place, nil, l.tail
	if seg := l.segmentOf(place); seg != nil {
		c.seg, c.off, c.tail = seg, dataStart, seg.before
	} else if n := len(l.segments); n > 0 {
		c.seg, c.off = l.segments[n-1], l.segments[n-1].size
	}
	c.epoch++
	c.changed()
}

// segmentOf returns the segment with a place, nil if there is none.
func (l *Log) segmentOf(place uint64) *segment {
	i, _ := slices.BinarySearchFunc(l.segments, place, func(s *segment, place uint64) int {
		if s.end <= place {
			return -1
		}
		return 1
	})
	if i == len(l.segments) || place < l.segments[i].base {
		return nil
	}
	return l.segments[i]
}

// changed notes that the file's state of the cursor is an old one. It is called with the log's mutex held.
func (c *cursor) changed() {
	c.version++
	c.log.keeper.note()
}

// save writes the state to the file, as far as the operating system.
func (c *cursor) save() {
	if !c.log.usable() {
		return
	}
	c.file.write(c.state)
	if c.log.removable() || c.hasKept() {
		c.log.keeper.reclaim()
	}
}

// state encodes what is not finished.
func (c *cursor) state(b []byte, generation uint64) ([]byte, uint64) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.released = false
	s := cursorState{generation: generation, next: c.next, pending: c.pending(), rough: c.rough && len(c.back.spans) > 0}
	return appendState(b, c.name, s, slotSize), c.version
}

// pending returns the places before next that are not finished.
func (c *cursor) pending() spans {
	places := append(make(spans, 0, len(c.back.spans)+len(c.runs)+len(c.held)), c.back.spans...)
	for _, r := range c.runs {
		places = append(places, r.span)
	}
	for place := range c.held {
		places = append(places, span{first: place, end: place + 1})
	}
	places.union()
	return places
}

// unread returns the number of records there are to fetch.
func (c *cursor) unread() uint64 { return c.log.end - c.next + c.back.total }

func (c *cursor) unreadBytes() int64 { return max(0, c.log.tail-c.tail) + c.back.bytes }

func (c *cursor) position() queue.Position {
	next := c.next
	if len(c.back.spans) > 0 {
		next = c.back.spans[0].first
	}
	return queue.Position{
		Next: next, Unread: c.unread(), Bytes: c.unreadBytes(),
		Overflowed: c.overflowed, Damaged: c.damaged, Before: c.before, Recovered: c.recovered,
	}
}

// Want implements [queue.Cursor].
func (c *cursor) Want(records, bytes int) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.wantRecords, c.wantBytes = uint64(max(records, 1)), int64(max(bytes, 1))
	c.wakeIfWanted()
}

// wakeIfWanted is called with the log's mutex held.
func (c *cursor) wakeIfWanted() {
	if c.wantRecords == 0 || c.removed || !c.restUntil.IsZero() {
		return
	}
	unread := c.unread()
	if unread == 0 || unread < c.wantRecords && c.unreadBytes() < c.wantBytes {
		return
	}
	c.wantRecords = 0
	select {
	case c.ready <- struct{}{}:
	default: // one is waiting to be received
	}
}

// Ready implements [queue.Cursor].
func (c *cursor) Ready() <-chan struct{} { return c.ready }

// letGo closes the files of a cursor.
func (c *cursor) letGo() {
	c.awaitLook()
	c.fetching.Lock()
	defer c.fetching.Unlock()
	c.front.close()
	c.rear.close()
	c.file.close()
}
