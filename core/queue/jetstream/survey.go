package jetstream

import (
	"context"
	"time"
)

// handedTime is how long after it was given to somebody a message that did not come here is taken to be
// another process's. One that got lost on its way here comes again after AckWait, and is recovered then.
const handedTime = 5 * time.Second

// sighting is what the servers said of a consumer and the stream.
type sighting struct {
	valid     bool
	delivered uint64 // number of the newest message that was given to somebody
	given     uint64 // how often messages were
	finished  uint64 // up to this number, all that was given was finished, too
	first     uint64 // number of the oldest message in the stream; asked before the others
	elsewhere bool   // something that was given is unfinished, and not here
}

// surveyAll finds out what became of the messages that this process appended, and has not been given.
func (l *Log) surveyAll(ctx context.Context) {
	l.mu.Lock()
	var cursors []*cursor
	var here []int
	for _, c := range l.cursors {
		if c.own.records > 0 {
			cursors, here = append(cursors, c), append(here, c.unacknowledged())
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
	for i, c := range cursors {
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
				elsewhere: info.NumAckPending > min(here[i], c.unacknowledged()),
			}, time.Now())
		}
		l.mu.Unlock()
	}
}

// unacknowledged returns how many messages are here of which the servers do not know that they are finished.
func (c *cursor) unacknowledged() int { return len(c.messages) + len(c.acking) }

// survey compares what the servers say with what they said before, about messages that are not here. One
// that was given to somebody, and is finished or did not come here, was another process's. One
// that is not in the stream any more, and was never given to anybody, was dropped for want of room. When
// messages were both given to others and dropped since the last time, which is which is a guess; their
// number is not.
func (c *cursor) survey(now sighting, at time.Time) {
	before := c.seen
	if now.delivered < before.delivered || now.given < before.given {
		return // it is from a server that does not know yet
	}
	c.seen = now
	if !before.valid {
		return
	}
	records := c.own.records
	skipped := int64(now.delivered-before.delivered) - int64(now.given-before.given)
	for i := range c.own.entries {
		e := &c.own.entries[i]
		if e.records == 0 {
			continue
		}
		gone := e.number < now.first
		if e.number <= now.delivered && e.given.IsZero() && !e.back {
			e.given = at
		}
		switch {
		case gone && e.number > now.delivered, gone && e.number > before.delivered && skipped > 0:
			skipped--
			c.overflowed += uint64(e.records)
			c.own.drop(e)
		case e.number <= before.delivered && (e.number <= now.finished || !now.elsewhere),
			!e.given.IsZero() && at.Sub(e.given) > handedTime:
			c.handed += uint64(e.records)
			c.own.drop(e)
		}
	}
	c.own.trim()
	if c.own.records < records {
		wake(c.ready) // who waits for the last of them waits in vain
	}
}
