package core

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// lane takes events from the log to one sink: its filters, batches, attempts and books.
// A lane lives as long as the dispatcher; its workers and its sink live while tracking is on.
type lane struct {
	cfg      SinkConfig // defaults filled in
	events   globs
	sample   uint32 // buckets below it are kept
	logger   *slog.Logger
	scrubber *sanitize.Sanitizer
	cursor   queue.Cursor
	health   *health
	dead     deadLetters

	collecting chan struct{} // held by the worker that collects a batch
	progress   notifier      // something was finished

	mu        sync.Mutex
	counts    laneCounts
	inHand    uint64 // events fetched and not finished
	workers   []*worker
	lastError string
	buried    int       // dead letters not told of yet
	buriedAt  time.Time // when they were last told of
	ended     bool      // what is left has been counted, nothing more counts
}

// laneCounts are how events end at a sink, and why.
type laneCounts struct {
	delivered, filtered, sampledOut, deadLettered, expired uint64
	retries                                                uint64
	reasons                                                map[string]uint64
}

// lateGrace is how long a Send may take to notice that its time is up.
const lateGrace = time.Second

// Why events end, in the divisions of [SinkStats].
const (
	reasonConsent   = "filtered.consent"
	reasonEvents    = "filtered.events"
	reasonWhen      = "filtered.when"
	reasonWithdrawn = "filtered.withdrawn"
	reasonDeclined  = "filtered.declined"
	reasonDamaged   = "filtered.damaged"
	reasonMaxAge    = "expired.max_age"
	reasonShutdown  = "expired.shutdown"

	deadPermanent   = "permanent"
	deadRefused     = "refused"
	deadTooLarge    = "too_large"
	deadMaxAttempts = "max_attempts"
)

func newLane(cfg SinkConfig, logger *slog.Logger, scrubber *sanitize.Sanitizer) (*lane, error) {
	events, err := compileGlobs(cfg.Events)
	if err != nil {
		return nil, fmt.Errorf("sink %q: %w", cfg.Name, err)
	}
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	return &lane{
		cfg: cfg, events: events, sample: sampleBound(*cfg.Sample),
		logger: logger.With("sink", cfg.Name), scrubber: scrubber,
		health:     newHealth(cfg.Retry),
		dead:       deadLetters{limits: cfg.DeadLetter},
		collecting: make(chan struct{}, 1),
		counts:     laneCounts{reasons: make(map[string]uint64)},
	}, nil
}

// open returns the sink, made anew unless it was given ready-made.
func (l *lane) open() (Sink, error) {
	sink := l.cfg.Sink
	if sink == nil {
		var err error
		if sink, err = openSink(l.cfg.Open); err != nil {
			return nil, fmt.Errorf("sink %q: %w", l.cfg.Name, err)
		}
	}
	return sink, nil
}

func limitsOf(s Sink) Limits {
	if limiter, ok := s.(Limiter); ok {
		return limiter.Limits()
	}
	return Limits{}
}

// start runs the lane's workers for a session.
func (l *lane) start(s *session, sink Sink) {
	limits := limitsOf(sink)
	workers := make([]*worker, lesser(l.cfg.Concurrency, limits.MaxConcurrency))
	for i := range workers {
		workers[i] = &worker{
			lane: l, session: s, sink: sink, eventLimit: limits.MaxBytes,
			maxEvents: lesser(l.cfg.Batch.MaxEvents, limits.MaxEvents),
			maxBytes:  lesser(l.cfg.Batch.MaxBytes, limits.MaxBytes),
		}
	}
	l.mu.Lock()
	l.workers = workers
	l.mu.Unlock()
	s.workers.Add(len(workers))
	for _, w := range workers {
		go w.run(nil)
	}
}

func openSink(open func() (Sink, error)) (s Sink, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("opening it panicked: %T", r)
		}
	}()
	if s, err = open(); err == nil && s == nil {
		err = fmt.Errorf("opening it returned no sink")
	}
	return s, err
}

// lesser returns the smaller of a setting and a limit, which does not bound if zero.
func lesser(setting, limit int) int {
	if limit > 0 {
		return min(setting, limit)
	}
	return setting
}

// finish counts n events in hand as ended in one way.
func (l *lane) finish(n int, count *uint64, reason string) {
	if n == 0 {
		return
	}
	l.mu.Lock()
	if !l.ended {
		*count += uint64(n)
		l.inHand -= uint64(n)
		if reason != "" {
			l.counts.reasons[reason] += uint64(n)
		}
	}
	l.mu.Unlock()
	l.progress.notify()
}

// bury dead-letters events in hand.
func (l *lane) bury(events []Sealed, reason string, answer error, attempts int) {
	text := ""
	if answer != nil {
		text = errorText(l.scrubber, answer)
	}
	for i := range events {
		l.dead.add(&events[i], reason, text, attempts)
	}
	l.logBurial(len(events), reason, text)
	l.finish(len(events), &l.counts.deadLettered, "dead_lettered."+reason)
}

// logBurial tells of dead letters, at most once a minute.
func (l *lane) logBurial(events int, reason, text string) {
	l.mu.Lock()
	l.buried += events
	events = l.buried
	silent := !l.buriedAt.IsZero() && time.Since(l.buriedAt) < time.Minute
	if !silent {
		l.buried, l.buriedAt = 0, time.Now()
	}
	l.mu.Unlock()
	if !silent {
		l.logger.Warn("events dead-lettered", "events", events, "reason", reason, "error", text)
	}
}

// withdraw ends everything that has not been delivered, because consent was taken back.
func (l *lane) withdraw() {
	l.mu.Lock()
	n := uint64(l.cursor.Discard())
	l.counts.filtered += n
	if n > 0 {
		l.counts.reasons[reasonWithdrawn] += n
	}
	l.dead.purge()
	l.mu.Unlock()
	l.progress.notify()
}

// end counts what is left when the dispatcher closes, and how much that was.
func (l *lane) end() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := uint64(l.cursor.Discard()) + l.inHand
	l.counts.expired += left
	if left > 0 {
		l.counts.reasons[reasonShutdown] += left
	}
	l.inHand, l.ended = 0, true
	return left
}

// note logs a change of state, and keeps the error.
func (l *lane) note(before, after SinkState, err error) {
	text := ""
	if err != nil {
		text = errorText(l.scrubber, err)
	}
	l.mu.Lock()
	l.lastError = text
	l.mu.Unlock()
	if before == after {
		return
	}
	level := slog.LevelWarn
	if after == StateOK {
		level = slog.LevelInfo
	}
	l.logger.Log(context.Background(), level, "sink changed state", "from", before, "to", after, "error", text)
}

// passed reports whether everything in the log before place is finished at this sink.
func (l *lane) passed(place uint64, log queue.Log) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.workers {
		if w.busy && w.place < place {
			return false
		}
	}
	var at [1]queue.Position
	appended := log.Snapshot([]queue.Cursor{l.cursor}, at[:])
	return appended-at[0].Unread >= place
}

// stats reads the lane's own books; the caller holds mu, and adds what the log knows.
func (l *lane) stats() SinkStats {
	c := &l.counts
	s := SinkStats{
		Type: l.cfg.Type, State: l.health.snapshot(),
		Delivered: c.delivered, Filtered: c.filtered, SampledOut: c.sampledOut,
		DeadLettered: c.deadLettered, Expired: c.expired,
		Queued: l.inHand, Retries: c.retries, LastError: l.lastError,
	}
	for _, w := range l.workers {
		if late := time.Since(w.due); !w.due.IsZero() && late > lateGrace {
			s.LastError = fmt.Sprintf("Send has not returned %v after its timeout; until it does, one less can be made", late.Round(time.Second))
		}
	}
	if len(c.reasons) > 0 {
		s.Reasons = make(map[string]uint64, len(c.reasons))
		for reason, n := range c.reasons {
			s.Reasons[reason] = n
		}
	}
	return s
}

// notifier wakes whoever waits for something to happen.
type notifier struct {
	mu   sync.Mutex
	next chan struct{} // nil while nobody waits
}

func (n *notifier) wait() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == nil {
		n.next = make(chan struct{})
	}
	return n.next
}

func (n *notifier) notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next != nil {
		close(n.next)
		n.next = nil
	}
}

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
