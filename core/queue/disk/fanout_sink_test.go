package disk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// destination is what a sink of the model has been given, and what it is owed. It outlives processes
// and reloads; the model's mutex guards it.
type destination struct {
	model       *fanout
	name        string
	version     int  // of its configuration
	since       int  // the first event that it may get
	picky       bool // it does not want events whose name ends in 3
	concurrency int
	answer      string // of answers

	owed    map[int]bool      // accepted for it, and not ended
	maybe   map[int]bool      // may come, or may not: not acknowledged, or not kept for certain
	taken   map[int]time.Time // when last
	refused map[int]bool      // was sent, and not taken
	buried  map[int]time.Time // is a dead letter, since when at the latest
	seen    map[int]bool      // was sent
	newest  int               // the greatest number that was sent

	withdrawn map[int]time.Time
	delivered uint64 // in the life of the lane
	overflow  uint64 // of earlier processes
	repeats   int    // of what had been taken
	allowance int    // for repeats: what crashes explain
}

const (
	batchOf = 20
	// settled is how long after it was taken an event is known to be, on stable storage.
	settled = 2 * time.Second
)

func newDestination(m *fanout, name string, picky bool, concurrency int) *destination {
	return &destination{
		model: m, name: name, picky: picky, concurrency: concurrency, answer: "ok", newest: -1,
		owed: map[int]bool{}, maybe: map[int]bool{}, taken: map[int]time.Time{}, refused: map[int]bool{},
		buried: map[int]time.Time{}, seen: map[int]bool{}, withdrawn: map[int]time.Time{},
	}
}

var errDown = errors.New("connection refused")

// answers are the ways in which a sink may answer. Each honours its context.
var answers = map[string]func(ctx context.Context, names []string) error{
	"ok":           func(context.Context, []string) error { return nil },
	"down":         func(context.Context, []string) error { return errDown },
	"throttled":    func(context.Context, []string) error { return core.RetryAfter(3*time.Second, errDown) },
	"unauthorized": func(context.Context, []string) error { return core.Unauthorized(errDown) },
	"refused":      func(context.Context, []string) error { return core.Refused(errDown) },
	"panics":       func(context.Context, []string) error { panic("boom") },
	"slow": func(ctx context.Context, _ []string) error {
		select {
		case <-time.After(700 * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	},
	"hangs": func(ctx context.Context, _ []string) error { <-ctx.Done(); return ctx.Err() },
	"too large": func(_ context.Context, names []string) error {
		if len(names) > 3 {
			return core.TooLarge(errDown)
		}
		return nil
	},
	"poison": func(_ context.Context, names []string) error {
		for _, name := range names {
			if strings.HasSuffix(name, "7") {
				return core.Permanent(errDown)
			}
		}
		return nil
	},
	"partial": func(_ context.Context, names []string) error {
		partial := &core.BatchError{}
		for i, name := range names {
			switch name[len(name)-1] {
			case '1':
				partial.Fail(i, core.Permanent(errDown))
			case '5':
				partial.Fail(i, errDown)
			case '8':
				partial.Fail(i, core.RetryAfter(30*time.Second, errDown))
			}
		}
		return partial.OrNil()
	},
}

// connection is a destination as one process has it.
type connection struct {
	to      *destination
	process int
}

func (c *connection) Close(context.Context) error { return nil }

// Send implements [core.Sink].
func (c *connection) Send(ctx context.Context, batch []core.Sealed) error {
	numbers, names := make([]int, len(batch)), make([]string, len(batch))
	for i := range batch {
		names[i] = batch[i].Name()
		numbers[i] = numberOf(names[i])
	}
	answer, alive := c.see(numbers)
	if !alive {
		return errDown
	}
	err := errDown
	defer func() { c.settle(numbers, err) }() // also when it panics
	err = answers[answer](ctx, names)
	return err
}

// see notes that events were sent: with one connection, in order, but for what was dropped for want of room,
// which a crash may bring back.
func (c *connection) see(numbers []int) (answer string, alive bool) {
	s, m := c.to, c.to.model
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone(c.process) {
		return "", false
	}
	for _, n := range numbers {
		if !s.seen[n] && n < s.newest && s.concurrency == 1 && !s.maybe[n] && m.maxBytes > 1<<20 {
			m.wrong("%s was sent %d after %d", s.name, n, s.newest)
		}
		s.seen[n], s.newest = true, max(s.newest, n)
	}
	return s.answer, true
}

// settle takes the events of a Send that have no error.
func (c *connection) settle(numbers []int, err error) {
	s, m := c.to, c.to.model
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone(c.process) {
		return
	}
	var partial *core.BatchError
	isPartial := errors.As(err, &partial)
	for i, n := range numbers {
		failed := err != nil
		if isPartial {
			_, failed = partial.Failed[i]
		}
		if failed {
			s.refused[n] = true
		} else {
			s.take(n)
		}
	}
}

// take notes that an event was taken, once unless a crash explains it.
func (s *destination) take(n int) {
	_, before := s.taken[n]
	switch {
	case s.owed[n]:
	case s.maybe[n]:
	case before || !s.buried[n].IsZero():
		if s.repeats++; s.repeats > s.allowance {
			s.model.wrong("%s took %d again; crashes explain %d repeats", s.name, n, s.allowance)
		}
	default:
		s.model.wrong("%s took %d, which it was not to get", s.name, n)
	}
	delete(s.owed, n)
	delete(s.maybe, n)
	s.taken[n] = time.Now()
	s.delivered++
}

// bury notes what is among the dead letters.
func (s *destination) bury(letters []core.DeadLetter) {
	for _, letter := range letters {
		n := numberOf(letter.Name)
		_, taken := s.taken[n]
		_, known := s.buried[n]
		if n < s.since {
			continue // of a sink of that name that was removed
		}
		if !s.owed[n] && !s.maybe[n] && !taken && !known {
			s.model.wrong("%s has a dead letter %d, which it was not to get", s.name, n)
		}
		delete(s.owed, n)
		delete(s.maybe, n)
		if !known {
			s.buried[n] = time.Now()
		}
	}
}

// withdraw notes that nothing is wanted any more.
func (s *destination) withdraw() {
	now := time.Now()
	for n := range s.owed {
		s.withdrawn[n] = now
	}
	for n := range s.buried {
		s.withdrawn[n] = now
	}
	for n := range s.maybe {
		s.withdrawn[n] = now
	}
	clear(s.owed)
	clear(s.buried)
	clear(s.maybe)
}

// mayReturn notes that what was withdrawn at some times may not be withdrawn on the disk.
func (s *destination) mayReturn(since func(at time.Time) bool) {
	for n, at := range s.withdrawn {
		if since(at) {
			s.maybe[n] = true
		}
	}
}

// crash notes what the end of a process, or a loss of power, may repeat or undo.
func (s *destination) crash(power bool, now time.Time, lost func(n int) bool) {
	s.allowance += s.concurrency * batchOf
	for n, at := range s.taken {
		if now.Sub(at) <= settled && (power || s.refused[n]) {
			s.allowance++
		}
	}
	for _, at := range s.buried {
		if now.Sub(at) <= settled && power {
			s.allowance++
		}
	}
	for n := range s.owed {
		if power && lost(n) {
			delete(s.owed, n)
			s.maybe[n] = true
		}
	}
	s.mayReturn(func(at time.Time) bool { return power && now.Sub(at) <= settled })
}

// ended notes the end of a process.
func (s *destination) ended(k core.SinkStats) {
	s.overflow += k.Overflowed
	s.delivered = 0
}

// forget notes that what was in memory is gone, which the dispatcher has told.
func (s *destination) forget(left *core.LeftError) {
	told := uint64(0)
	if left != nil {
		told = left.Left[s.name]
	}
	if owed := uint64(len(s.owed)); told+s.overflow < owed || !s.picky && s.overflow == 0 && told != owed {
		s.model.wrong("%s is owed %d events, and told that %d are left", s.name, owed, told)
	}
	clear(s.owed)
	clear(s.buried)
	s.overflow = 0
}

func (s *destination) wants(n int) bool { return !s.picky || n%10 != 3 }

func (s *destination) config() core.SinkConfig {
	m, process := s.model, s.model.process
	cfg := core.SinkConfig{
		Name: s.name, Reach: core.ReachLocal, Fingerprint: fmt.Sprint(s.version),
		Open:  func() (core.Sink, error) { return &connection{s, process}, nil },
		Batch: core.BatchConfig{MaxEvents: batchOf}, Concurrency: s.concurrency, Timeout: 2 * time.Second,
		DeadLetter: m.letters(s.name),
	}
	if s.picky {
		cfg.Events = []string{"e*", "!*3"}
	}
	return cfg
}

func nameOf(n int) string { return fmt.Sprintf("e%06d", n) }

func numberOf(name string) (n int) {
	if _, err := fmt.Sscanf(name, "e%06d", &n); err != nil {
		panic(name)
	}
	return n
}
