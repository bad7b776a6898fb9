package jetstream

import (
	"context"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
)

// sighting is what the servers said of a consumer and the stream.
type sighting struct {
	valid     bool
	delivered uint64 // number of the newest message that was given to somebody
	given     uint64 // how often messages were
	first     uint64 // number of the oldest message in the stream; asked before the others
}

// surveyAll finds out what became of the messages that this process appended, and has not been given.
func (l *Log) surveyAll(ctx context.Context) {
	l.mu.Lock()
	var cursors []*cursor
	for _, c := range l.cursors {
		if c.own.records > 0 || l.idle(c) {
			cursors = append(cursors, c)
		} else {
			c.seen = sighting{}
		}
	}
	base, generation := l.link.base, l.link.generation
	l.mu.Unlock()
	if len(cursors) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	stream, err := l.link.js.Stream(ctx, l.cfg.Stream)
	if err != nil {
		return
	}
	first := base + stream.CachedInfo().State.FirstSeq
	for _, c := range cursors {
		consumer, err := stream.Consumer(ctx, c.durable)
		if err != nil {
			continue
		}
		info := consumer.CachedInfo()
		l.mu.Lock()
		if generation == l.link.generation {
			c.survey(sighting{true, base + info.Delivered.Stream, info.Delivered.Consumer, first})
			c.share(info)
		}
		l.mu.Unlock()
	}
}

// survey compares what the servers say with what they said before. A message that had been given to
// somebody then, and is not here now, is with another process. One that is not in the stream any more,
// and was never given to anybody, was dropped for want of room. When messages were both given to
// others and dropped since the last time, which is which is a guess; their number is not.
func (c *cursor) survey(now sighting) {
	before, again := c.seen, c.redelivered
	c.seen, c.redelivered = now, 0
	if !before.valid || now.given < before.given {
		return
	}
	skipped := int64(now.delivered-before.delivered) - int64(now.given-before.given) + int64(again)
	for i := range c.own.entries {
		e := &c.own.entries[i]
		switch {
		case e.records == 0:
		case e.number <= before.delivered:
			c.handed += uint64(e.records)
			c.own.drop(e)
		case e.number >= now.first:
		case e.number > now.delivered, skipped > 0:
			skipped--
			c.overflowed += uint64(e.records)
			c.own.drop(e)
		}
	}
	c.own.trim()
}

// idle reports whether something has been at hand for long, of a reader that does not ask for it, such
// as that of a sink which cannot be reached from here.
func (l *Log) idle(c *cursor) bool {
	if c.demand || c.wantRecords > 0 {
		return false
	}
	for _, p := range c.fresh.list {
		if !p.m.touched && time.Since(p.m.arrived) > l.cfg.AckWait/2 {
			return true
		}
	}
	return false
}

// share gives what is idle here to others that ask for it.
func (c *cursor) share(info *natsjs.ConsumerInfo) {
	switch {
	case !c.log.idle(c):
	case c.cancelPull != nil: // or what is given back would come again
		c.cancelPull()
	case info.NumWaiting > 0:
		c.fresh.remove(func(p part) bool {
			if p.m.touched {
				return false
			}
			c.giveBack(p.m)
			return true
		})
	}
}
