package jetstream

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	// attemptTime is how long one attempt to publish waits for its acknowledgement. A server
	// without a leader does not answer at all.
	attemptTime = 2 * time.Second
	// attemptPause is the least time between attempts.
	attemptPause = 100 * time.Millisecond
	// blockedPause is the time between attempts to find room in a stream that is full.
	blockedPause = 100 * time.Millisecond

	// storeFailed is what nats-server answers when a message cannot be stored, with the reason in
	// words (JSStreamStoreFailedF); tooLarge is for one above the stream's own limit.
	storeFailed natsjs.ErrorCode = 10077
	tooLarge    natsjs.ErrorCode = 10054
)

// publish packs what is appended, and sends it.
func (l *Log) publish(ctx context.Context) {
	var flying sync.WaitGroup
	defer flying.Wait()
	defer func() {
		l.mu.Lock()
		l.commit.refuse(queue.ErrClosed)
		l.mu.Unlock()
	}()
	for ctx.Err() == nil {
		sending, cancel := context.WithCancel(ctx)
		b, again := l.next(cancel)
		if b != nil {
			flying.Go(func() { l.store(sending, b) })
			continue
		}
		cancel()
		var timer <-chan time.Time
		if again > 0 {
			timer = time.After(again)
		}
		select {
		case <-l.commit.wake:
		case <-timer:
		case <-ctx.Done():
		}
	}
}

// store sends a batch until it is stored, refused, or its callers are told that it was not: then
// ctx is done.
func (l *Log) store(ctx context.Context, b *batch) {
	trimmed := false
	for {
		seq, err := l.send(ctx, b)
		if err == nil {
			l.mu.Lock()
			l.stored(b, l.link.base+seq)
			l.mu.Unlock()
			return
		}
		switch {
		case ctx.Err() != nil:
			return
		case isTooLarge(err):
			l.fail(b, queue.ErrTooLarge)
			return
		case isFull(err) && !trimmed && l.trim(ctx) == nil:
			trimmed = true
			continue
		case isFull(err):
			l.full(b)
			return
		}
		if !l.patient(b, err) {
			return
		}
		select {
		case <-time.After(attemptPause):
		case <-ctx.Done():
			return
		}
	}
}

// send makes one attempt.
func (l *Log) send(ctx context.Context, b *batch) (seq uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	l.mu.Lock()
	js := l.link.js
	b.again = cancel
	l.mu.Unlock()
	msg := &nats.Msg{Subject: b.subject, Data: b.message}
	ack, err := js.PublishMsg(ctx, msg, natsjs.WithMsgID(b.id), natsjs.WithExpectStream(l.cfg.Stream), natsjs.WithRetryAttempts(0))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

func (l *Log) fail(b *batch, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commit.fail(b, err)
}

// full ends a batch for which there is no room, or has it wait.
func (l *Log) full(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recovered() // the servers answer
	switch {
	case l.cfg.OnFull == queue.Block && l.refusal == nil:
		l.commit.blockedUntil = time.Now().Add(blockedPause)
		l.commit.putBack(b)
	case l.cfg.OnFull == queue.Block:
		l.commit.fail(b, l.refusal)
	default:
		l.commit.fail(b, queue.ErrFull)
	}
}

// patient notes a failed attempt, and reports whether another one is to be made.
func (l *Log) patient(b *batch, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.settled {
		return false
	}
	l.troubled(err)
	if away := l.away(); away != nil {
		l.commit.fail(b, away)
		return false
	}
	return true
}

// isFull reports whether a stream that refuses new messages refused one for want of room.
func isFull(err error) bool {
	var api *natsjs.APIError
	return errors.As(err, &api) && api.ErrorCode == storeFailed && strings.Contains(api.Description, "maximum bytes exceeded")
}

func isTooLarge(err error) bool {
	var api *natsjs.APIError
	return errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &api) && api.ErrorCode == tooLarge
}
