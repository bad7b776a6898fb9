package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// lane takes events from the log to one sink: its filters, batches, attempts and books.
// A lane lives until it is configured anew; its workers and its sink live while tracking is on.
type lane struct {
	cfg      SinkConfig // defaults filled in
	events   globs
	sample   uint32 // buckets below it are kept
	logger   *slog.Logger
	policy   *policy // nil: the sink gets events as they were sealed
	scrubber *scrubber
	editor   *editor // nil if the sink gets events as they were sealed
	log      queue.Log
	cursor   queue.Cursor // in log
	dead     *deadLetters
	resends  chan *resend // asked for by replays
	born     time.Time    // on the monotonic clock

	collecting chan struct{} // held by the worker that collects a batch
	progress   notifier      // something was finished
	observers  *watchers[Observation]
	attempts   *watchers[Attempt]

	mu        sync.Mutex
	counts    laneCounts
	inHand    uint64 // events fetched and not finished
	workers   []*worker
	session   *session      // nil while the lane does not work
	withdrawn bool          // what it has in hand is not wanted any more
	health    *health       // of the sink
	pausing   chan struct{} // closed while the operator has the sink paused
	gone      chan struct{} // closed when the workers are; nil before the first session
	left      uint64        // events that were not finished when it ended
	lastError string
	buried    int       // dead letters not told of yet
	buriedAt  time.Time // when they were last told of
	ended     bool      // what is left has been counted, nothing more counts
	givenBack bool      // what was in hand is the next lane's
}

// laneCounts are how events end at a sink, and why.
type laneCounts struct {
	delivered, filtered, sampledOut, deadLettered, expired, overflowed uint64
	recovered                                                          uint64 // dead letters that were delivered
	retries                                                            uint64
	reasons                                                            map[string]uint64
}

// lateGrace is how long a Send may take to notice that its time is up.
const lateGrace = time.Second

// Why events end, in the divisions of [SinkStats].
const (
	reasonConsent    = "filtered.consent"
	reasonEvents     = "filtered.events"
	reasonWhen       = "filtered.when"
	reasonWithdrawn  = "filtered.withdrawn"
	reasonHandedOver = "filtered.handed_over" // another process that shares the log took it over
	reasonDeclined   = "filtered.declined"
	reasonDamaged    = "filtered.damaged"
	reasonAddedLater = "filtered.added_later" // accepted before the sink was added
	reasonMaxAge     = "expired.max_age"
	reasonShutdown   = "expired.shutdown"

	reasonDeadLetters = "overflowed.dead_letters"

	reasonReplayed = "replayed" // of what is observed only

	deadPermanent   = "permanent"
	deadRefused     = "refused"
	deadTooLarge    = "too_large"
	deadMaxAttempts = "max_attempts"
)

func newLane(cfg SinkConfig, logger *slog.Logger, scrub *scrubber, sanitizer *sanitize.Sanitizer) (*lane, error) {
	events, err := compileGlobs(cfg.Events)
	if err != nil {
		return nil, fmt.Errorf("sink %q: events: %w", cfg.Name, err)
	}
	editor, err := newEditor(cfg.Edit, sanitizer)
	if err != nil {
		return nil, fmt.Errorf("sink %q: %w", cfg.Name, err)
	}
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	dead, err := newDeadLetters(cfg.DeadLetter)
	if err != nil {
		return nil, fmt.Errorf("sink %q: dead letters: %w", cfg.Name, err)
	}
	return &lane{
		cfg: cfg, events: events, sample: sampleBound(*cfg.Sample),
		logger: logger.With("sink", cfg.Name), scrubber: scrub, editor: editor,
		health:     newHealth(cfg.Retry),
		dead:       dead,
		resends:    make(chan *resend),
		born:       time.Now(),
		collecting: make(chan struct{}, 1),
		pausing:    make(chan struct{}),
		counts:     laneCounts{reasons: make(map[string]uint64)},
	}, nil
}

// open returns the sink, made anew unless it was given ready-made, and its limits.
func (l *lane) open() (sink Sink, limits Limits, err error) {
	defer func() {
		if r := recover(); r != nil {
			sink, err = nil, fmt.Errorf("sink %q: opening it panicked with a %T", l.cfg.Name, r)
		}
	}()
	if sink = l.cfg.Sink; sink == nil {
		if sink, err = l.cfg.Open(); err == nil && sink == nil {
			err = errors.New("opening it returned no sink")
		}
		if err != nil {
			return nil, Limits{}, fmt.Errorf("sink %q: %w", l.cfg.Name, l.scrubber.credentials.Load().redactError(err))
		}
	}
	if limiter, ok := sink.(Limiter); ok {
		limits = limiter.Limits()
	}
	return sink, limits, nil
}

// start runs the lane's workers for a session.
func (l *lane) start(s *session, limits Limits) {
	h := newHealth(l.cfg.Retry)
	workers := make([]*worker, lesser(l.cfg.Concurrency, limits.MaxConcurrency))
	var group sync.WaitGroup
	gone := make(chan struct{})
	l.mu.Lock()
	after := l.gone
	if l.cfg.Sink == nil { // it was made for this session
		after = nil
	}
	for i := range workers {
		workers[i] = &worker{
			lane: l, session: s, health: h, sink: s.sink, after: after, eventLimit: limits.MaxBytes,
			maxEvents: lesser(l.cfg.Batch.MaxEvents, limits.MaxEvents),
			maxBytes:  lesser(l.cfg.Batch.MaxBytes, limits.MaxBytes),
		}
	}
	l.session, l.withdrawn = s, false
	h.held = isClosed(l.pausing)
	l.workers, l.health, l.gone = workers, h, gone
	l.mu.Unlock()
	group.Add(len(workers))
	s.workers.Add(len(workers))
	for _, w := range workers {
		w.ended = group.Done
		go w.run()
	}
	go func() {
		group.Wait()
		close(gone)
	}()
}

// detach takes the lane's session from it, whose workers may still be there.
func (l *lane) detach() *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.session
	l.session = nil
	return s
}

// working returns the lane's session, nil if it has none.
func (l *lane) working() *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
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

// discard drops what there is to fetch, as withdrawn.
func (c *laneCounts) discard(cursor queue.Cursor) {
	if n := uint64(cursor.Discard()); n > 0 {
		c.filtered += n
		c.reasons[reasonWithdrawn] += n
	}
}

// withdraw ends everything that has not been delivered, because consent was taken back.
func (l *lane) withdraw() {
	l.mu.Lock()
	l.withdrawn = true
	l.counts.discard(l.cursor)
	l.mu.Unlock()
	l.dead.purge()
	l.progress.notify()
}

// end settles what is left when the dispatcher closes, and returns how much that is: a
// durable log keeps it, else it has expired.
func (l *lane) end(durable bool) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if durable {
		var at [1]queue.Position
		l.log.Snapshot([]queue.Cursor{l.cursor}, at[:])
		l.left = at[0].Unread + l.inHand
		return l.left
	}
	left := uint64(l.cursor.Discard()) + l.inHand
	l.counts.expired += left
	if left > 0 {
		l.counts.reasons[reasonShutdown] += left
	}
	l.inHand, l.left = 0, left
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
func (l *lane) passed(place uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return l.left == 0
	}
	busy := false
	for _, w := range l.workers {
		busy = busy || w.busy
		if w.busy && w.place < place {
			return false
		}
	}
	if !busy && l.inHand > 0 { // what a session that is over left
		return false
	}
	var at [1]queue.Position
	l.log.Snapshot([]queue.Cursor{l.cursor}, at[:])
	return at[0].Next >= place
}

// unread returns how many events there are to fetch. More than none is at hand only with a
// log that is elsewhere.
func (l *lane) unread() uint64 {
	var at [1]queue.Position
	l.log.Snapshot([]queue.Cursor{l.cursor}, at[:])
	return at[0].Unread
}

// stats reads the lane's own books; the caller holds mu, and adds what the log knows.
func (l *lane) stats() SinkStats {
	c := &l.counts
	s := SinkStats{
		Type: l.cfg.Type, State: l.health.snapshot(),
		Delivered: c.delivered, Filtered: c.filtered, SampledOut: c.sampledOut,
		DeadLettered: c.deadLettered, Expired: c.expired, Overflowed: c.overflowed, Recovered: c.recovered,
		Queued: l.inHand, Retries: c.retries, LastError: l.lastError,
	}
	if isClosed(l.pausing) {
		s.State, s.PausedByOperator = StatePaused, true
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
