package queue

import (
	"context"
	"encoding/binary"
	"sync"
)

const (
	frameHeader = 4 // length of the record
	maxChunk    = 256 << 10
	minChunk    = 4 << 10
	spareChunks = 8  // kept for reuse, so that a steady flow allocates nothing
	atOnce      = 16 // records of a group under one lock, so that nobody waits for all of a large one
)

// Memory is a Log in memory, bounded in bytes. Records lie one behind another in
// chunks; a chunk is reused when every cursor is past it and no run lies in it.
type Memory struct {
	max       int64
	chunkSize int
	onFull    OnFull

	mu        sync.Mutex
	stopped   bool // takes nothing any more
	closed    bool // nor gives
	paused    bool
	appended  uint64 // records
	tail      int64  // bytes ever appended, the offset of the next record
	least     int64  // the offset of the cursor farthest behind
	first     *chunk // the oldest that a cursor may still read
	last      *chunk
	cursors   []*memoryCursor
	spare     []*chunk
	spareRuns []*memoryRun
	room      chan struct{} // closed and replaced when room appears while somebody waits
	waiting   int
}

type chunk struct {
	log  *Memory
	base int64 // offset of buf[0]
	buf  []byte
	next *chunk
	pins int  // runs that lie in it
	gone bool // no longer reachable from first
}

// NewMemory makes a log of at most maxBytes of records that are in nobody's hand. It
// keeps nothing beyond the process.
func NewMemory(maxBytes int64, onFull OnFull) *Memory {
	return &Memory{
		max:       maxBytes,
		onFull:    onFull,
		chunkSize: int(min(max(maxBytes/8, minChunk), maxChunk)),
		room:      make(chan struct{}),
		paused:    true,
	}
}

// Append implements [Log].
func (m *Memory) Append(ctx context.Context, rec []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.append(ctx, rec)
}

// append is Append with mu held, of which it lets go while it waits.
func (m *Memory) append(ctx context.Context, rec []byte) error {
	need := int64(len(rec) + frameHeader)
	if need > m.max {
		return ErrTooLarge
	}
	if err := m.makeRoom(ctx, need); err != nil {
		return err
	}
	m.appended++
	if len(m.cursors) == 0 {
		return nil
	}
	m.store(rec)
	for _, c := range m.cursors {
		c.wakeIfWanted()
	}
	return nil
}

// AppendAll implements [Log].
func (m *Memory) AppendAll(ctx context.Context, recs [][]byte) (stored int, err error) {
	for stored < len(recs) && err == nil {
		some := recs[stored:min(len(recs), stored+atOnce)]
		n := 0
		n, err = m.appendSome(ctx, some)
		stored += n
	}
	return stored, err
}

// appendSome appends records under one lock.
func (m *Memory) appendSome(ctx context.Context, recs [][]byte) (stored int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, rec := range recs {
		if err := m.append(ctx, rec); err != nil {
			return i, err
		}
	}
	return len(recs), nil
}

// makeRoom waits, drops or refuses until need bytes fit. It is called with mu held.
func (m *Memory) makeRoom(ctx context.Context, need int64) error {
	for !m.stopped && !m.paused && m.tail-m.least+need > m.max {
		switch m.onFull {
		case DropNewest:
			return ErrFull
		case DropOldest:
			m.dropOldest()
		case Block:
			if err := m.wait(ctx); err != nil {
				return err
			}
		}
	}
	switch {
	case m.stopped:
		return ErrClosed
	case m.paused:
		return ErrPaused
	}
	return nil
}

// wait lets go of mu until room may have appeared.
func (m *Memory) wait(ctx context.Context) error {
	room := m.room
	m.waiting++
	m.mu.Unlock()
	var err error
	select {
	case <-room:
	case <-ctx.Done():
		err = ctx.Err()
	}
	m.mu.Lock()
	m.waiting--
	return err
}

// dropOldest moves every cursor that stands at the oldest record past it.
func (m *Memory) dropOldest() {
	oldest := m.least
	for _, c := range m.cursors {
		if c.offset == oldest {
			c.skip()
			c.overflowed++
		}
	}
	m.settle()
}

func (m *Memory) store(rec []byte) {
	need := len(rec) + frameHeader
	if m.last == nil || cap(m.last.buf)-len(m.last.buf) < need {
		m.grow(need)
	}
	c := m.last
	c.buf = binary.LittleEndian.AppendUint32(c.buf, uint32(len(rec)))
	c.buf = append(c.buf, rec...)
	m.tail += int64(need)
}

// grow puts a chunk with room for need bytes behind the last.
func (m *Memory) grow(need int) {
	if l := m.last; l != nil && l.pins == 0 && m.least == m.tail && cap(l.buf) >= need {
		l.base, l.buf = m.tail, l.buf[:0] // everybody has read all there is: start the chunk over
		return
	}
	c := m.takeChunk(need)
	c.base = m.tail
	if m.last == nil {
		m.first = c
	} else {
		m.last.next = c
	}
	m.last = c
	m.free()
}

func (m *Memory) takeChunk(need int) *chunk {
	if n := len(m.spare); n > 0 && need <= m.chunkSize {
		c := m.spare[n-1]
		m.spare = m.spare[:n-1]
		return c
	}
	return &chunk{log: m, buf: make([]byte, 0, max(m.chunkSize, need))}
}

// settle finds the cursor farthest behind, and frees what lies before it.
func (m *Memory) settle() {
	least := m.tail
	for _, c := range m.cursors {
		least = min(least, c.offset)
	}
	m.least = least
	m.free()
	m.wakeWaiting()
}

// wakeWaiting makes blocked Appends look again.
func (m *Memory) wakeWaiting() {
	if m.waiting > 0 {
		close(m.room)
		m.room = make(chan struct{})
	}
}

// free lets go of the chunks that no cursor can read any more. The last stays.
func (m *Memory) free() {
	for c := m.first; c != m.last && c.end() <= m.least; c = m.first {
		m.first = c.next
		for _, cursor := range m.cursors {
			if cursor.chunk == c { // it stands at the end of c, which may be reused
				cursor.chunk = nil
			}
		}
		c.gone, c.next = true, nil // a chunk in somebody's hand must not hold those behind it
		c.recycle()
	}
}

func (c *chunk) end() int64 { return c.base + int64(len(c.buf)) }

// recycle keeps the chunk for reuse once nothing refers to it.
func (c *chunk) recycle() {
	m := c.log
	if !c.gone || c.pins > 0 || cap(c.buf) != m.chunkSize || len(m.spare) >= spareChunks {
		return
	}
	*c = chunk{log: m, buf: c.buf[:0]}
	m.spare = append(m.spare, c)
}

// unpin is called with mu held.
func (c *chunk) unpin() {
	c.pins--
	c.recycle()
}

// Snapshot implements [Log].
func (m *Memory) Snapshot(cursors []Cursor, into []Position) (end, appended uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, c := range cursors {
		into[i] = c.(*memoryCursor).position()
	}
	return m.appended, m.appended
}

// Durable implements [Log].
func (m *Memory) Durable() bool { return false }

// Stop implements [Log].
func (m *Memory) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = true
	m.wakeWaiting()
}

// Close implements [Log].
func (m *Memory) Close() error {
	m.Stop()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Resume implements [Log].
func (m *Memory) Resume() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.paused = false
	return nil
}

// Pause implements [Log].
func (m *Memory) Pause() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = true
	m.wakeWaiting()
}
