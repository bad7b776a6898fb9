package jetstream

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	// window is how many messages are on their way to the servers at once. There is a second
	// one only if it is full: what waits for the first is packed together.
	window = 4
	// overhead is what the subject and the headers of a message take of the largest payload.
	overhead = 1 << 10
	// usualPayload is the largest payload that a server takes unless it is configured otherwise.
	usualPayload = 1 << 20
)

// request is an Append that waits for its records to be stored. They are stored in one message.
type request struct {
	recs  [][]byte
	size  int        // framed
	done  chan error // of one
	ended bool       // done has been sent to
	left  bool       // the caller is gone
}

// end tells the caller, if it is still there, what became of the records.
func (r *request) end(err error) {
	if !r.ended && !r.left {
		r.ended = true
		r.done <- err
	}
}

// batch is what is stored as one message.
type batch struct {
	key      uint64
	id       string // the same for every attempt, so that the servers store it once
	subject  string
	epoch    uint64
	message  []byte
	records  int
	requests []*request
	settled  bool
	cancel   context.CancelFunc // ends the attempts to store it
	again    context.CancelFunc // ends the attempt under way, so that there is another; nil without one
}

// commit is what is being appended. It is guarded by the log's mutex.
type commit struct {
	waiting      []*request
	records      int // in waiting
	bytes        int
	flying       map[uint64]*batch
	made         uint64
	blockedUntil time.Time // the stream is full: no attempt before
	wake         chan struct{}
}

func (c *commit) init() {
	c.flying = make(map[uint64]*batch)
	c.wake = make(chan struct{}, 1)
}

// append stores records in one message.
func (l *Log) append(ctx context.Context, recs [][]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{recs: recs, size: packedSize(recs), done: make(chan error, 1)}
	if err := l.admit(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return l.leave(r, ctx.Err())
	}
}

// fitting returns how many of the records may be stored in one message, at least one.
func (l *Log) fitting(recs [][]byte) int {
	l.mu.Lock()
	most := l.largest()
	l.mu.Unlock()
	n, size := 0, packHeader
	for n < len(recs) && n < maxRecords {
		size += frameHeader + len(recs[n])
		if n > 0 && size > min(maxBytes, most) {
			break
		}
		n++
	}
	return n
}

// largest returns how large a message may be.
func (l *Log) largest() int {
	payload := int64(usualPayload)
	if l.link.conn != nil && l.link.conn.MaxPayload() > 0 {
		payload = l.link.conn.MaxPayload()
	}
	if l.cfg.MaxBytes > 0 {
		payload = min(payload, l.cfg.MaxBytes)
	}
	return int(payload) - overhead
}

func (l *Log) admit(r *request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal != nil {
		return l.refusal
	}
	if packHeader+r.size > l.largest() {
		return queue.ErrTooLarge
	}
	if err := l.away(); err != nil {
		return err
	}
	c := &l.commit
	c.waiting = append(c.waiting, r)
	c.records += len(r.recs)
	c.bytes += r.size
	wake(c.wake)
	return nil
}

// leave ends the waiting of a caller. What is on its way already may be stored: it is not
// counted as appended then, but as recovered.
func (l *Log) leave(r *request, why error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.ended {
		return <-r.done
	}
	r.left = true
	if i := slices.Index(l.commit.waiting, r); i >= 0 {
		l.commit.take(i, i+1)
	}
	return why
}

// take removes requests from those that wait.
func (c *commit) take(from, to int) []*request {
	taken := slices.Clone(c.waiting[from:to])
	for _, r := range taken {
		c.records -= len(r.recs)
		c.bytes -= r.size
	}
	c.waiting = slices.Delete(c.waiting, from, to)
	return taken
}

func (c *commit) refuseWaiting(err error) {
	for _, r := range c.take(0, len(c.waiting)) {
		r.end(err)
	}
}

// refuse ends every Append, also those whose records are on their way.
func (c *commit) refuse(err error) {
	c.refuseWaiting(err)
	for _, b := range c.flying {
		c.fail(b, err)
	}
}

func (c *commit) fail(b *batch, err error) {
	if b.settled {
		return
	}
	c.land(b)
	for _, r := range b.requests {
		r.end(err)
	}
}

// land takes a batch out of those on their way.
func (c *commit) land(b *batch) {
	b.settled = true
	b.cancel()
	delete(c.flying, b.key)
	wake(c.wake)
}

// putBack makes the requests of a batch that was not stored wait again, before all others.
func (c *commit) putBack(b *batch) {
	if b.settled {
		return
	}
	c.land(b)
	again := slices.DeleteFunc(b.requests, func(r *request) bool { return r.left })
	for _, r := range again {
		c.records += len(r.recs)
		c.bytes += r.size
	}
	c.waiting = append(again, c.waiting...)
}

// next packs the next batch. Without one, it is to be asked again when it is woken, or
// after a time that is not zero. The function is called when the batch is settled.
func (l *Log) next(cancel context.CancelFunc) (b *batch, again time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &l.commit
	if err := l.away(); err != nil {
		c.refuseWaiting(err)
	}
	if len(c.waiting) == 0 {
		return nil, 0
	}
	if !l.trouble.since.IsZero() {
		again = max(l.patience(), time.Millisecond)
	}
	full := c.records >= maxRecords || c.bytes >= maxBytes
	if !l.link.ready || len(c.flying) > 0 && !(full && len(c.flying) < window) {
		return nil, again
	}
	if rest := time.Until(c.blockedUntil); rest > 0 {
		return nil, rest
	}
	b = l.packNext()
	b.cancel = cancel
	return b, 0
}

// packNext makes a batch of as many requests as fit, from the first.
func (l *Log) packNext() *batch {
	c := &l.commit
	limit := min(maxBytes, l.largest())
	n, records, size := 0, 0, packHeader
	for n < len(c.waiting) {
		r := c.waiting[n]
		if n > 0 && (records+len(r.recs) > maxRecords || size+r.size > limit) {
			break
		}
		n, records, size = n+1, records+len(r.recs), size+r.size
	}
	c.made++
	b := &batch{
		key: c.made, epoch: l.epoch, records: records, requests: c.take(0, n),
		id:      l.instance + "-" + strconv.FormatUint(c.made, 10),
		subject: l.subjects.of(l.instance, l.epoch),
		message: pack(make([]byte, 0, size), records),
	}
	for _, r := range b.requests {
		for _, rec := range r.recs {
			b.message = appendFrame(b.message, rec)
		}
	}
	c.flying[b.key] = b
	return b
}

// stored notes that a batch is in the stream, as the message of that number. It is called
// with mu held.
func (l *Log) stored(b *batch, number uint64) {
	if b.settled {
		return
	}
	l.commit.land(b)
	accepted := 0
	for _, r := range b.requests {
		if !r.left {
			accepted += len(r.recs)
		}
		r.end(nil)
	}
	l.appended += uint64(accepted)
	l.last = max(l.last, number)
	for _, c := range l.cursors {
		c.expect(number, b, accepted)
	}
	l.recovered()
}
