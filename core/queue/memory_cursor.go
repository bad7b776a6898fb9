package queue

import "encoding/binary"

// memoryCursor is a place in a Memory log; its fields are guarded by the log's mutex.
type memoryCursor struct {
	log        *Memory
	chunk      *chunk // holds offset, or ends there; nil: look from the log's first
	offset     int64
	read       uint64 // records ever appended before offset
	overflowed uint64
	removed    bool

	wantRecords uint64 // 0: not armed
	wantBytes   int64
	ready       chan struct{}
}

// Cursor implements [Log]: the cursor starts at the end.
func (m *Memory) Cursor(string) Cursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &memoryCursor{log: m, chunk: m.last, offset: m.tail, read: m.appended, ready: make(chan struct{}, 1)}
	m.cursors = append(m.cursors, c)
	m.settle()
	return c
}

// Fetch implements [Cursor].
func (c *memoryCursor) Fetch(maxRecords, maxBytes int, oversize bool) (run Run, more bool) {
	m := c.log
	m.mu.Lock()
	defer m.mu.Unlock()
	if !c.seek() {
		return Run{}, false
	}
	from := int(c.offset - c.chunk.base)
	to, n := from, 0
	for n < maxRecords && to < len(c.chunk.buf) {
		size := frameHeader + int(binary.LittleEndian.Uint32(c.chunk.buf[to:]))
		if to+size-from > maxBytes && (n > 0 || !oversize) {
			break
		}
		to += size
		n++
	}
	if n == 0 {
		return Run{}, true
	}
	c.chunk.pins++
	run = Run{First: c.read, data: c.chunk.buf[from:to:to], n: n, pin: c.chunk}
	c.offset += int64(to - from)
	c.read += uint64(n)
	m.settle()
	return run, c.offset < m.tail
}

// seek makes chunk the one that holds offset, and reports whether there is a record.
func (c *memoryCursor) seek() bool {
	if c.removed || c.offset == c.log.tail {
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
	if !c.seek() {
		return
	}
	at := int(c.offset - c.chunk.base)
	c.offset += int64(frameHeader + binary.LittleEndian.Uint32(c.chunk.buf[at:]))
	c.read++
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
	m := c.log
	if c.removed || c.wantRecords == 0 || m.appended == c.read ||
		m.appended-c.read < c.wantRecords && m.tail-c.offset < c.wantBytes {
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
	n := m.appended - c.read
	c.moveToEnd()
	m.settle()
	return int(n)
}

func (c *memoryCursor) moveToEnd() {
	c.chunk, c.offset, c.read = c.log.last, c.log.tail, c.log.appended
}

// Remove implements [Cursor].
func (c *memoryCursor) Remove() {
	m := c.log
	m.mu.Lock()
	defer m.mu.Unlock()
	c.removed = true
	for i, other := range m.cursors {
		if other == c {
			m.cursors = append(m.cursors[:i], m.cursors[i+1:]...)
			break
		}
	}
	m.settle()
}

var (
	_ Log    = (*Memory)(nil)
	_ Cursor = (*memoryCursor)(nil)
)
