package disk

import (
	"context"
	"sync"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	maxGroupBytes   = 1 << 20
	maxGroupRecords = 8192
)

// committer forms groups of what is appended at the same time: whoever comes first leads, and
// writes a group for all that are waiting; then the first of those that came meanwhile leads.
type committer struct {
	mu       sync.Mutex
	idle     sync.Cond
	queue    []*request // in the order of their coming; the leader's is the first
	leading  bool
	refusing error // why nothing is taken; nil if it is
	spare    []*request
}

// request is one Append or AppendAll.
type request struct {
	recs   [][]byte
	one    [1][]byte
	stored int   // of recs
	taken  int   // of the others, into the group being written
	err    error // why the next was not stored
	ended  bool
	turn   chan bool // receives true when it is to lead, false when it has ended
}

// maxSpare bounds the requests that are kept for reuse.
const maxSpare = 256

func (c *committer) newRequest() *request {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.spare); n > 0 {
		r := c.spare[n-1]
		c.spare = c.spare[:n-1]
		return r
	}
	return &request{turn: make(chan bool, 1)}
}

// recycle keeps a request that has ended for another.
func (c *committer) recycle(r *request) {
	*r = request{turn: r.turn}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.spare) < maxSpare {
		c.spare = append(c.spare, r)
	}
}

func (c *committer) init() {
	c.idle.L = &c.mu
	c.refusing = queue.ErrPaused
}

// admit says why nothing is taken from now on; nil if it is. Once closed, it stays so.
func (c *committer) admit(refusing error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refusing != queue.ErrClosed {
		c.refusing = refusing
	}
}

// drain waits until nobody is appending, which takes that nothing is admitted.
func (c *committer) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.leading {
		c.idle.Wait()
	}
}

// append stores the records of a request.
func (l *Log) append(ctx context.Context, r *request) error {
	c := &l.commit
	c.mu.Lock()
	if c.refusing != nil {
		c.mu.Unlock()
		return c.refusing
	}
	c.queue = append(c.queue, r)
	if c.leading {
		c.mu.Unlock()
		if !c.follow(ctx, r) {
			return r.err
		}
	} else {
		c.leading = true
		c.mu.Unlock()
	}
	for {
		l.storeGroup(ctx)
		if c.handOver(r) {
			return r.err
		}
	}
}

// follow waits until a request has ended, or is to lead. A request of which nothing is
// being written is withdrawn when the context is done.
func (c *committer) follow(ctx context.Context, r *request) (lead bool) {
	select {
	case lead = <-r.turn:
		return lead
	case <-ctx.Done():
	}
	c.mu.Lock()
	if r.taken > 0 || r.ended || c.queue[0] == r {
		c.mu.Unlock()
		return <-r.turn
	}
	for i, other := range c.queue {
		if other == r {
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			break
		}
	}
	r.err = ctx.Err()
	c.mu.Unlock()
	return false
}

// handOver ends the requests that have come to their end, and has the first of the others
// lead. It reports false if that is the leader itself.
func (c *committer) handOver(leader *request) (done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < len(c.queue) && c.queue[n].ended {
		if r := c.queue[n]; r != leader {
			r.turn <- false
		}
		n++
	}
	rest := copy(c.queue, c.queue[n:])
	clear(c.queue[rest:])
	c.queue = c.queue[:rest]
	if rest == 0 {
		c.leading = false
		c.idle.Broadcast()
		return true
	}
	if c.queue[0] == leader {
		return false
	}
	c.queue[0].turn <- true
	return true
}

// first returns the record to store next.
func (c *committer) first() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.queue[0]
	return r.recs[r.stored]
}

// stopped returns why nothing is taken.
func (c *committer) stopped() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refusing
}

// take forms a group of at most so many bytes, and says which records are in it.
func (c *committer) take(limit int64, group []*request, recs [][]byte) ([]*request, [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes := int64(0)
	for _, r := range c.queue {
		for _, rec := range r.recs[r.stored:] {
			bytes += frameHeader + int64(len(rec))
			if bytes > limit || len(recs) > 0 && bytes > maxGroupBytes || len(recs) == maxGroupRecords {
				return group, recs
			}
			if r.taken == 0 {
				group = append(group, r)
			}
			r.taken++
			recs = append(recs, rec)
		}
	}
	return group, recs
}

// settle ends the requests of a group that are stored as a whole. An error ends them all.
func (c *committer) settle(group []*request, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range group {
		if err == nil {
			r.stored += r.taken
		}
		r.taken = 0
		r.err, r.ended = err, err != nil || r.stored == len(r.recs)
	}
}

// release gives a group back: it will be formed again.
func (c *committer) release(group []*request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range group {
		r.taken = 0
	}
}

// fail ends every request that waits, or only the leader's.
func (c *committer) fail(err error, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, r := range c.queue {
		if i == 0 || all {
			r.err, r.ended = err, true
		}
	}
}

// instead runs f in place of a leader, unless there is one.
func (c *committer) instead(f func()) bool {
	c.mu.Lock()
	if c.leading {
		c.mu.Unlock()
		return false
	}
	c.leading = true
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) > 0 {
		c.queue[0].turn <- true
		return true
	}
	c.leading = false
	c.idle.Broadcast()
	return true
}
