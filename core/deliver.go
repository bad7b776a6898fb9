package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// delivery is what is left to do of a batch: a stack of its parts.
type delivery struct {
	todo   []work
	search *search // nil until an attempt told that something in the batch is bad
	now    work    // being attempted
	ticket ticket
}

var (
	// errExited stands for an attempt whose goroutine was ended by the sink.
	errExited = errors.New("the sink ended the goroutine it was called on")

	errSearchEnded = errors.New("a batch with it was refused, and so was every part of it that was tried")
)

// splitAfter is the number of failed attempts after which a batch is tried in parts, and
// a single event set aside: what fails may be something in the batch.
const splitAfter = 2

// deliver brings every part of a batch to its end, or returns early when the session ends.
func (w *worker) deliver() {
	d := &w.delivery
	for len(d.todo) > 0 {
		next := d.pop()
		if d.search != nil && d.search.exhausted() {
			w.bury(next.events, deadPermanent, errSearchEnded, next.sends)
			continue
		}
		if next.events = w.expire(next.events); len(next.events) == 0 {
			continue
		}
		w.date(next)
		t, ok := w.health.admit(w.session)
		if !ok {
			d.todo = append(d.todo, next)
			break
		}
		if next.events = w.expire(next.events); len(next.events) == 0 { // while it waited
			w.health.abandoned(t)
			continue
		}
		d.now, d.ticket = next, t
		err := w.attempt(d)
		now := *d
		d.now = work{} // what is counted now is not counted again, whatever happens
		w.settle(&now, err)
		d.todo, d.search = now.todo, now.search
	}
	w.keepUndelivered()
}

// pop returns the part to try next.
func (d *delivery) pop() work {
	i := len(d.todo) - 1
	if d.search != nil && d.search.widely() {
		for j := range d.todo {
			if len(d.todo[j].events) > len(d.todo[i].events) {
				i = j
			}
		}
	}
	next := d.todo[i]
	d.todo = append(d.todo[:i], d.todo[i+1:]...)
	return next
}

// keepUndelivered ends what is left of a batch when the session is over and consent was
// withdrawn; else the log holds it.
func (w *worker) keepUndelivered() {
	for _, rest := range w.delivery.todo {
		if w.session.withdrawn.Load() {
			w.lane.finish(len(rest.events), &w.lane.counts.filtered, reasonWithdrawn)
		} else {
			w.leave(rest.events)
		}
	}
	w.delivery = delivery{}
	clear(w.batch.events)
	w.batch.events = w.batch.events[:0]
}

// expire drops the events that have waited too long.
func (w *worker) expire(events []Sealed) []Sealed {
	now, maxAge := time.Now(), w.lane.cfg.Retry.MaxAge
	// The wall clock may jump, but no event is older than the process has been taking events.
	if now.Sub(w.lane.born) <= maxAge {
		return events
	}
	old := func(e Sealed) bool { return now.Sub(e.Received()) > maxAge }
	if !slices.ContainsFunc(events, old) {
		return events
	}
	fresh := make([]Sealed, 0, len(events))
	for i, e := range events {
		if !old(e) {
			fresh = append(fresh, e)
		} else {
			w.lane.observe(events[i:i+1], Expired, "max_age", nil)
		}
	}
	w.lane.finish(len(events)-len(fresh), &w.lane.counts.expired, reasonMaxAge)
	return fresh
}

// panicError stands for an attempt that panicked. It does not carry the panic's value,
// which may hold anything.
type panicError struct{ value string }

func (p *panicError) Error() string { return "the sink panicked with a " + p.value }

// attempt calls the sink once.
func (w *worker) attempt(d *delivery) (err error) {
	due := time.Now().Add(w.lane.cfg.Timeout)
	if w.session.draining() && w.session.deadline.Before(due) {
		due = w.session.deadline // so that the sink begins nothing it cannot finish
	}
	w.setDue(due, d.now.failures > 0)
	defer w.setDue(time.Time{}, false)
	ctx, cancel := context.WithDeadline(WithCredentials(w.session.ctx, w.lane.scrubber.credentials.Load()), due)
	defer cancel()
	if w.lane.attempts.any() {
		begun := time.Now()
		defer func() { w.told(begun, d, err) }()
	}
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{fmt.Sprintf("%T", r)}
		}
	}()
	return w.sink.Send(ctx, w.lane.views(d.now.events))
}

// setDue says until when the sink has time, and counts a retry.
func (w *worker) setDue(due time.Time, retry bool) {
	l := w.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	w.due = due
	if retry {
		l.counts.retries++
	}
}
