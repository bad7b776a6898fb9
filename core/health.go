package core

import (
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// openAfter is the number of failures in a row that open a sink's circuit.
	openAfter = 5
	// probeEvery is how often a sink whose credentials were refused is tried.
	probeEvery = time.Minute
	// maxPause bounds the pause a destination may ask for; a longer one is asked again.
	maxPause = time.Hour
)

// health decides when a sink may be tried: its backoff, its circuit and its pauses
// are one thing, shared by all of the sink's Sends. Failures back off the whole sink, so
// that a destination in trouble is never hammered, whatever the concurrency. It
// lives as long as the sink: one that is made anew starts in good health.
type health struct {
	retry RetryConfig

	mu          sync.Mutex
	state       SinkState
	failures    int       // in a row, pauses included
	setBackAt   time.Time // the last outcome that postponed attempts
	succeededAt time.Time
	until       time.Time // no attempt before
	probing     bool      // an attempt is being made while the circuit is open
	held        bool      // by the operator
	changed     chan struct{}
}

func newHealth(retry RetryConfig) *health {
	return &health{retry: retry, state: StateOK, changed: make(chan struct{})}
}

// ticket allows one attempt. Whoever holds it reports what came of the attempt.
type ticket struct {
	began time.Time
	probe bool // the only attempt that an open circuit allows
}

// ready waits until an attempt might be allowed. It reports false if there will be
// none within the session.
func (h *health) ready(s *session) bool {
	_, ok := h.await(s, false, true)
	return ok
}

// admit waits until an attempt is allowed. It reports false if there will be none
// within the session.
func (h *health) admit(s *session) (ticket, bool) { return h.await(s, true, true) }

// admitUnlessHeld is admit that does not wait for the operator.
func (h *health) admitUnlessHeld(s *session) (ticket, bool) { return h.await(s, true, false) }

func (h *health) await(s *session, attempt, patient bool) (ticket, bool) {
	for s.ctx.Err() == nil && !s.retiring() {
		drain, deadline := s.drain, time.Time{}
		if s.draining() {
			drain, deadline = nil, s.deadline
		}
		t, wait, changed := h.try(attempt, deadline)
		if changed == nil {
			return t, true
		}
		if !patient && h.isHeld() {
			return ticket{}, false
		}
		if !deadline.IsZero() && (h.isHeld() || time.Now().Add(wait).After(deadline)) {
			return ticket{}, false
		}
		sleep(s, wait, changed, drain)
	}
	return ticket{}, false
}

// sleep returns after wait, if it is not zero, or when one of the channels is closed.
func sleep(s *session, wait time.Duration, changed, drain <-chan struct{}) {
	var elapsed <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		elapsed = timer.C
	}
	select {
	case <-elapsed:
	case <-changed:
	case <-drain:
	case <-s.retired:
	case <-s.ctx.Done():
	}
}

// try returns a ticket and no channel if an attempt is allowed now. Else it says how
// long to wait, zero for until something changes. The deadline is zero unless the session drains.
func (h *health) try(attempt bool, deadline time.Time) (t ticket, wait time.Duration, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held {
		return ticket{}, 0, h.changed
	}
	now := time.Now()
	if wait := h.notBefore(deadline).Sub(now); wait > 0 {
		return ticket{}, wait, h.changed
	}
	t.began = now
	if attempt && (h.state == StateOpen || h.state == StateFailed) {
		if h.probing {
			return ticket{}, 0, h.changed
		}
		h.probing, t.probe = true, true
	}
	return t, 0, nil
}

// notBefore returns when the next attempt may be made.
func (h *health) notBefore(deadline time.Time) time.Time {
	if deadline.IsZero() || h.state != StateRetrying && h.state != StateOpen {
		return h.until
	}
	return hurried(h.setBackAt, h.until, deadline, h.retry.Initial)
}

// hurried shortens a backoff when there is a deadline, to a quarter of the time that was
// left when it began: an outage of seconds as a program ends must not cost it its
// events. What a destination asked for is not ours to shorten.
func hurried(since, until, deadline time.Time, least time.Duration) time.Time {
	if sooner := since.Add(max(deadline.Sub(since)/4, least)); sooner.Before(until) {
		return sooner
	}
	return until
}

func (h *health) snapshot() SinkState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

// succeededSince reports whether the sink has taken something after t.
func (h *health) succeededSince(t time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.succeededAt.After(t)
}

// succeeded, answered, failed, paused, unauthorized and abandoned report what came of an
// attempt, and return the state before and after it. An outcome of an attempt that
// began before the sink was set back does not undo that, nor set it back further.

// succeeded closes the circuit.
func (h *health) succeeded(t ticket) (before, after SinkState) {
	return h.report(t, func(now time.Time) {
		h.succeededAt = now
		h.recover(t)
	})
}

// answered says that the destination is there, though it did not take the events.
func (h *health) answered(t ticket) (before, after SinkState) {
	return h.report(t, func(time.Time) { h.recover(t) })
}

func (h *health) recover(t ticket) {
	if t.began.After(h.setBackAt) {
		h.state, h.failures, h.until = StateOK, 0, time.Time{}
	}
}

// failed backs off.
func (h *health) failed(t ticket) (before, after SinkState) {
	return h.report(t, func(now time.Time) {
		if !t.began.After(h.setBackAt) {
			return
		}
		h.setBack(now, backoff(h.retry, h.failures+1))
		h.state = StateRetrying
		if h.failures >= openAfter {
			h.state = StateOpen
		}
	})
}

// paused waits as the destination asked, and backs off if it keeps asking for next to nothing.
func (h *health) paused(t ticket, wait time.Duration) (before, after SinkState) {
	return h.report(t, func(now time.Time) {
		if wait < h.retry.Initial {
			wait = max(wait, backoff(h.retry, h.failures+1))
		}
		h.setBack(now, min(wait, maxPause))
		h.state = StatePaused
	})
}

// unauthorized marks the sink as failed: its credentials are not accepted.
func (h *health) unauthorized(t ticket) (before, after SinkState) {
	return h.report(t, func(now time.Time) {
		h.setBack(now, probeEvery)
		h.state = StateFailed
	})
}

// abandoned says that the attempt told nothing about the destination, or was not made.
func (h *health) abandoned(t ticket) { h.report(t, func(time.Time) {}) }

// setBack allows no attempt for some time.
func (h *health) setBack(now time.Time, wait time.Duration) {
	h.failures++
	h.setBackAt = now
	if until := now.Add(wait); until.After(h.until) {
		h.until = until
	}
}

func (h *health) report(t ticket, change func(now time.Time)) (before, after SinkState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before = h.state
	if t.probe {
		h.probing = false
	}
	change(time.Now())
	close(h.changed)
	h.changed = make(chan struct{})
	return before, h.state
}

// backoff returns the time to wait after so many failures in a row, never zero: exponential
// with full jitter, which spreads the retries of many programs best.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
func backoff(retry RetryConfig, failures int) time.Duration {
	bound := retry.Initial
	for range failures - 1 {
		if bound >= retry.Max/2 {
			bound = retry.Max
			break
		}
		bound *= 2
	}
	return 1 + rand.N(max(min(bound, retry.Max), 1))
}
