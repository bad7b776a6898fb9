package jetstream

import (
	"slices"
	"time"
)

// purgeAgain is when a subject is purged once more: a message that was on its way when its
// epoch ended may have come after the first time.
const purgeAgain = 3 * time.Second

// purge is a subject whose messages are not wanted any more, or a single message.
type purge struct {
	subject string
	copy    uint64
	due     time.Time
	last    bool
}

// Discard implements [queue.Cursor]. What this process has appended is removed from the stream when
// its last cursor discards it, unless another process has it in hand; what others have
// appended, and nobody here has begun to read, goes back to them.
func (c *cursor) Discard() int {
	l := c.log
	l.mu.Lock()
	defer l.mu.Unlock()
	n := c.own.records
	for _, e := range c.own.entries {
		if e.copied && e.records > 0 {
			l.expireCopy(e.number)
		}
	}
	c.own.clear()
	skip := func(p part) bool {
		if p.m.own || p.m.touched {
			n += uint64(p.n)
			c.end(p.m, p.n)
			if p.m.copied {
				l.expireCopy(p.m.number)
			}
		} else {
			c.giveBack(p.m, time.Now())
		}
		return true
	}
	c.hungry, c.wantRecords = false, 0
	c.back.remove(skip)
	c.fresh.remove(skip)
	c.discarded = l.epoch
	l.epoch++
	l.expire()
	return int(n)
}

// expireCopy has a message deleted that no subject of this process tells from those of others.
func (l *Log) expireCopy(number uint64) {
	if number > l.link.base {
		l.expired = append(l.expired, purge{copy: number - l.link.base})
		wake(l.keeperWake)
	}
}

// expire has the subjects purged that no cursor is to see any more. It is called with mu held.
func (l *Log) expire() {
	seen := l.epoch - 1
	for _, c := range l.cursors {
		seen = min(seen, max(c.discarded, c.since-1))
	}
	for ; l.purged < seen; l.purged++ {
		l.expired = append(l.expired, purge{subject: l.subjects.of(l.instance, l.purged+1)})
	}
	if len(l.expired) > 0 {
		wake(l.keeperWake)
	}
}

// Remove implements [queue.Cursor]. The consumer is removed, too, unless other processes use it.
func (c *cursor) Remove() {
	l := c.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.removed {
		return
	}
	c.removed, c.left = true, time.Now()
	if i := slices.Index(l.cursors, c); i >= 0 {
		l.cursors = slices.Delete(l.cursors, i, i+1)
	}
	c.own.clear()
	c.fresh.remove(func(p part) bool {
		if !p.m.touched {
			c.giveBack(p.m, time.Now())
		}
		return true
	})
	c.back = parts{}
	l.leaving = append(l.leaving, c)
	wake(l.keeperWake)
}
