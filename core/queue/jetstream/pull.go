package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

const (
	// pullTime is how long a request for messages stands, and pullHeartbeat how often the servers
	// say that it still does.
	pullTime      = 30 * time.Second
	pullHeartbeat = 5 * time.Second
	// pullMessages bounds the messages of a request.
	pullMessages = 512
	// leastWindow and mostWindow bound the bytes that a cursor has at hand, about.
	leastWindow = 1 << 20
	mostWindow  = 16 << 20
	// pullPause is the time after a request that failed.
	pullPause = 200 * time.Millisecond
)

// pullIfLow has the servers asked for more if the reader wants it. It is called with the
// log's mutex held.
func (c *cursor) pullIfLow() {
	if c.low() {
		wake(c.pullWake)
	}
}

func (c *cursor) low() bool { return (c.demand || c.wantRecords > 0) && !c.plenty() }

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

// pull fetches messages for a cursor while its reader wants some.
func (l *Log) pull(ctx context.Context, c *cursor) {
	for {
		request, done, ok := l.awaitDemand(ctx, c)
		if !ok {
			return
		}
		err := l.request(request, c)
		done()
		if err == nil {
			continue
		}
		l.pullFailed(c, err)
		select {
		case <-time.After(pullPause):
		case <-ctx.Done():
			return
		}
	}
}

// awaitDemand returns the context of the next request for messages; ok is false when there is to be none.
func (l *Log) awaitDemand(ctx context.Context, c *cursor) (request context.Context, done func(), ok bool) {
	for {
		l.mu.Lock()
		if l.closed || c.removed {
			l.mu.Unlock()
			return nil, nil, false
		}
		if c.low() && c.consumer != nil && l.link.conn.IsConnected() {
			c.demand = false
			request, c.cancelPull = context.WithTimeout(ctx, pullTime)
			cancel := c.cancelPull
			l.mu.Unlock()
			return request, func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				c.cancelPull = nil
				cancel()
			}, true
		}
		l.mu.Unlock()
		select {
		case <-c.pullWake:
		case <-ctx.Done():
			return nil, nil, false
		}
	}
}

// request asks for messages, and takes them as they come.
func (l *Log) request(ctx context.Context, c *cursor) error {
	l.mu.Lock()
	consumer, size := c.consumer, c.target()
	l.mu.Unlock()
	batch, err := consumer.Fetch(pullMessages, natsjs.FetchContext(ctx), natsjs.FetchMaxBytes(int(size)), natsjs.FetchHeartbeat(pullHeartbeat))
	if err != nil {
		return err
	}
	for msg := range batch.Messages() {
		l.receive(c, msg)
	}
	err = batch.Error()
	if ctx.Err() != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// pullFailed looks into what may be the end of the consumer.
func (l *Log) pullFailed(c *cursor, err error) {
	switch {
	case errors.Is(err, natsjs.ErrConsumerDeleted), errors.Is(err, natsjs.ErrConsumerNotFound), errors.Is(err, nats.ErrNoResponders):
	default: // such as a new leader: ask again
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.doubted.IsZero() {
		c.doubted = time.Now()
	}
}

// pullAgain gives up the requests that were made to a server which is gone. It is called
// with mu held.
func (l *Log) pullAgain() {
	for _, c := range l.cursors {
		if c.cancelPull != nil {
			c.cancelPull()
		}
		c.pullIfLow()
	}
}
