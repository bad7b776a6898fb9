package jetstream

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// pullTime is how long a request for messages stands. It is never taken back: what comes for it is
	// used, however late.
	pullTime = 3 * time.Second
	// pullGrace is how much longer a request is taken to stand whose end the servers have not told.
	pullGrace = time.Second
	// pullMessages bounds the messages of a request.
	pullMessages = 512
	// leastWindow and mostWindow bound the bytes that a cursor has at hand, about.
	leastWindow = 1 << 20
	mostWindow  = 16 << 20
	// pullPause is the time after a request that failed.
	pullPause = 200 * time.Millisecond

	// pullSubject is where a consumer is asked for messages; the stream and the consumer follow.
	pullSubject = "$JS.API.CONSUMER.MSG.NEXT."
)

// ask is the request for messages that stands with the servers.
type ask struct {
	number uint64    // of the requests of its cursor
	left   int       // messages that it may still bring
	until  time.Time // when the servers have ended it; no other is made before
}

// standing is how long a request stands.
func (c Config) standing() time.Duration { return min(pullTime, c.AckWait/4) }

func (a ask) stands(now time.Time) bool { return now.Before(a.until) }

// subscribe has what the servers give to a cursor come to it. There is one subscription, whichever
// request a message is for, so that none is missed that comes when its request has ended.
func (l *Log) subscribe(c *cursor) error {
	l.mu.Lock()
	conn, inbox, subscribed := l.link.conn, c.inbox(), c.subscription != nil
	l.mu.Unlock()
	if subscribed {
		return nil
	}
	sub, err := conn.Subscribe(inbox+".*", func(msg *nats.Msg) {
		if status := msg.Header.Get("Status"); status != "" && len(msg.Data) == 0 {
			l.answered(c, msg.Subject, status, msg.Header.Get("Description"))
			return
		}
		l.receive(c, msg)
	})
	if err != nil {
		return err
	}
	// What comes is bounded by what is asked for; what is dropped here is not seen before AckWait is over.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c.subscription = sub
	return nil
}

// inbox is where the servers are to answer the requests of a cursor.
func (c *cursor) inbox() string { return c.log.link.inbox + ".to." + strconv.FormatUint(c.id, 10) }

// pullIfLow asks the servers for more if the reader wants it. It is called with the log's mutex held.
func (c *cursor) pullIfLow() {
	l := c.log
	now := time.Now()
	if !c.hungry || c.plenty() || c.removed || l.closed || c.ask.stands(now) ||
		!c.there || l.link.conn == nil || !l.link.conn.IsConnected() {
		return
	}
	stands := l.cfg.standing()
	c.ask = ask{number: c.ask.number + 1, left: pullMessages, until: now.Add(stands + pullGrace)}
	l.signal(signal{
		subject: pullSubject + l.cfg.Stream + "." + c.durable,
		body:    fmt.Sprintf(`{"batch":%d,"max_bytes":%d,"expires":%d}`, pullMessages, c.target(), stands.Nanoseconds()),
		confirm: c.inbox() + "." + strconv.FormatUint(c.ask.number, 10),
	})
}

// plenty reports whether as much is at hand as is asked the servers for.
func (c *cursor) plenty() bool { return c.bytesAtHand() >= c.target()/2 }

// target is how many bytes a request is for: more than the largest message, and what
// the reader waits for.
func (c *cursor) target() int64 {
	if c.wantRecords > 0 {
		c.window = min(2*c.wantBytes, mostWindow)
	}
	least := int64(leastWindow)
	if conn := c.log.link.conn; conn != nil {
		least = max(least, conn.MaxPayload())
	}
	return max(c.window, least) + overhead
}

// arrivedFor counts a message towards the request that stands. It is called with the log's mutex held.
func (c *cursor) arrivedFor() {
	if c.ask.left--; c.ask.left <= 0 {
		c.ask.until = time.Time{}
	}
}

// answered is called when the servers say that a request has ended.
func (l *Log) answered(c *cursor, subject, status, description string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if subject != c.inbox()+"."+strconv.FormatUint(c.ask.number, 10) {
		return // it is not of the one that stands
	}
	switch {
	case status == "404" || status == "408" || strings.Contains(description, "MaxBytes"):
		c.ask.until = time.Time{}
		c.pullIfLow()
		return
	case status == "503" || strings.Contains(description, "Consumer Deleted"):
		if c.doubted.IsZero() {
			c.doubted = time.Now()
		}
	}
	c.ask.until = time.Now().Add(pullPause)
}

// askAgain forgets the requests that were made to a server which is gone. It is called with mu held.
func (l *Log) askAgain() {
	for _, c := range l.cursors {
		c.ask.until = time.Time{}
		c.pullIfLow()
	}
}
