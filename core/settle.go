package core

import (
	"errors"
	"slices"
	"time"
)

// settle does what the outcome of an attempt asks for.
func (w *worker) settle(d *delivery, err error) {
	now := d.now
	now.sends++
	var partial *BatchError
	if errors.As(err, &partial) && (partial == nil || len(partial.Failed) == 0) {
		err = nil // nothing failed
	}
	var panicked *panicError
	class, wait := Classify(err)
	switch {
	case err == nil:
		w.delivered(d, now)
	case partial != nil:
		w.settlePartial(d, now, partial, wait)
	case w.session.ctx.Err() != nil: // the session ended the attempt: it tells nothing about the sink
		w.health.abandoned(d.ticket)
		d.todo = append(d.todo, now)
	case errors.As(err, &panicked):
		now.panics++
		if now.panics > 1 && w.failedFor(d, now, err) { // it is not the moment, it is something in the batch
			w.settlePermanent(d, now, err)
		} else if now.panics == 1 {
			w.again(d, now, ClassRetry, 0, err)
		}
	case class == ClassPermanent, class == ClassTooLarge, class == ClassRefused, class == ClassDeclined:
		w.answered(d, now, class, err)
	default:
		w.again(d, now, class, wait, err)
	}
}

func (w *worker) delivered(d *delivery, now work) {
	before, after := w.health.succeeded(d.ticket)
	w.lane.note(before, after, nil)
	if d.search != nil {
		d.search.sawDelivery()
	}
	w.lane.finish(len(now.events), &w.lane.counts.delivered, "")
	w.lane.observe(now.events, Delivered, "", nil)
}

// answered ends events that will not be accepted as they are, or splits them. The
// destination is there: nothing is wrong with it.
func (w *worker) answered(d *delivery, now work, class Class, err error) {
	before, after := w.health.answered(d.ticket)
	if class == ClassDeclined {
		w.lane.note(before, after, nil)
		w.lane.finish(len(now.events), &w.lane.counts.filtered, reasonDeclined)
		w.lane.observe(now.events, Filtered, reasonDeclined, err)
		return
	}
	w.lane.note(before, after, err)
	switch {
	case class == ClassRefused:
		w.bury(now.events, deadRefused, err, now.sends)
	case class == ClassTooLarge && len(now.events) > 1:
		d.split(now)
	case class == ClassTooLarge:
		w.bury(now.events, deadTooLarge, err, now.sends)
	default:
		w.settlePermanent(d, now, err)
	}
}

// settlePermanent splits a batch with something bad in it, down to the bad event.
func (w *worker) settlePermanent(d *delivery, now work, err error) {
	if d.search == nil {
		d.search = newSearch(len(now.events))
	}
	d.search.spent++
	if len(now.events) > 1 {
		d.split(now)
		return
	}
	d.search.sawCulprit()
	w.bury(now.events, deadPermanent, err, now.sends)
}

// split puts both halves on the stack, the older on top.
func (d *delivery) split(now work) {
	first, second := now.halve()
	d.todo = append(d.todo, second, first)
}

// again puts work back, to be tried when the sink's health allows.
func (w *worker) again(d *delivery, now work, class Class, wait time.Duration, err error) {
	switch class {
	case ClassUnauthorized:
		before, after := w.health.unauthorized(d.ticket)
		w.lane.note(before, after, err)
		w.lane.observe(now.events, Retrying, "", err)
		d.todo = append(d.todo, now)
	case ClassRetryAfter:
		before, after := w.health.paused(d.ticket, wait)
		w.lane.note(before, after, err)
		w.lane.observe(now.events, Retrying, "", err)
		d.todo = append(d.todo, now)
	default:
		now.failures++
		if w.failedFor(d, now, err) {
			w.lane.observe(now.events, Retrying, "", err)
			w.retry(d, now)
		}
	}
}

// failedFor backs off, and reports whether the work has attempts left; else it is dead.
func (w *worker) failedFor(d *delivery, now work, err error) bool {
	before, after := w.health.failed(d.ticket)
	w.lane.note(before, after, err)
	if most := w.lane.cfg.Retry.MaxAttempts; most > 0 && now.failures >= most {
		w.bury(now.events, deadMaxAttempts, err, now.sends)
		return false
	}
	return true
}

// retry tries failed work again: as it is at first, then in parts, to find out whether
// something in it is what fails; a single event is set aside, so that others are tried.
// One is without any sign that others fare better, more only if something was taken since.
func (w *worker) retry(d *delivery, now work) {
	switch {
	case now.failures < splitAfter:
		d.todo = append(d.todo, now)
	case len(now.events) > 1:
		d.split(now)
	case (len(w.parked) == 0 || w.health.succeededSince(now.first)) && w.park(now, 0):
	default:
		d.todo = append(d.todo, now)
	}
}

// settlePartial treats each event by its own error. Those without one are delivered.
func (w *worker) settlePartial(d *delivery, now work, partial *BatchError, wait time.Duration) {
	l := w.lane
	o := outcomes{dead: map[string]*dead{}}
	for i := range now.events {
		err, failed := partial.Failed[i]
		if !failed {
			o.delivered++
			l.observe(now.events[i:i+1], Delivered, "", nil)
			continue
		}
		if declined := o.add(now.events[i], err); declined {
			l.observe(now.events[i:i+1], Filtered, reasonDeclined, err)
		}
	}
	l.finish(o.delivered, &l.counts.delivered, "")
	l.finish(o.declined, &l.counts.filtered, reasonDeclined)
	for reason, dead := range o.dead {
		w.bury(dead.events, reason, dead.err, now.sends)
	}
	if d.search != nil && o.delivered > 0 {
		d.search.sawDelivery()
	}
	if wait == 0 {
		w.parkPatient(&o, now)
	}
	now.events = o.again
	switch {
	case w.session.ctx.Err() != nil:
		w.health.abandoned(d.ticket)
		if len(now.events) > 0 {
			d.todo = append(d.todo, now)
		}
	case len(now.events) == 0 && wait > 0: // nothing is left to try again, but the sink is to rest
		before, after := w.health.paused(d.ticket, wait)
		w.lane.note(before, after, partial)
	case len(now.events) == 0:
		w.partlyDone(d, &o, partial)
	case wait > 0 || o.class == ClassUnauthorized || o.delivered == 0:
		if wait > 0 {
			o.class, o.wait = ClassRetryAfter, wait
		}
		w.again(d, now, o.class, o.wait, o.err)
	default: // the sink takes others: these wait by themselves
		w.partlyDone(d, &o, partial)
		failures := now.failures + 1
		waiting := now
		waiting.failures = failures
		if most := l.cfg.Retry.MaxAttempts; most > 0 && failures >= most {
			w.bury(now.events, deadMaxAttempts, o.err, now.sends)
		} else if !w.park(waiting, o.wait) {
			w.again(d, now, o.class, o.wait, o.err)
		} else {
			l.observe(now.events, Retrying, "", o.err)
		}
	}
}

// parkPatient sets those aside that are to wait longer than others of their batch, such as
// the events of one throttled device.
func (w *worker) parkPatient(o *outcomes, now work) {
	least := slices.Min(append(o.waits, maxPause))
	now.failures++
	var soon []Sealed
	for i, event := range o.again {
		patient := now
		patient.events = o.again[i : i+1]
		if o.waits[i] <= least || !w.park(patient, min(o.waits[i], maxPause)) {
			soon = append(soon, event)
		} else {
			w.lane.observe(patient.events, Retrying, "", o.err)
		}
	}
	if len(soon) < len(o.again) {
		o.wait = least
	}
	o.again = soon
}

// partlyDone notes that the destination is there, and what it said.
func (w *worker) partlyDone(d *delivery, o *outcomes, partial *BatchError) {
	report := w.health.answered
	if o.delivered > 0 {
		report = w.health.succeeded
	}
	before, after := report(d.ticket)
	if o.delivered+o.declined > 0 && len(o.dead) == 0 && len(o.again) == 0 {
		w.lane.note(before, after, nil)
		return
	}
	w.lane.note(before, after, partial)
}

// outcomes divide the events of a batch by what became of them.
type outcomes struct {
	delivered, declined int
	dead                map[string]*dead // by reason
	again               []Sealed
	waits               []time.Duration // that the errors of again ask for

	// The strongest of the errors of again.
	class Class
	wait  time.Duration
	err   error
}

type dead struct {
	events []Sealed
	err    error
}

// deadReasons are the classes of error that end an event which is named by itself.
var deadReasons = map[Class]string{
	ClassPermanent: deadPermanent, ClassRefused: deadRefused, ClassTooLarge: deadTooLarge,
}

// add notes the error of one event, and reports whether the destination declined it.
func (o *outcomes) add(event Sealed, err error) (declined bool) {
	class, wait := Classify(err)
	if class == ClassDeclined {
		o.declined++
		return true
	}
	if reason, ok := deadReasons[class]; ok {
		if o.dead[reason] == nil {
			o.dead[reason] = &dead{err: err}
		}
		o.dead[reason].events = append(o.dead[reason].events, event)
		return false
	}
	o.again, o.waits = append(o.again, event), append(o.waits, wait)
	if o.err == nil || class == ClassUnauthorized || wait > o.wait && o.class != ClassUnauthorized {
		o.class, o.wait, o.err = class, max(wait, o.wait), err
	}
	return false
}
