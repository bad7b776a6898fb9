package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// Purge deletes everything that is in the stream, for every process that shares it, and returns how many
// records that were, without those that every cursor had finished. What processes have in hand stays there.
func Purge(ctx context.Context, cfg Config) (records uint64, err error) {
	err = visit(ctx, cfg, func(_ natsjs.JetStream, stream natsjs.Stream) error {
		if records, err = count(ctx, stream); err != nil {
			return err
		}
		purging, cancel := context.WithTimeout(ctx, apiTime)
		defer cancel()
		return stream.Purge(purging)
	})
	return records, err
}

// Reach finds out whether servers can be reached that keep streams, and whether the one that is configured
// is, if it is there, ours. It changes nothing.
func Reach(ctx context.Context, cfg Config) error {
	return visit(ctx, cfg, func(natsjs.JetStream, natsjs.Stream) error { return nil })
}

// visit calls a function with the stream, if it is there, by way of a connection for that.
func visit(ctx context.Context, cfg Config, f func(natsjs.JetStream, natsjs.Stream) error) error {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	conn, err := nats.Connect(cfg.URL.Reveal(), append(cfg.identity(), nats.NoReconnect(), nats.ErrorHandler(nil))...)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", cfg.servers(), err)
	}
	defer conn.Close()
	js, err := natsjs.New(conn)
	if err == nil {
		err = visitStream(ctx, js, cfg.Stream, f)
	}
	if err != nil {
		return fmt.Errorf("stream %s at %s: %w", cfg.Stream, cfg.servers(), err)
	}
	return nil
}

func visitStream(ctx context.Context, js natsjs.JetStream, name string, f func(natsjs.JetStream, natsjs.Stream) error) error {
	asking, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	stream, err := js.Stream(asking, name)
	if errors.Is(err, natsjs.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !isOurs(stream.CachedInfo(), subjectsOf(name)) {
		return errNotOurs
	}
	return f(js, stream)
}

// count reads what some cursor has not finished, and counts the records.
func count(ctx context.Context, stream natsjs.Stream) (records uint64, err error) {
	floor, err := floorOf(ctx, stream, nil)
	if err != nil && !errors.Is(err, errNothingToTrim) {
		return 0, err
	}
	state := stream.CachedInfo().State
	from := max(floor+1, state.FirstSeq)
	if state.Msgs == 0 || from > state.LastSeq {
		return 0, nil
	}
	consumer, err := looker(ctx, stream, from)
	if err != nil {
		return 0, err
	}
	for {
		msg, err := consumer.Next(natsjs.FetchMaxWait(apiTime))
		if err != nil {
			return 0, err
		}
		if _, n, ok := unpack(msg.Data()); ok {
			records += uint64(n)
		}
		if meta, err := msg.Metadata(); err != nil || meta.Sequence.Stream >= state.LastSeq || meta.NumPending == 0 {
			return records, err
		}
	}
}
