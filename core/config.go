package core

import (
	"fmt"
	"slices"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// Config says what a Dispatcher does. The zero Config works: it takes events, gates
// and seals them, and has no sink to send them to.
type Config struct {
	App App

	// DoNotTrack turns everything off, as the environment variable DO_NOT_TRACK does.
	DoNotTrack bool
	// Mode is "on" (the default), "local" (nothing leaves the machine) or "off"; any
	// other word counts as "off".
	Mode string
	// ConsentRequired keeps every event out whose Consent does not grant "analytics".
	ConsentRequired bool
	// DisableInCI turns everything off on a continuous-integration machine.
	DisableInCI bool
	// IgnoreGPC sends events of people who have set Sec-GPC to third parties all the same.
	IgnoreGPC bool

	Privacy sanitize.Options
	// OldHashKeys are keys that Privacy had before, by which [Dispatcher.Forget] and [Deletions]
	// find what was sealed with them.
	OldHashKeys []Secret
	// Credentials are what the program is configured with: API keys, tokens, passwords. An event,
	// an error or a request that has one of at least eight bytes in it, where it does not belong,
	// loses it.
	Credentials []Secret
	Queue       QueueConfig
	Sinks       []SinkConfig

	// CloseTimeout bounds [Dispatcher.Close] where its context has no deadline; 10 s if zero. With a negative
	// one nothing is waited for.
	CloseTimeout time.Duration
}

// OnFull says what happens to an event when the queue has no room.
type OnFull string

// What to do when the queue is full.
const (
	// DropOldest makes room by dropping the oldest events, counted as overflowed
	// for each sink that had not taken them. The default.
	DropOldest OnFull = "drop_oldest"
	// DropNewest refuses the event with [ErrQueueFull].
	DropNewest OnFull = "drop_newest"
	// Block waits for room until the caller's context is done.
	Block OnFull = "block"
)

// QueueConfig bounds the queue between the seal and the sinks.
type QueueConfig struct {
	// MaxBytes bounds the events that no sink has in hand; 64 MiB if zero. What the
	// sinks have in hand comes on top: a batch for each Send at once.
	MaxBytes int64
	OnFull   OnFull
	// Open makes the log that the events are kept in; one in memory if nil. It is called
	// once, by New, and must not touch the disk nor the network: [queue.Log.Resume] does.
	Open func(maxBytes int64, onFull queue.OnFull) (queue.Log, error)
}

// SinkConfig says how events get to one sink. Give Sink, or Open.
type SinkConfig struct {
	// Name tells sinks apart in the books, logs and metrics.
	Name string
	// Type is the registered type, for display.
	Type string
	// Reach says how far the sink carries events.
	Reach Reach

	// Fingerprint tells a configuration of the sink from others: two with the same, which is
	// not empty, are the same. [Dispatcher.Reload] leaves such a sink undisturbed.
	Fingerprint string

	// Sink is used as it is. The dispatcher closes it.
	Sink Sink
	// Open makes the sink, in New when tracking is on, else when it is turned on. It
	// must not touch the network.
	Open func() (Sink, error)

	// Events are globs an event's name must match, "!" excludes; all events if empty.
	Events []string
	// When keeps an event only if it returns true. It must be quick, must not keep
	// the event, and is called from one goroutine at a time.
	When func(Sealed) bool
	// Edit changes what the sink gets of an event's properties. Filters see them as they were.
	Edit Edit
	// Sample is the share of people whose events are kept, in (0, 1]; 1 if nil. It goes by a
	// hash of the user or anonymous id, so that a person is wholly in or out.
	Sample *float64
	// Purposes are the consent categories the sink needs; ["analytics"] if nil for a sink that
	// is not local. An event whose person refused one of them is filtered.
	Purposes []string
	// Privacy is what the sink gets less of an event than others.
	Privacy Policy

	Batch BatchConfig
	Retry RetryConfig
	// Concurrency is the number of Sends at once; 1 if zero. With more than one,
	// order is not kept.
	Concurrency int
	// Timeout bounds one attempt; 10 s if zero.
	Timeout time.Duration

	DeadLetter DeadLetterConfig
}

// BatchConfig says when a batch is complete. What a sink's [Limits] allow is not exceeded.
type BatchConfig struct {
	// MaxEvents completes a batch; 500 if zero.
	MaxEvents int
	// MaxBytes completes a batch; 1 MiB if zero. A single larger event is a batch of its own.
	MaxBytes int
	// MaxWait is how long the first event of a batch waits for others; 200 ms if
	// zero, none if negative.
	MaxWait time.Duration
}

// RetryConfig says how failed attempts are repeated: after a random time between
// zero and a bound that starts at Initial and doubles up to Max.
type RetryConfig struct {
	// Initial is the first bound; 500 ms if zero.
	Initial time.Duration
	// Max is the largest bound, and the longest a circuit stays open; 5 min if zero.
	Max time.Duration
	// MaxAge is how long after its acceptance an event is given up as expired; 72 h if zero.
	MaxAge time.Duration
	// MaxAttempts dead-letters a batch after so many; unlimited, until MaxAge, if zero.
	MaxAttempts int
}

// DeadLetterConfig bounds what is kept of events that a sink did not take.
type DeadLetterConfig struct {
	// MaxAge is how long a dead letter is kept; 30 days if zero.
	MaxAge time.Duration
	// MaxBytes bounds the dead letters of a sink, the oldest going first; 16 MiB in memory if zero.
	MaxBytes int64
	// Open makes the log that they are kept in; one in memory if nil. It is called as
	// [QueueConfig.Open] is.
	Open func(maxBytes int64, onFull queue.OnFull) (queue.Log, error)
}

// maxConcurrency bounds the goroutines of a sink.
const maxConcurrency = 1024

// withDefaults fills in what is zero, and refuses what makes no sense.
func (c SinkConfig) withDefaults() (SinkConfig, error) {
	wrong := func(format string, args ...any) (SinkConfig, error) {
		return c, fmt.Errorf("sink %q: %s", c.Name, fmt.Sprintf(format, args...))
	}
	if c.Name == "" {
		return wrong("it has no name")
	}
	if (c.Sink == nil) == (c.Open == nil) {
		return wrong("give either Sink or Open")
	}
	one := 1.0
	if c.Sample == nil {
		c.Sample = &one
	}
	if !(*c.Sample > 0 && *c.Sample <= 1) {
		return wrong("sample must be above 0 and at most 1, not %v", *c.Sample)
	}
	for name, n := range map[string]int64{
		"batch.max_events": int64(c.Batch.MaxEvents), "batch.max_bytes": int64(c.Batch.MaxBytes),
		"retry.initial": int64(c.Retry.Initial), "retry.max": int64(c.Retry.Max), "retry.max_age": int64(c.Retry.MaxAge),
		"retry.max_attempts": int64(c.Retry.MaxAttempts), "concurrency": int64(c.Concurrency), "timeout": int64(c.Timeout),
		"dead_letter.max_age": int64(c.DeadLetter.MaxAge), "dead_letter.max_bytes": c.DeadLetter.MaxBytes,
	} {
		if n < 0 {
			return wrong("%s must not be negative", name)
		}
	}
	if c.Concurrency > maxConcurrency {
		return wrong("concurrency must be at most %d", maxConcurrency)
	}
	if c.Purposes == nil && c.Reach != ReachLocal {
		c.Purposes = []string{consent.Analytics}
	}
	c.Purposes = slices.Clone(c.Purposes)
	for i, purpose := range c.Purposes {
		c.Purposes[i] = consent.Category(purpose)
	}
	orDefault(&c.Type, c.Name)
	orDefault(&c.Batch.MaxEvents, 500)
	orDefault(&c.Batch.MaxBytes, 1<<20)
	orDefault(&c.Batch.MaxWait, 200*time.Millisecond)
	orDefault(&c.Retry.Initial, 500*time.Millisecond)
	orDefault(&c.Retry.Max, 5*time.Minute)
	orDefault(&c.Retry.MaxAge, 72*time.Hour)
	orDefault(&c.Concurrency, 1)
	orDefault(&c.Timeout, 10*time.Second)
	orDefault(&c.DeadLetter.MaxAge, 30*24*time.Hour)
	orDefault(&c.DeadLetter.MaxBytes, 16<<20)
	return c, nil
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
