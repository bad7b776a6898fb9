package jetstream

import (
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// receive takes a message that the servers have given to a cursor.
func (l *Log) receive(c *cursor, msg *nats.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		return // it is none of the stream
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	m := &message{stored: meta.Timestamp.UnixNano(), reply: msg.Reply, told: time.Now()}
	l.number(c, m, meta.Sequence.Stream)
	c.arrivedFor()
	defer c.pullIfLow()
	if l.closed || c.removed {
		l.tell(m.reply, nak)
		return
	}
	c.known = max(c.known, m.number)
	if l.again(c, m) {
		return
	}
	if stored, ok := l.gone.stored[m.number]; ok && stored == m.stored {
		c.acknowledge(m)
		return
	}
	epoch, mine := l.subjects.epoch(msg.Subject, l.instance)
	if mine {
		l.arrived(msg.Header.Get(natsjs.MsgIDHeader), m.number)
		if epoch <= c.discarded {
			c.acknowledge(m)
			return
		}
	}
	c.accept(m, msg.Data)
}

// number gives a message its number. If that is another message's, servers have lost the end of the stream,
// as after a loss of power, and begun to count from there again.
func (l *Log) number(c *cursor, m *message, seq uint64) {
	m.number, m.generation = l.link.base+seq, l.link.generation
	if before, known := c.knownAs(m.number); known && before != m.stored {
		l.cfg.Logger.Warn("the queue's stream has lost messages that were acknowledged", "stream", l.cfg.Stream, "from", seq)
		l.renumber()
		m.number, m.generation = l.link.base+seq, l.link.generation
	}
}

// knownAs returns when the message of a number that was given to this cursor before was stored.
func (c *cursor) knownAs(number uint64) (stored int64, ok bool) {
	for _, messages := range []map[uint64]*message{c.messages, c.acking} {
		if m, ok := messages[number]; ok {
			return m.stored, true
		}
	}
	stored, ok = c.finished.stored[number]
	return stored, ok
}

// again deals with a message that was given to this cursor before.
func (l *Log) again(c *cursor, m *message) bool {
	if _, known := c.knownAs(m.number); !known {
		return false
	}
	if before, ok := c.messages[m.number]; ok { // its time was over, and has begun again
		before.reply, before.told = m.reply, m.told
	} else {
		c.acknowledge(m)
	}
	return true
}

// arrived takes a message that comes back for the acknowledgement that it was stored, which
// may have been lost.
func (l *Log) arrived(id string, number uint64) {
	for _, b := range l.commit.flying {
		if b.id == id {
			l.stored(b, number)
			return
		}
	}
}

// accept makes the records of a message ones to fetch.
func (c *cursor) accept(m *message, data []byte) {
	e := c.own.take(m.number)
	m.own, m.copied = e.records > 0, e.copied
	frames, n, ok := unpack(data)
	if !ok {
		c.refuse(m)
		return
	}
	m.records, m.left, m.bytes = n, n, len(frames)
	if !m.own {
		c.recovered += uint64(n)
	}
	c.messages[m.number] = m
	c.fresh.put(part{m: m, first: m.place(0), data: frames, n: n})
	c.wakeIfWanted()
}

// refuse counts a message that is none of ours, or damaged, as a record.
func (c *cursor) refuse(m *message) {
	if !m.own {
		c.recovered++
	}
	c.damaged++
	c.log.cfg.Logger.Warn("the queue skipped a message that it cannot read", "stream", c.log.cfg.Stream, "sink", c.durable, "sequence", m.number-c.log.link.base)
	c.acknowledge(m)
}
