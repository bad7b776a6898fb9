package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// defaultMaxBytes bounds the queue in memory unless the configuration does.
const defaultMaxBytes = 64 << 20

// Dispatcher takes events, gates and seals them, and fans them out to its sinks. Its
// methods are safe for concurrent use, and none of them panics, whatever an
// event, a payload or a sink does.
type Dispatcher struct {
	env      Environment
	logger   *slog.Logger
	scrubber *scrubber // of errors
	log      queue.Log
	dedup    *dedup
	buffers  sync.Pool // of *[]byte, for records
	groups   sync.Pool // of *Group, which were released

	plan      atomic.Pointer[plan]
	reshaping sync.RWMutex // held for writing while lanes are replaced, which Stats must not see in parts

	denied, rejected, duplicates atomic.Uint64

	on     atomic.Bool // events are taken
	closed atomic.Bool

	observers    watchers[Observation]
	attempts     watchers[Attempt]
	redactions   sanitize.Tally
	installation func() string
	schemas      schemas
	horizon      horizon

	withdrawn atomic.Bool // by SetDoNotTrack
	unopened  atomic.Bool // tracking could not be turned on again
	switching sync.Mutex  // held while sinks are opened to turn tracking on, and for a reload

	replacing  sync.Mutex     // held while a reload replaces lanes; it may take seconds, and ends early when closing
	control    sync.Mutex     // held while lanes start and stop, and not while host code runs
	running    bool           // lanes have sessions
	background sync.WaitGroup // the ends of earlier sessions

	closeOnce sync.Once
	closing   chan struct{} // closed when Close is called
	closeDone chan struct{}
	closeErr  error
}

func (d *Dispatcher) lanes() []*lane { return d.plan.Load().lanes }

func (d *Dispatcher) lane(sink string) *lane { return d.plan.Load().lane(sink) }

// New makes a Dispatcher. Unless tracking is off, it opens the sinks and starts their
// workers; if it is off, no sink is made and nothing is started. It reads the environment
// and the choice the person at the keyboard has made, writes no file unless the queue is
// on disk, and does not touch the network. Close the Dispatcher to deliver what it holds.
func New(cfg Config, opts ...Option) (*Dispatcher, error) {
	d, err := prepare(cfg, opts)
	if err != nil {
		return nil, err
	}
	if d.plan.Load().gate.Off() {
		return d, nil
	}
	if err := d.start(); err != nil {
		d.closeLogs()
		return nil, err
	}
	return d, nil
}

// prepare makes a Dispatcher that is off.
func prepare(cfg Config, opts []Option) (*Dispatcher, error) {
	env := NewEnvironment(opts...)
	scrub, err := newScrubber(cfg)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(cfg, env, scrub)
	if err != nil {
		return nil, err
	}
	log, err := newLog(cfg.Queue)
	if err != nil {
		return nil, err
	}
	d := &Dispatcher{
		env: env, logger: env.Logger, log: log, scrubber: scrub,
		dedup:     newDedup(),
		buffers:   sync.Pool{New: func() any { return new([]byte) }},
		groups:    sync.Pool{New: func() any { return new(Group) }},
		closing:   make(chan struct{}),
		closeDone: make(chan struct{}),
	}
	d.installation = sync.OnceValue(d.readInstallation)
	d.adopt(p)
	for _, l := range p.lanes {
		l.join(log)
	}
	d.plan.Store(p)
	if shared, ok := log.(queue.Shared); ok {
		shared.OnRewrite(d.yield)
	}
	return d, nil
}

// adopt gives a new plan what belongs to the dispatcher and outlives plans.
func (d *Dispatcher) adopt(p *plan) {
	p.sealer.installation = d.installation
	p.sealer.sanitizer.CountIn(&d.redactions)
	p.sealer.declared.countIn(&d.redactions)
	for _, l := range p.lanes {
		l.observers, l.attempts = &d.observers, &d.attempts
	}
}

func newLog(cfg QueueConfig) (queue.Log, error) {
	onFull, ok := map[OnFull]queue.OnFull{
		"": queue.DropOldest, DropOldest: queue.DropOldest, DropNewest: queue.DropNewest, Block: queue.Block,
	}[cfg.OnFull]
	if !ok {
		return nil, fmt.Errorf("queue: on_full must be %s, %s or %s, not %q", DropOldest, DropNewest, Block, cfg.OnFull)
	}
	if cfg.MaxBytes < 0 {
		return nil, fmt.Errorf("queue: max_bytes must not be negative")
	}
	if cfg.Open != nil {
		log, err := cfg.Open(cfg.MaxBytes, onFull)
		if err != nil {
			return nil, fmt.Errorf("queue: %w", err)
		}
		return log, nil
	}
	orDefault(&cfg.MaxBytes, defaultMaxBytes)
	return queue.NewMemory(cfg.MaxBytes, onFull), nil
}

// Tracking reports whether events are taken now. Whoever goes to some length to make an
// event can spare it when they are not.
func (d *Dispatcher) Tracking() bool { return d.on.Load() }

// Track reports an event by its name and attributes. It allocates nothing, unless an
// attribute does, and never blocks, unless the queue is full and its policy is to
// block. The error needs no handling: the event is counted in [Dispatcher.Stats]. It is nil
// when tracking is off.
func (d *Dispatcher) Track(ctx context.Context, name string, attrs ...slog.Attr) error {
	if !d.on.Load() {
		_, err := d.turnAway()
		return err
	}
	return d.track(ctx, name, attrs)
}

// track is apart from Track so that turning an event away needs no room for a draft.
func (d *Dispatcher) track(ctx context.Context, name string, attrs []slog.Attr) error {
	dr := draft{name: name}
	_, err := d.take(ctx, &dr, attrs, consent.Signals{})
	return err
}

// Emit reports a typed event: the payload is encoded once, by encoding/json.
func (d *Dispatcher) Emit(ctx context.Context, p Payload) error {
	if !d.on.Load() {
		_, err := d.turnAway()
		return err
	}
	name, raw, err := encodePayload(p)
	if err != nil {
		d.rejected.Add(1)
		return err
	}
	dr := draft{name: name, raw: raw, schema: d.schemas.of(p)}
	_, err = d.take(ctx, &dr, nil, consent.Signals{})
	return err
}

// encodePayload calls the payload's methods, which may panic.
func encodePayload(p Payload) (name string, raw []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: the payload %T panicked with a %T", ErrInvalidEvent, p, r)
		}
	}()
	name = p.EventName()
	if raw, err = json.Marshal(p); err != nil {
		return "", nil, fmt.Errorf("%w: the payload %T cannot be encoded as JSON", ErrInvalidEvent, p)
	}
	return name, raw, nil
}

// Enqueue reports an event in its general form. The event's maps are read before it
// returns, and not kept.
func (d *Dispatcher) Enqueue(ctx context.Context, e Event) error {
	_, err := d.Offer(ctx, e)
	return err
}

// Offer is Enqueue that tells what became of the event. The error is nil unless the
// verdict is Rejected.
func (d *Dispatcher) Offer(ctx context.Context, e Event) (Verdict, error) {
	if !d.on.Load() {
		return d.turnAway()
	}
	dr, said := newDraft(e)
	return d.take(ctx, &dr, nil, said)
}

// turnAway counts an event that came while none are taken.
func (d *Dispatcher) turnAway() (Verdict, error) {
	if d.closed.Load() {
		d.rejected.Add(1)
		return Rejected, ErrClosed
	}
	d.denied.Add(1)
	return Denied, nil
}

// take gates, seals and stores one event. The attributes are apart from the draft, whose
// fields escape to the heap, so that the slice of Track's caller can stay on its stack.
func (d *Dispatcher) take(ctx context.Context, dr *draft, attrs []slog.Attr, said consent.Signals) (v Verdict, err error) {
	defer func() {
		if r := recover(); r != nil { // a fault of our own must not reach the host
			d.rejected.Add(1)
			v, err = Rejected, fmt.Errorf("%w: sealing it panicked with a %T", ErrInvalidEvent, r)
		}
	}()
	p := d.plan.Load()
	if v, err = d.admit(p, dr, said); v != Accepted {
		return v, err
	}
	v = Rejected
	if dr.id != "" {
		fresh, err := d.dedup.claim(orBackground(ctx), dr.id)
		if err != nil {
			return d.refuse(fmt.Errorf("an event with its id is waiting for room: %w", err))
		}
		if !fresh {
			d.duplicates.Add(1)
			return Duplicate, nil
		}
		defer func() { d.dedup.settle(dr.id, v == Accepted) }()
	}
	if err := d.store(ctx, p.sealer, dr, attrs); err != nil {
		return d.refuse(err)
	}
	return Accepted, nil
}

// admit is the gate: it returns Accepted for an event that may be sealed, and what became
// of any other.
func (d *Dispatcher) admit(p *plan, dr *draft, said consent.Signals) (Verdict, error) {
	dr.decision = p.gate.Decide(said)
	if !dr.decision.Collect || !p.anySinkFor(&dr.decision) {
		d.denied.Add(1)
		return Denied, nil
	}
	if err := dr.check(); err != nil {
		return d.refuse(err)
	}
	return Accepted, nil
}

// store seals the event into a buffer of the pool and appends it to the log.
func (d *Dispatcher) store(ctx context.Context, s *sealer, dr *draft, attrs []slog.Attr) error {
	buf := d.buffers.Get().(*[]byte)
	enc := s.sanitizer.Encoder()
	defer enc.Release()
	rec, err := s.appendRecord((*buf)[:0], enc, dr, attrs, time.Now())
	defer d.keepBuffer(buf, rec)
	if err != nil {
		return err
	}
	return d.log.Append(orBackground(ctx), rec)
}

// maxPooled is the largest buffer kept for reuse; a few huge events are not to pin memory.
const maxPooled = 256 << 10

// keepBuffer gives a buffer of the pool back, as it has grown.
func (d *Dispatcher) keepBuffer(buf *[]byte, grown []byte) {
	if cap(grown) <= maxPooled {
		*buf = grown[:0]
		d.buffers.Put(buf)
	}
}

// refuse counts an event that could not be stored.
func (d *Dispatcher) refuse(err error) (Verdict, error) {
	switch {
	case errors.Is(err, queue.ErrPaused):
		return d.turnAway()
	case errors.Is(err, queue.ErrClosed):
		err = ErrClosed
	case errors.Is(err, queue.ErrFull):
		err = ErrQueueFull
	case errors.Is(err, queue.ErrUnavailable):
		err = fmt.Errorf("%w: %w", ErrQueueFull, err)
	case errors.Is(err, queue.ErrTooLarge):
		err = fmt.Errorf("%w: it is larger than the queue", ErrInvalidEvent)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("%w, and waiting for room ended: %w", ErrQueueFull, err)
	}
	d.rejected.Add(1)
	return Rejected, err
}

// readInstallation returns the id that stands for this installation where nobody is known.
func (d *Dispatcher) readInstallation() string {
	id, err := consent.InstallationID(d.env.StateDir)
	if err != nil {
		d.logger.Warn("the installation id could not be kept; this process has one of its own", "error", err.Error())
	}
	return id
}
