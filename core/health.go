package core

import (
	"context"
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
// that a destination in trouble is never hammered, whatever the concurrency.
type health struct {
	retry RetryConfig

	mu       sync.Mutex
	state    SinkState
	failures int       // in a row
	failedAt time.Time // the last failure that counted
	until    time.Time // no attempt before
	probing  bool      // an attempt is being made while the circuit is open
	changed  chan struct{}
}

func newHealth(retry RetryConfig) *health {
	return &health{retry: retry, state: StateOK, changed: make(chan struct{})}
}

// ready waits until an attempt might be allowed. It reports false if there will be
// none within the session.
func (h *health) ready(s *session) bool { return h.await(s, false) }

// admit waits until an attempt is allowed, and reports false if there will be none
// within the session. Else the caller makes it, and reports what came of it.
func (h *health) admit(s *session) bool { return h.await(s, true) }

func (h *health) await(s *session, attempt bool) bool {
	for s.ctx.Err() == nil {
		wait, changed, ok := h.try(attempt)
		if ok {
			return true
		}
		drain := s.drain
		if s.draining() {
			if time.Now().Add(wait).After(s.deadline) {
				return false
			}
			drain = nil
		}
		h.sleep(s.ctx, wait, changed, drain)
	}
	return false
}

// sleep returns after wait, if it is not zero, or when one of the channels is closed.
func (h *health) sleep(ctx context.Context, wait time.Duration, changed, drain <-chan struct{}) {
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
	case <-ctx.Done():
	}
}

// try reports whether an attempt is allowed now, else how long to wait: until
// something changes if zero.
func (h *health) try(attempt bool) (wait time.Duration, changed <-chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if wait := time.Until(h.until); wait > 0 {
		return wait, h.changed, false
	}
	if attempt && h.tripped() {
		if h.probing {
			return 0, h.changed, false
		}
		h.probing = true
	}
	return 0, nil, true
}

// tripped reports whether only one attempt at a time is allowed.
func (h *health) tripped() bool { return h.state == StateOpen || h.state == StateFailed }

func (h *health) snapshot() SinkState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state
}

// succeeded, answered, failed, paused and refused report what came of an attempt, and
// return the state before and after it.

// succeeded closes the circuit.
func (h *health) succeeded() (before, after SinkState) {
	return h.set(func() { h.state, h.failures, h.until = StateOK, 0, time.Time{} })
}

// answered says that the destination is there, though it did not take the events.
func (h *health) answered() (before, after SinkState) { return h.succeeded() }

// failed backs off, unless a failure since the attempt began has done so already.
func (h *health) failed(began time.Time) (before, after SinkState) {
	return h.set(func() {
		if began.Before(h.failedAt) {
			return
		}
		now := time.Now()
		h.failures++
		h.failedAt = now
		h.state = StateRetrying
		if h.failures >= openAfter {
			h.state = StateOpen
		}
		h.postpone(now.Add(backoff(h.retry, h.failures)))
	})
}

// paused waits as the destination asked.
func (h *health) paused(wait time.Duration) (before, after SinkState) {
	return h.set(func() {
		h.state = StatePaused
		h.postpone(time.Now().Add(min(max(wait, 0), maxPause)))
	})
}

// refused marks the sink as failed: its credentials are not accepted.
func (h *health) refused() (before, after SinkState) {
	return h.set(func() {
		h.state = StateFailed
		h.postpone(time.Now().Add(probeEvery))
	})
}

// abandoned says that the attempt told nothing about the destination.
func (h *health) abandoned() { h.set(func() {}) }

func (h *health) postpone(t time.Time) {
	if t.After(h.until) {
		h.until = t
	}
}

func (h *health) set(change func()) (before, after SinkState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before = h.state
	h.probing = false
	change()
	close(h.changed)
	h.changed = make(chan struct{})
	return before, h.state
}

// backoff returns the time to wait after so many failures in a row: exponential with
// full jitter, which spreads the retries of many programs best.
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
	return rand.N(max(min(bound, retry.Max), 1))
}
