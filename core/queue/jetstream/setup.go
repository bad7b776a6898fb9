package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	// duplicates is how long the servers remember ids: longer than a batch is tried.
	duplicates = 2 * time.Minute
	// mostPending bounds the messages that all processes together have in hand of a cursor.
	mostPending = 1 << 14
	// forgotten is how long a consumer stays that nobody asks for messages.
	forgotten = 30 * 24 * time.Hour

	// mark is the metadata that tells our streams and consumers from others.
	mark = "headgate"
)

// setUp makes the stream and the consumers that are missing.
func (l *Log) setUp(ctx context.Context) error {
	stream, err := l.setUpStream(ctx)
	if err != nil {
		return fmt.Errorf("stream %s: %w", l.cfg.Stream, err)
	}
	l.mu.Lock()
	l.meet(stream.CachedInfo().Created)
	cursors := slices.Clone(l.cursors)
	l.mu.Unlock()
	for _, c := range cursors {
		if err := l.setUpConsumer(ctx, stream, c); err != nil {
			return fmt.Errorf("consumer %s: %w", c.durable, err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.link.ready = !slices.ContainsFunc(l.cursors, func(c *cursor) bool { return !c.there })
	wake(l.commit.wake)
	return nil
}

// setUpStream returns the stream, made anew or brought up to date.
func (l *Log) setUpStream(ctx context.Context) (natsjs.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	js := l.link.js
	stream, err := js.Stream(ctx, l.cfg.Stream)
	if errors.Is(err, natsjs.ErrStreamNotFound) {
		return js.CreateStream(ctx, l.streamConfig())
	}
	if err != nil {
		return nil, err
	}
	info := stream.CachedInfo()
	if !isOurs(info, l.subjects) {
		return nil, errNotOurs
	}
	wanted := l.updated(info)
	if wanted.MaxBytes == info.Config.MaxBytes && wanted.Discard == info.Config.Discard && wanted.Replicas == info.Config.Replicas {
		return stream, nil
	}
	return js.UpdateStream(ctx, wanted)
}

var errNotOurs = errors.New("there is one that is used for something else; give this one another name")

func isOurs(info *natsjs.StreamInfo, s subjects) bool {
	return slices.Contains(info.Config.Subjects, s.stream()) && info.Config.Retention == natsjs.LimitsPolicy
}

func (l *Log) streamConfig() natsjs.StreamConfig {
	cfg := natsjs.StreamConfig{
		Name:        l.cfg.Stream,
		Description: "Events on their way from headgate to its sinks",
		Subjects:    []string{l.subjects.stream()},
		Storage:     natsjs.FileStorage,
		Replicas:    l.cfg.Replicas,
		Retention:   natsjs.LimitsPolicy,
		MaxBytes:    l.cfg.MaxBytes,
		Discard:     l.discardPolicy(),
		Duplicates:  duplicates,
		Metadata:    map[string]string{mark: "1"},
	}
	orDefault(&cfg.MaxBytes, defaultMaxBytes)
	return cfg
}

func (l *Log) discardPolicy() natsjs.DiscardPolicy {
	if l.cfg.OnFull == queue.DropOldest {
		return natsjs.DiscardOld
	}
	return natsjs.DiscardNew
}

// updated returns the configuration of a stream that is there as it is to be. It is not to lose
// anything by that, replicas included.
func (l *Log) updated(info *natsjs.StreamInfo) natsjs.StreamConfig {
	cfg := info.Config
	cfg.Discard = l.discardPolicy()
	cfg.Replicas = max(cfg.Replicas, l.cfg.Replicas)
	switch {
	case l.cfg.MaxBytes == 0:
	case uint64(l.cfg.MaxBytes) >= info.State.Bytes:
		cfg.MaxBytes = l.cfg.MaxBytes
	case cfg.MaxBytes != l.cfg.MaxBytes:
		l.cfg.Logger.Warn("the queue has more in it than max_bytes; the bound is changed at a start when it has less",
			"stream", l.cfg.Stream, "bytes", info.State.Bytes, "max_bytes", l.cfg.MaxBytes)
	}
	return cfg
}

// setUpConsumer makes the consumer of a cursor, or brings it up to date.
func (l *Log) setUpConsumer(ctx context.Context, stream natsjs.Stream, c *cursor) error {
	l.mu.Lock()
	wanted, done := l.consumerConfig(c, stream.CachedInfo().State.LastSeq), c.removed || c.there && !c.toLookAt()
	l.mu.Unlock()
	if done {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	if err := l.subscribe(c); err != nil {
		return err
	}
	consumer, err := stream.Consumer(ctx, c.durable)
	made := errors.Is(err, natsjs.ErrConsumerNotFound)
	if made {
		consumer, err = stream.CreateConsumer(ctx, wanted) // an error if another process has just done so
	} else if err == nil {
		if now, differs := updatedConsumer(consumer.CachedInfo().Config, wanted); differs {
			consumer, err = stream.UpdateConsumer(ctx, now)
		}
	}
	if err != nil {
		return err
	}
	if !made {
		wanted.OptStartSeq = 0
	}
	l.register(c, consumer, wanted.OptStartSeq)
	return nil
}

// consumerConfig is for a consumer that is not there: it begins at the end of the stream, or, if it was
// there before, behind what it is known to have given. It says where that is: of servers which are told
// to begin with what is new, each finds out by itself when it comes to lead the consumer, and others may
// have been told before that it is there.
func (l *Log) consumerConfig(c *cursor, last uint64) natsjs.ConsumerConfig {
	cfg := natsjs.ConsumerConfig{
		Durable:        c.durable,
		DeliverPolicy:  natsjs.DeliverByStartSequencePolicy,
		OptStartSeq:    last + 1,
		AckPolicy:      natsjs.AckExplicitPolicy,
		AckWait:        l.cfg.AckWait,
		MaxDeliver:     -1,
		MaxAckPending:  mostPending,
		FilterSubjects: []string{l.subjects.all(), l.subjects.to(c.durable)},
		Metadata:       map[string]string{mark: "1"},

		InactiveThreshold: forgotten,
	}
	switch {
	case !c.met:
	case c.known > l.link.base:
		cfg.OptStartSeq = c.known - l.link.base + 1
	default: // the stream is new
		cfg.OptStartSeq = 1
	}
	return cfg
}

// updatedConsumer returns the configuration of a consumer that is there as it is to be, and
// whether it differs.
func updatedConsumer(cfg, wanted natsjs.ConsumerConfig) (updated natsjs.ConsumerConfig, differs bool) {
	differs = cfg.AckWait != wanted.AckWait || cfg.MaxAckPending != wanted.MaxAckPending ||
		cfg.InactiveThreshold != wanted.InactiveThreshold || !slices.Equal(cfg.FilterSubjects, wanted.FilterSubjects) ||
		cfg.Metadata[mark] == ""
	cfg.AckWait, cfg.MaxAckPending, cfg.InactiveThreshold = wanted.AckWait, wanted.MaxAckPending, wanted.InactiveThreshold
	cfg.FilterSubjects = wanted.FilterSubjects
	cfg.Metadata = maps.Clone(cfg.Metadata)
	if cfg.Metadata == nil {
		cfg.Metadata = make(map[string]string)
	}
	cfg.Metadata[mark] = wanted.Metadata[mark]
	return cfg, differs
}

// register notes that the servers keep the cursor's consumer. One that was made just now begins with
// a message, else that is 0.
func (l *Log) register(c *cursor, consumer natsjs.Consumer, from uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !c.met && from > 0 {
		c.begin(l.link.base + from - 1)
	}
	c.there, c.met, c.doubted = true, true, time.Time{}
	c.seen, c.ask.until = sighting{}, time.Time{}
	c.known = max(c.known, l.link.base+consumer.CachedInfo().Delivered.Stream)
	c.pullIfLow()
}

// begin notes that messages up to a number were there before the cursor.
func (c *cursor) begin(number uint64) {
	c.start = number
	for i := range c.own.entries {
		if e := &c.own.entries[i]; e.number <= number {
			c.before += uint64(e.records)
			c.own.drop(e)
		}
	}
	c.own.trim()
}

// meet notes which stream it is. One that was made anew has lost what was in it. It is
// called with mu held.
func (l *Log) meet(created time.Time) {
	known := l.link.created
	l.link.created = created
	if known.IsZero() || known.Equal(created) {
		return
	}
	l.cfg.Logger.Warn("the queue's stream was removed and made anew; what was in it is lost", "stream", l.cfg.Stream)
	l.link.ready = false
	for _, c := range l.everyCursor() {
		c.there = false // it went with the stream
	}
	l.renumber()
}

// renumber begins to count messages anew, because the stream has: what it had before is not mistaken for
// what it has now. It is called with mu held.
func (l *Log) renumber() {
	l.link.generation++
	for _, c := range l.everyCursor() {
		l.link.base = max(l.link.base, c.known, l.last)
	}
	for _, c := range l.everyCursor() {
		c.overflowed += c.own.records
		c.own.clear()
		clear(c.acking)
		c.seen = sighting{}
	}
}
