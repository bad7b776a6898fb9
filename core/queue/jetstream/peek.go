package jetstream

import (
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// peekParts is in how many messages Peek looks for a record that can be read.
const peekParts = 16

// Peek implements [queue.Peeker] without asking the servers. Of what this process appended and
// does not have at hand it knows when it was stored, which is as good.
func (c *cursor) Peek(acceptedAt func(rec []byte) time.Time) (place uint64, at time.Time) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	place = c.next()
	if e, ok := c.own.first(); ok && place == e.number<<indexBits {
		return place, e.stored
	}
	for _, ps := range []*parts{&c.back, &c.fresh} {
		if p, ok := ps.first(); ok && place == p.first {
			return place, ps.acceptedAt(acceptedAt)
		}
	}
	return place, at
}

// acceptedAt returns when the first record was accepted that can be read in one of the first few parts.
func (ps *parts) acceptedAt(acceptedAt func(rec []byte) time.Time) (at time.Time) {
	for i := 0; i < peekParts && i < len(ps.list) && at.IsZero(); i++ {
		p := ps.list[i]
		at = queue.NewRun(p.first, p.data, p.n, frameHeader, nil).AcceptedAt(acceptedAt)
	}
	return at
}

var _ queue.Peeker = (*cursor)(nil)
