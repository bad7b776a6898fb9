package jetstream

import (
	"time"

	"github.com/nats-io/nats.go"

	"github.com/headgate-dev/headgate/core/queue"
)

// cursor is a durable consumer of the stream, which it may share with cursors of the same
// name in other processes. Its fields are guarded by the log's mutex.
type cursor struct {
	log     *Log
	id      uint64
	durable string

	// The consumer that the servers keep.
	there   bool      // they do
	met     bool      // they did before
	start   uint64    // messages up to this number are not for the cursor
	known   uint64    // the newest message that is known to have been given to somebody
	doubted time.Time // since when it is to be looked whether the consumer is gone; zero: it is not
	removed bool
	left    time.Time // when it was removed
	unused  time.Time // since when nobody is seen to use the consumer of a removed cursor; zero: somebody is

	// What there is to fetch: own is not here yet, or with another process.
	own      own
	back     parts // was given back by the reader
	fresh    parts
	messages map[uint64]*message // not acknowledged, by number
	acking   map[uint64]*message // acknowledged, which the servers have not confirmed
	finished recent              // confirmed, too

	runs []*run           // in the reader's hand
	held map[uint64]*held // by place

	since, discarded uint64 // epochs: of when the cursor was made, and of the last that it is not to see

	before, recovered, overflowed, damaged, handed uint64 // as in queue.Position

	seen sighting

	// What the reader asks for, and the servers are asked for.
	wantRecords  uint64 // 0: not armed
	wantBytes    int64
	window       int64     // bytes to have at hand
	hungry       bool      // the reader has shown that it is there
	shown        time.Time // when it did last
	ready        chan struct{}
	subscription *nats.Subscription
	ask          ask
}

// expect notes that this process has stored a message, of whose records so many were
// accepted; the callers of the others were told that they are not.
func (c *cursor) expect(number uint64, b *batch, accepted int) {
	switch {
	case number <= c.start:
		c.before += uint64(accepted)
		return
	case b.epoch <= c.discarded:
		c.handed += uint64(accepted)
		return
	}
	c.recovered += uint64(b.records - accepted)
	c.own.add(entry{number: number, records: b.records, bytes: len(b.message) - packHeader, stored: time.Now()})
}

// unread returns the number of records there are to fetch.
func (c *cursor) unread() uint64 { return c.own.records + c.atHand() }

func (c *cursor) atHand() uint64 { return c.back.records + c.fresh.records }

func (c *cursor) bytesAtHand() int64 { return c.back.bytes + c.fresh.bytes }

func (c *cursor) position() queue.Position {
	return queue.Position{
		Next: c.next(), Unread: c.unread(), Bytes: c.own.bytes + c.bytesAtHand(),
		Overflowed: c.overflowed, Damaged: c.damaged, Before: c.before, Recovered: c.recovered, Handed: c.handed,
	}
}

// next returns the place of the oldest record there is to fetch.
func (c *cursor) next() uint64 {
	place := c.log.end()
	if e, ok := c.own.first(); ok {
		place = min(place, e.number<<indexBits)
	}
	for _, at := range []*parts{&c.back, &c.fresh} {
		if p, ok := at.first(); ok {
			place = min(place, p.first)
		}
	}
	return place
}

// Fetch implements [queue.Cursor].
func (c *cursor) Fetch(maxRecords, maxBytes int, oversize bool) (queue.Run, bool) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	if c.removed || c.log.closed || c.log.frozen > 0 {
		return queue.Run{}, false
	}
	c.show()
	defer c.pullIfLow()
	c.giveBackIdle(c.shown)
	from := &c.back
	if from.records == 0 {
		from = &c.fresh
	}
	if from.records == 0 {
		return queue.Run{}, false
	}
	p, ok := from.take(maxRecords, maxBytes, oversize)
	if !ok {
		return queue.Run{}, true
	}
	p.m.touched = true
	r := &run{cursor: c, log: c.log, part: p}
	c.runs = append(c.runs, r)
	return queue.NewRun(p.first, p.data, p.n, frameHeader, r), c.atHand() > 0
}

// end notes that so many records of a message came to their end. It is called with the
// log's mutex held.
func (c *cursor) end(m *message, records int) {
	if m.left -= records; m.left == 0 && !c.log.closed {
		c.acknowledge(m)
	}
}

// Hold implements [queue.Cursor].
func (c *cursor) Hold(place uint64, rec []byte) []byte {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	if h, ok := c.held[place]; ok {
		return h.record()
	}
	h := &held{part: part{first: place, n: 1, data: appendFrame(make([]byte, 0, frameHeader+len(rec)), rec)}}
	for _, r := range c.runs {
		if place >= r.first && place < r.first+uint64(r.n) {
			h.m = r.m
			c.held[place] = h
			break
		}
	}
	return h.record()
}

func (h *held) record() []byte { return h.data[frameHeader:len(h.data):len(h.data)] }

// Release implements [queue.Cursor].
func (c *cursor) Release(place uint64) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	h, ok := c.held[place]
	if !ok {
		return
	}
	delete(c.held, place)
	if h.loose {
		c.end(h.m, 1)
	}
}

// Rewind implements [queue.Cursor]. The servers are not told: the records stay with this process.
func (c *cursor) Rewind() {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.rewind()
	c.wakeIfWanted()
}

func (c *cursor) rewind() {
	for _, r := range c.runs {
		c.back.put(r.part)
		r.cursor = nil
	}
	c.runs = nil
	for _, h := range c.held {
		if h.loose {
			c.back.put(h.part)
		}
	}
	clear(c.held)
}

// show notes that the reader is there. It is called with the log's mutex held.
func (c *cursor) show() { c.hungry, c.shown = true, time.Now() }

// Want implements [queue.Cursor].
func (c *cursor) Want(records, bytes int) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.wantRecords, c.wantBytes = uint64(max(records, 1)), int64(max(bytes, 1))
	c.show()
	c.pullIfLow()
	c.wakeIfWanted()
}

// wakeIfWanted is called with the log's mutex held. When as much is at hand as is asked the servers
// for, waiting for more would be in vain.
func (c *cursor) wakeIfWanted() {
	records, bytes := c.atHand(), c.bytesAtHand()
	if c.removed || c.log.frozen > 0 || c.wantRecords == 0 || records == 0 ||
		records < c.wantRecords && bytes < c.wantBytes && !c.plenty() {
		return
	}
	c.wantRecords = 0
	wake(c.ready)
}

// Ready implements [queue.Cursor].
func (c *cursor) Ready() <-chan struct{} { return c.ready }
