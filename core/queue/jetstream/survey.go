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
	finished  uint64 // up to this number, all that was given was finished, too
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
			c.survey(sighting{
				valid: true, first: first, delivered: base + info.Delivered.Stream,
				given: info.Delivered.Consumer, finished: base + info.AckFloor.Stream,
			}, time.Now())
			c.share(info)
		}
		l.mu.Unlock()
	}
}

// survey compares what the servers say with what they said before, about messages that are not here. One
// that was given to somebody, and is finished, was another process's. So was one that nobody finished in
// the time after which the servers would have given it again, if it had got lost on its way here. One
// that is not in the stream any more, and was never given to anybody, was dropped for want of room. When
// messages were both given to others and dropped since the last time, which is which is a guess; their
// number is not.
func (c *cursor) survey(now sighting, at time.Time) {
	before, again := c.seen, c.redelivered
	if now.delivered < before.delivered || now.given < before.given {
		return // it is from a server that does not know yet
	}
	c.seen, c.redelivered = now, 0
	if !before.valid {
		return
	}
	skipped := int64(now.delivered-before.delivered) - int64(now.given-before.given) + int64(again)
	for i := range c.own.entries {
		e := &c.own.entries[i]
		if e.records == 0 {
			continue
		}
		gone := e.number < now.first
		if e.number <= now.delivered && e.given.IsZero() {
			e.given = at
		}
		switch {
		case gone && e.number > now.delivered, gone && e.number > before.delivered && skipped > 0:
			skipped--
			c.overflowed += uint64(e.records)
			c.own.drop(e)
		case e.number <= before.delivered && e.number <= now.finished,
			!e.given.IsZero() && at.Sub(e.given) > c.log.cfg.AckWait+2*keeperPause:
			c.handed += uint64(e.records)
			c.own.drop(e)
		}
	}
	c.own.trim()
}

// idle reports whether something has been at hand for long, of a reader that does not ask for it, such
// as that of a sink which cannot be reached from here.
func (l *Log) idle(c *cursor) bool {
	if c.wantRecords > 0 || time.Since(c.asked) < l.cfg.AckWait/2 {
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
	if !c.log.idle(c) {
		return
	}
	asking := c.cancelPull != nil
	c.stopAsking()
	if !asking && info.NumWaiting > 0 {
		c.fresh.remove(func(p part) bool {
			if p.m.touched {
				return false
			}
			c.giveBack(p.m)
			return true
		})
	}
}
