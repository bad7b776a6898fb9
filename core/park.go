package core

import (
	"slices"
	"time"
)

// maxParked bounds the events that a worker sets aside.
const maxParked = 500

// parked is work that keeps failing while other events are taken, or might be: it waits
// by itself, in memory of its own, so that it holds up nobody else.
type parked struct {
	work
	since, due time.Time
	asked      bool // due is when the destination asked for
}

// park sets work aside until its own backoff has passed, or the wait that the destination
// asked for if that is longer, and reports whether there was room.
func (w *worker) park(now work, asked time.Duration) bool {
	n, bytes := len(now.events), 0
	for _, p := range w.parked {
		n += len(p.events)
		bytes += p.bytes()
	}
	if n > maxParked || bytes+now.bytes() > w.maxBytes {
		return false
	}
	events := make([]Sealed, len(now.events))
	for i, event := range now.events {
		events[i] = w.hold(event)
	}
	now.events = events
	wait, since := backoff(w.lane.cfg.Retry, now.failures), time.Now()
	p := parked{work: now, since: since, due: since.Add(max(wait, asked)), asked: asked > wait}
	w.parked = append(w.parked, p)
	return true
}

// dueOf returns when parked work is to be tried, sooner while the session drains.
func (w *worker) dueOf(p parked) time.Time {
	if p.asked || !w.session.draining() {
		return p.due
	}
	return hurried(p.since, p.due, w.session.deadline, w.lane.cfg.Retry.Initial)
}

// unpark makes parked work that is due the work to deliver.
func (w *worker) unpark() bool {
	now := time.Now()
	i := slices.IndexFunc(w.parked, func(p parked) bool { return !w.dueOf(p).After(now) })
	if i < 0 || w.session.ctx.Err() != nil {
		return false
	}
	p := w.parked[i]
	w.parked = slices.Delete(w.parked, i, i+1)
	// It stays the batch's place, so that a flush waits for it.
	w.batch.place = p.place
	w.delivery = delivery{todo: []work{p.work}}
	return true
}

// parkedDue returns a channel that receives when the next parked work is due, nil if there is none.
func (w *worker) parkedDue() (due <-chan time.Time, stop func()) {
	if len(w.parked) == 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until(w.nextParked()))
	return timer.C, func() { timer.Stop() }
}

func (w *worker) nextParked() time.Time {
	next := w.dueOf(w.parked[0])
	for _, p := range w.parked[1:] {
		if due := w.dueOf(p); due.Before(next) {
			next = due
		}
	}
	return next
}

// parkedInTime reports whether parked work will be due before the end of draining.
func (w *worker) parkedInTime() bool {
	return len(w.parked) > 0 && !w.nextParked().After(w.session.deadline)
}
