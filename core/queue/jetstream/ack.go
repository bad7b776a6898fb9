package jetstream

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// What the servers are told of a message; the words are those of JetStream's protocol.
const (
	ack        = "+ACK"
	nak        = "-NAK"
	inProgress = "+WPI"
)

const (
	// ackRepeat is the time after which an acknowledgement that was not confirmed is sent again.
	ackRepeat = 2 * time.Second
	// pulsePause is the most time between looks at what is to be repeated.
	pulsePause = time.Second
)

// signal is what the servers are to be told or asked.
type signal struct {
	subject, body string
	confirm       string // where the servers are to answer; "" if they need not
}

// tell sends a word about a message, of which it does not matter much whether it comes through. It is
// called with mu held.
func (l *Log) tell(reply, body string) { l.signal(signal{subject: reply, body: body}) }

func (l *Log) signal(s signal) {
	l.signals = append(l.signals, s)
	wake(l.pulseWake)
}

// acknowledge ends a message. It is called with mu held.
func (c *cursor) acknowledge(m *message) {
	l := c.log
	delete(c.messages, m.number)
	l.finished = true
	if m.generation != l.link.generation { // its number may be that of another message now
		return
	}
	c.acking[m.number] = m
	c.acknowledgeAgain(m, time.Now())
}

func (c *cursor) acknowledgeAgain(m *message, now time.Time) {
	l := c.log
	m.told = now
	l.signal(signal{subject: m.reply, body: ack, confirm: l.link.inbox + ".of." +
		strconv.FormatUint(c.id, 10) + "." + strconv.FormatUint(m.number, 10)})
}

// settle notes that an acknowledgement was confirmed.
func (c *cursor) settle(number uint64) {
	if m, ok := c.acking[number]; ok {
		delete(c.acking, number)
		c.finished.add(m)
	}
}

// pulse tells the servers what became of messages, and that those in hand are not forgotten.
func (l *Log) pulse(ctx context.Context) {
	ticker := time.NewTicker(min(pulsePause, l.cfg.AckWait/8))
	defer ticker.Stop()
	for {
		select {
		case <-l.pulseWake:
		case <-ticker.C:
			l.repeat(time.Now())
		case <-ctx.Done():
			return
		}
		l.say()
	}
}

// say sends what there is to tell. When it returns, everything that was to be told before is sent.
func (l *Log) say() {
	l.saying.Lock()
	defer l.saying.Unlock()
	l.mu.Lock()
	due, conn := l.signals, l.link.conn
	l.signals = nil
	l.mu.Unlock()
	for _, s := range due { // an error means that the connection is lost: it is said again later
		_ = conn.PublishMsg(&nats.Msg{Subject: s.subject, Reply: s.confirm, Data: []byte(s.body)})
	}
}

// repeat tells the servers again what they have not confirmed, or else would forget.
func (l *Log) repeat(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.link.conn == nil || !l.link.conn.IsConnected() {
		return
	}
	for _, c := range l.everyCursor() {
		c.giveBackIdle(now)
		c.pullIfLow()
		for _, m := range c.acking {
			if now.Sub(m.told) >= ackRepeat {
				c.acknowledgeAgain(m, now)
			}
		}
		for _, m := range c.messages {
			if now.Sub(m.told) >= l.cfg.AckWait/3 && m.generation == l.link.generation && (m.touched || l.frozen > 0 || !c.idle(now)) {
				m.told = now
				l.tell(m.reply, inProgress)
			}
		}
	}
}

// everyCursor returns also those that were removed, whose last messages are still to be acknowledged.
func (l *Log) everyCursor() []*cursor { return slices.Concat(l.cursors, l.leaving) }

// confirmed is called when the servers have an acknowledgement.
func (l *Log) confirmed(msg *nats.Msg) {
	if len(msg.Header) > 0 { // a status: nobody listened
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	tail, _ := strings.CutPrefix(msg.Subject, l.link.inbox+".of.")
	cursor, message, _ := strings.Cut(tail, ".")
	id, err1 := strconv.ParseUint(cursor, 10, 64)
	number, err2 := strconv.ParseUint(message, 10, 64)
	if err1 != nil || err2 != nil {
		return
	}
	for _, c := range l.everyCursor() {
		if c.id == id {
			c.settle(number)
		}
	}
}
