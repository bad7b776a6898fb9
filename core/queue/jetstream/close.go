package jetstream

import (
	"context"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/headgate-dev/headgate/core/queue"
)

// closeTime bounds each of the two things that Close waits for: what is being appended, and
// that the servers have what was acknowledged.
const closeTime = 2 * time.Second

// Close implements [queue.Log]. What is at hand goes back to the servers for others: whole messages as
// they are, and of those that are partly finished the rest, as a message for that cursor alone.
func (l *Log) Close() error {
	l.Stop()
	l.mu.Lock()
	if l.endRewrite != nil {
		l.endRewrite()
	}
	l.mu.Unlock()
	l.control.Lock()
	defer l.control.Unlock()
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.mu.Unlock()
	l.await(closeTime, func() bool { return len(l.commit.waiting) == 0 && len(l.commit.flying) == 0 })
	l.mu.Lock()
	l.closed = true
	l.commit.refuse(queue.ErrClosed)
	started := l.stop != nil
	l.mu.Unlock()
	if !started {
		return nil
	}
	l.unsubscribe() // or what is given back would come here again
	l.mu.Lock()
	rests := l.returnAll()
	l.mu.Unlock()
	l.moveAll(rests)
	l.say()
	l.await(closeTime, func() bool { return !l.anyAcking() })
	l.stop()
	l.work.Wait()
	l.flush()
	if l.link.conn != nil {
		l.link.conn.Close()
	}
	return nil
}

// flush waits until the servers have what was sent, if they are there.
func (l *Log) flush() {
	l.mu.Lock()
	conn := l.link.conn
	l.mu.Unlock()
	if conn != nil && conn.IsConnected() {
		_ = conn.FlushTimeout(closeTime)
	}
}

// unsubscribe ends the coming of messages. What is on its way is given back as it comes.
func (l *Log) unsubscribe() {
	l.mu.Lock()
	var subs []*nats.Subscription
	for _, c := range l.everyCursor() {
		if c.subscription != nil {
			subs = append(subs, c.subscription)
		}
	}
	l.mu.Unlock()
	for _, sub := range subs {
		_ = sub.Drain()
	}
	l.flush()
	l.await(closeTime, func() bool {
		return !slices.ContainsFunc(subs, (*nats.Subscription).IsValid)
	})
}

// await waits until something is so, which is looked at with mu held.
func (l *Log) await(most time.Duration, so func() bool) {
	deadline := time.NewTimer(most)
	defer deadline.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		l.mu.Lock()
		done := so() || l.link.conn == nil || !l.link.conn.IsConnected()
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			return
		}
	}
}

func (l *Log) anyAcking() bool {
	return slices.ContainsFunc(l.everyCursor(), func(c *cursor) bool { return len(c.acking) > 0 })
}

// rest is what is left of partly finished messages of a cursor.
type rest struct {
	cursor   *cursor
	messages []*message
	frames   []byte
	records  int
}

// returnAll gives back the messages that nothing is finished of, and returns what is left of the
// others. What the cursors count stays as it is. It is called with mu held.
func (l *Log) returnAll() (rests []rest) {
	for _, c := range l.cursors {
		left := c.unfinished()
		for _, m := range c.messages {
			switch {
			case m.generation != l.link.generation:
			case m.left == m.records:
				l.tell(m.reply, nak)
			default:
				rests = addRest(rests, c, m, left[m])
			}
		}
	}
	return rests
}

// unfinished returns the parts of messages that have not come to their end.
func (c *cursor) unfinished() map[*message][]part {
	left := make(map[*message][]part)
	for _, p := range slices.Concat(c.back.list, c.fresh.list) {
		left[p.m] = append(left[p.m], p)
	}
	for _, r := range c.runs {
		left[r.m] = append(left[r.m], r.part)
	}
	for _, h := range c.held {
		if h.loose {
			left[h.m] = append(left[h.m], h.part)
		}
	}
	return left
}

// addRest packs what is left of a message with what is left of others of the cursor.
func addRest(rests []rest, c *cursor, m *message, parts []part) []rest {
	size := 0
	for _, p := range parts {
		size += len(p.data)
	}
	last := len(rests) - 1
	if last < 0 || rests[last].cursor != c || rests[last].records+m.left > maxRecords || len(rests[last].frames)+size > maxBytes {
		rests, last = append(rests, rest{cursor: c}), last+1
	}
	r := &rests[last]
	r.messages = append(r.messages, m)
	for _, p := range parts {
		r.frames = append(r.frames, p.data...)
		r.records += p.n
	}
	return rests
}

// moveAll stores rests as messages of their own in place of those that they are of.
func (l *Log) moveAll(rests []rest) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	for _, r := range rests {
		err := l.move(ctx, r)
		l.mu.Lock()
		for _, m := range r.messages {
			if err == nil {
				r.cursor.acknowledge(m)
			} else { // all of it comes again
				l.tell(m.reply, nak)
			}
		}
		l.mu.Unlock()
	}
}

func (l *Log) move(ctx context.Context, r rest) error {
	msg := &nats.Msg{
		Subject: l.subjects.to(r.cursor.durable),
		Data:    append(pack(make([]byte, 0, packHeader+len(r.frames)), r.records), r.frames...),
	}
	_, err := l.link.js.PublishMsg(ctx, msg, natsjs.WithExpectStream(l.cfg.Stream))
	return err
}
