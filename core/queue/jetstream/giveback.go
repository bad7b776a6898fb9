package jetstream

import (
	"fmt"
	"time"
)

// idle reports whether the reader has not shown itself for long, as that of a sink which cannot be
// reached from here.
func (c *cursor) idle(now time.Time) bool { return now.Sub(c.shown) > c.log.cfg.AckWait/2 }

// giveBackIdle lets go of what is at hand, and which nobody has begun to read, when the reader is idle, so
// that another process may have it, and when the time is nearly over after which another process will have
// it: that is so when this one was stopped for a while. All of it goes, so that it comes in order again.
// It is called with the log's mutex held.
func (c *cursor) giveBackIdle(now time.Time) {
	if c.log.frozen > 0 { // a message may be on its way to be stored anew
		return
	}
	idle, due := c.idle(now), false
	for _, p := range c.fresh.list {
		due = due || !p.m.touched && (idle || c.late(p.m, now))
	}
	if !due {
		return
	}
	c.hungry = c.hungry && !idle
	c.fresh.remove(func(p part) bool {
		if p.m.touched {
			return false
		}
		c.giveBack(p.m, now)
		return true
	})
}

// late reports whether the servers may have given a message to another process, or are about to.
func (c *cursor) late(m *message, now time.Time) bool {
	return now.Sub(m.told) > c.log.cfg.AckWait*3/4
}

// giveBack lets go of a message that nobody has read. It is called with the log's mutex held.
func (c *cursor) giveBack(m *message, now time.Time) {
	delete(c.messages, m.number)
	if m.own {
		c.own.add(entry{number: m.number, records: m.records, bytes: m.bytes, stored: time.Unix(0, m.stored), back: true})
	} else {
		c.handed += uint64(m.records)
	}
	switch {
	case m.generation != c.log.link.generation:
	case c.late(m, now): // it goes to another by itself, and would be taken from that one
	case c.ask.stands(now) && !c.hungry: // or it would come right back
		c.log.tell(m.reply, fmt.Sprintf(`%s {"delay":%d}`, nak, c.ask.until.Sub(now).Nanoseconds()))
	default:
		c.log.tell(m.reply, nak)
	}
}
