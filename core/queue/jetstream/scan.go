package jetstream

import (
	"context"
	"errors"
	"strings"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// scanBytes is about how much of the stream is on its way at once when it is looked through.
const scanBytes = 4 << 20

// scan looks through the messages from one to another, and returns those that have something to rewrite; of
// rests only if onlyRests is set. It notes which copies there are.
func (r *rewriting) scan(ctx context.Context, stream natsjs.Stream, from, to uint64, onlyRests bool) (found []original, err error) {
	if from > to {
		return nil, nil
	}
	consumer, err := looker(ctx, stream, from)
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages(natsjs.PullMaxBytes(int(max(scanBytes, 2*r.js.Conn().MaxPayload()))))
	if err != nil {
		return nil, err
	}
	defer func() {
		messages.Stop()
		if info := consumer.CachedInfo(); info != nil {
			ctx, cancel := context.WithTimeout(context.Background(), apiTime)
			defer cancel()
			_ = stream.DeleteConsumer(ctx, info.Name) // it would go by itself
		}
	}()
	for {
		msg, err := r.next(ctx, messages)
		if errors.Is(err, context.DeadlineExceeded) && r.isEmpty(ctx, to) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return nil, err
		}
		if meta.Sequence.Stream > to {
			return found, nil
		}
		if id := msg.Headers().Get(natsjs.MsgIDHeader); strings.HasPrefix(id, copyPrefix) {
			r.copies[id] = meta.Sequence.Stream
		}
		if (!onlyRests || r.subjects.isOfOne(msg.Subject())) && r.matches(msg.Data()) {
			found = append(found, original{seq: meta.Sequence.Stream, stored: meta.Timestamp.UnixNano()})
		}
		if meta.Sequence.Stream == to || meta.NumPending == 0 {
			return found, nil
		}
	}
}

const (
	// lookerPrefix begins the names of consumers that look through the stream; no cursor's begins like it.
	// One on a server that was killed stays for a while, and does not answer.
	lookerPrefix = "=look"
	lookerStays  = 30 * time.Second
)

// looker makes a consumer that looks through the stream, from a message on.
func looker(ctx context.Context, stream natsjs.Stream, from uint64) (natsjs.Consumer, error) {
	return stream.OrderedConsumer(ctx, natsjs.OrderedConsumerConfig{
		DeliverPolicy: natsjs.DeliverByStartSequencePolicy, OptStartSeq: from,
		NamePrefix: lookerPrefix + nuid.New().Next(), InactiveThreshold: lookerStays,
	})
}

func (r *rewriting) next(ctx context.Context, messages natsjs.MessagesContext) (natsjs.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	return messages.Next(natsjs.NextContext(ctx))
}

// isEmpty reports whether no message up to a number is in the stream any more.
func (r *rewriting) isEmpty(ctx context.Context, to uint64) bool {
	stream, err := r.open(ctx)
	return err == nil && stream.CachedInfo().State.FirstSeq > to
}

func (r *rewriting) matches(message []byte) bool {
	frames, _, ok := unpack(message)
	return ok && rewriteFrames(frames, r.match, func([]byte) {})
}
