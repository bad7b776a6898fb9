package queue

import (
	"encoding/binary"
	"slices"
	"time"
)

// memoryCursor is a place in a Memory log; its fields are guarded by the log's mutex.
type memoryCursor struct {
	log        *Memory
	chunk      *chunk // holds offset, or ends there; nil: look from the log's first
	offset     int64
	read       uint64 // records ever appended before offset
	before     uint64 // records appended before the cursor was made
	overflowed uint64
	removed    bool

	runs []*memoryRun        // in the reader's hand
	held map[uint64]heldItem // by place
	back backlog             // was given back

	wantRecords uint64 // 0: not armed
	wantBytes   int64
	ready       chan struct{}
}

// memoryRun is a run in the reader's hand.
type memoryRun struct {
	log    *Memory
	cursor *memoryCursor // nil once the run is done, or given back
	part
}

// Cursor implements [Log]: the cursor starts at the end.
func (m *Memory) Cursor(string) Cursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &memoryCursor{
		log: m, chunk: m.last, offset: m.tail, read: m.appended, before: m.appended,
		held: make(map[uint64]heldItem), ready: make(chan struct{}, 1),
	}
	m.cursors = append(m.cursors, c)
	m.settle()
	return c
}

// Fetch implements [Cursor].
func (c *memoryCursor) Fetch(maxRecords, maxBytes int, oversize bool) (run Run, more bool) {
	m := c.log
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.removed || m.closed {
		return Run{}, false
	}
	if len(c.back) > 0 {
		p, ok := c.back.take(maxRecords, maxBytes, oversize)
		if !ok {
			return Run{}, true
		}
		return c.hand(p), c.unread() > 0
	}
	if !c.seek() {
		return Run{}, false
	}
	p, ok := part{first: c.read, data: c.chunk.buf[c.offset-c.chunk.base:], chunk: c.chunk}.
		head(maxRecords, maxBytes, oversize)
	if !ok {
		return Run{}, true
	}
	c.chunk.pins++
	c.offset += int64(len(p.data))
	c.read += uint64(p.n)
	m.settle()
	return c.hand(p), c.offset < m.tail
}

// hand gives a part, whose chunk is pinned, to the reader.
func (c *memoryCursor) hand(p part) Run {
	r := c.log.takeRun()
	r.cursor, r.part = c, p
	c.runs = append(c.runs, r)
	return NewRun(p.first, p.data, p.n, frameHeader, r)
}

// takeRun returns a run that was used before, if there is one.
func (m *Memory) takeRun() *memoryRun {
	if n := len(m.spareRuns); n > 0 {
		r := m.spareRuns[n-1]
		m.spareRuns = m.spareRuns[:n-1]
		return r
	}
	return &memoryRun{log: m}
}

// Done implements [Pin].
func (r *memoryRun) Done() {
	m := r.log
	m.mu.Lock()
	defer m.mu.Unlock()
	c := r.cursor
	if c == nil { // it was given back
		return
	}
	i := slices.Index(c.runs, r)
	c.runs = slices.Delete(c.runs, i, i+1)
	r.unpin()
	r.cursor, r.part = nil, part{}
	m.spareRuns = append(m.spareRuns, r)
}

// Hold implements [Cursor].
func (c *memoryCursor) Hold(place uint64, rec []byte) []byte {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	h, held := c.held[place]
	if !held {
		h = newHeld(rec)
		c.held[place] = h
	}
	return h.record()
}

// Release implements [Cursor].
func (c *memoryCursor) Release(place uint64) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	delete(c.held, place)
}

// Rewind implements [Cursor].
func (c *memoryCursor) Rewind() {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	for _, r := range c.runs { // with the pins they have
		c.back.add(r.part)
		r.cursor = nil // and not used again, for a reader may have it
	}
	c.runs = nil
	for place, h := range c.held {
		if !c.back.has(place) {
			c.back.add(part{first: place, data: h, n: 1})
		}
	}
	clear(c.held)
	c.wakeIfWanted()
}

// seek makes chunk the one that holds offset, and reports whether there is a record.
func (c *memoryCursor) seek() bool {
	if c.offset == c.log.tail {
		return false
	}
	if c.chunk == nil {
		c.chunk = c.log.first
	}
	for c.offset >= c.chunk.end() {
		c.chunk = c.chunk.next
	}
	return true
}

// skip moves the cursor past one record.
func (c *memoryCursor) skip() {
	if c.removed || !c.seek() {
		return
	}
	at := int(c.offset - c.chunk.base)
	c.offset += int64(frameHeader + binary.LittleEndian.Uint32(c.chunk.buf[at:]))
	c.read++
}

// unread returns the number of records there are to fetch.
func (c *memoryCursor) unread() uint64 { return c.log.appended - c.read + c.back.records() }

func (c *memoryCursor) unreadBytes() int64 { return c.log.tail - c.offset + c.back.bytes() }

// next returns the place of the oldest record there is to fetch.
func (c *memoryCursor) next() uint64 {
	if len(c.back) > 0 {
		return c.back[0].first
	}
	return c.read
}

// Peek implements [Peeker].
func (c *memoryCursor) Peek(acceptedAt func(rec []byte) time.Time) (place uint64, at time.Time) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	place = c.next()
	switch {
	case c.removed:
		return place, time.Time{}
	case len(c.back) > 0:
		return place, NewRun(place, c.back[0].data, c.back[0].n, frameHeader, nil).AcceptedAt(acceptedAt)
	case !c.seek():
		return place, time.Time{}
	}
	return place, NewRun(place, c.chunk.buf[c.offset-c.chunk.base:], peeked, frameHeader, nil).AcceptedAt(acceptedAt)
}

func (c *memoryCursor) position() Position {
	return Position{Next: c.next(), Unread: c.unread(), Overflowed: c.overflowed, Before: c.before, Bytes: c.unreadBytes()}
}

// Want implements [Cursor].
func (c *memoryCursor) Want(records, bytes int) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.wantRecords, c.wantBytes = uint64(max(records, 1)), int64(max(bytes, 1))
	c.wakeIfWanted()
}

// wakeIfWanted is called with the log's mutex held.
func (c *memoryCursor) wakeIfWanted() {
	unread := c.unread()
	if c.removed || c.wantRecords == 0 || unread == 0 ||
		unread < c.wantRecords && c.unreadBytes() < c.wantBytes {
		return
	}
	c.wantRecords = 0
	select {
	case c.ready <- struct{}{}:
	default: // one is waiting to be received
	}
}

// Ready implements [Cursor].
func (c *memoryCursor) Ready() <-chan struct{} { return c.ready }

// Discard implements [Cursor].
func (c *memoryCursor) Discard() int {
	m := c.log
	m.mu.Lock()
	defer m.mu.Unlock()
	n := c.unread()
	c.back.clear()
	c.chunk, c.offset, c.read = m.last, m.tail, m.appended
	m.settle()
	return int(n)
}

// Remove implements [Cursor].
func (c *memoryCursor) Remove() {
	m := c.log
	m.mu.Lock()
	defer m.mu.Unlock()
	c.removed = true
	c.back.clear()
	if i := slices.Index(m.cursors, c); i >= 0 {
		m.cursors = slices.Delete(m.cursors, i, i+1)
	}
	m.settle()
}

var (
	_ Log    = (*Memory)(nil)
	_ Cursor = (*memoryCursor)(nil)
	_ Peeker = (*memoryCursor)(nil)
)
