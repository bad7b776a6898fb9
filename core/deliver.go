package core

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// run is the life of a worker. A sink that ends the goroutine, as [runtime.Goexit]
// does, fails the attempt: another goroutine carries on.
func (w *worker) run(todo []work) {
	defer w.session.workers.Done()
	returned := false
	defer func() {
		_ = recover() // of a fault of our own: nothing here may end the host program
		if !returned {
			w.session.workers.Add(1)
			go w.run(w.exited())
		}
	}()
	for {
		if len(todo) == 0 {
			if !w.collect() && len(w.batch.events) == 0 {
				break
			}
			todo = append(todo, work{events: w.batch.events})
		}
		w.deliver(todo)
		w.batch.reset()
		w.idle()
		todo = todo[:0]
	}
	w.batch.reset()
	w.idle()
	returned = true
}

// delivery is what is left to do of a batch: a stack of its parts.
type delivery struct {
	todo   []work
	search *splitBudget // nil until an attempt told that something in the batch is bad
	now    work         // being attempted
	began  time.Time
}

// errExited stands for an attempt whose goroutine was ended by the sink.
var errExited = errors.New("the sink ended the goroutine it was called on")

// exited makes of what was in hand when the goroutine ended the work for the next.
func (w *worker) exited() []work {
	d := &w.delivery
	if len(d.now.events) == 0 {
		return d.todo
	}
	w.fail(d.began, errExited)
	d.now.attempts++
	return append(d.todo, d.now)
}

// deliver brings every part of a batch to its end, or returns early when the session ends.
func (w *worker) deliver(todo []work) {
	d := &w.delivery
	*d = delivery{todo: todo}
	for len(d.todo) > 0 {
		last := len(d.todo) - 1
		d.now = d.todo[last]
		d.todo = d.todo[:last]
		if d.now.events = w.expire(d.now.events); len(d.now.events) == 0 {
			continue
		}
		if d.search != nil && d.now.attempts == 0 && !d.search.spend() {
			w.lane.bury(d.now.events, deadPermanent, errSearchEnded, 1)
			continue
		}
		if !w.lane.health.admit(w.session) {
			d.todo = append(d.todo, d.now)
			break
		}
		w.settle(d, w.attempt(d))
		d.now = work{}
	}
	if w.session.withdrawn.Load() {
		for _, rest := range d.todo {
			w.lane.finish(len(rest.events), &w.lane.counts.filtered, reasonWithdrawn)
		}
	}
	*d = delivery{}
}

var errSearchEnded = errors.New("a batch with it was refused, and so was every part of it that was tried")

// expire drops the events that have waited too long.
func (w *worker) expire(events []Sealed) []Sealed {
	oldest := time.Now().Add(-w.lane.cfg.Retry.MaxAge)
	expired := 0
	for i := range events {
		if events[i].Received().Before(oldest) {
			expired++
		}
	}
	if expired == 0 {
		return events
	}
	fresh := make([]Sealed, 0, len(events)-expired)
	for i := range events {
		if !events[i].Received().Before(oldest) {
			fresh = append(fresh, events[i])
		}
	}
	w.lane.finish(expired, &w.lane.counts.expired, reasonMaxAge)
	return fresh
}

// panicError stands for an attempt that panicked. It does not carry the panic's value,
// which may hold anything.
type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("the sink panicked with a %T", p.value) }

// attempt calls the sink once.
func (w *worker) attempt(d *delivery) (err error) {
	w.setDue(time.Now().Add(w.lane.cfg.Timeout), d.now.attempts > 0)
	defer w.setDue(time.Time{}, false)
	ctx, cancel := context.WithTimeout(w.session.ctx, w.lane.cfg.Timeout)
	defer cancel()
	d.began = time.Now()
	returned := false
	defer func() {
		if returned {
			return
		}
		if r := recover(); r != nil {
			err = &panicError{r}
		}
	}()
	err = w.sink.Send(ctx, d.now.events)
	returned = true
	return err
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

// settle does what the outcome of an attempt asks for.
func (w *worker) settle(d *delivery, err error) {
	l, now := w.lane, d.now
	now.attempts++
	if err == nil {
		before, after := l.health.succeeded()
		l.note(before, after, nil)
		if d.search != nil {
			d.search.sawDelivery()
		}
		l.finish(len(now.events), &l.counts.delivered, "")
		return
	}
	if w.session.ctx.Err() != nil { // the session ended the attempt: it tells nothing about the sink
		l.health.abandoned()
		d.todo = append(d.todo, now)
		return
	}
	var partial *BatchError
	var panicked *panicError
	switch class, wait := Classify(err); {
	case errors.As(err, &partial):
		w.settlePartial(d, now, partial)
	case errors.As(err, &panicked):
		now.panics++
		if now.panics > 1 { // it is not the moment, it is something in the batch
			w.fail(d.began, err)
			w.settlePermanent(d, now, err)
			return
		}
		w.again(d, now, ClassRetry, 0, err)
	case class == ClassDeclined:
		before, after := l.health.answered()
		l.note(before, after, nil)
		l.finish(len(now.events), &l.counts.filtered, reasonDeclined)
	case class == ClassPermanent, class == ClassTooLarge, class == ClassRefused:
		before, after := l.health.answered()
		l.note(before, after, err)
		w.giveUp(d, now, class, err)
	default:
		w.again(d, now, class, wait, err)
	}
}

// giveUp ends events that will not be accepted as they are, or splits them.
func (w *worker) giveUp(d *delivery, now work, class Class, err error) {
	switch {
	case class == ClassRefused:
		w.lane.bury(now.events, deadRefused, err, now.attempts)
	case class == ClassTooLarge && len(now.events) > 1:
		w.split(d, now)
	case class == ClassTooLarge:
		w.lane.bury(now.events, deadTooLarge, err, now.attempts)
	default:
		w.settlePermanent(d, now, err)
	}
}

// settlePermanent splits a batch with something bad in it, down to the bad event.
func (w *worker) settlePermanent(d *delivery, now work, err error) {
	if len(now.events) == 1 {
		if d.search != nil {
			d.search.sawCulprit()
		}
		w.lane.bury(now.events, deadPermanent, err, now.attempts)
		return
	}
	if d.search == nil {
		d.search = newSplitBudget(len(now.events))
	}
	w.split(d, now)
}

// split puts both halves on the stack, the older on top.
func (w *worker) split(d *delivery, now work) {
	now.attempts = 0
	first, second := now.halve()
	d.todo = append(d.todo, second, first)
}

// again puts work back, to be tried when the sink's health allows.
func (w *worker) again(d *delivery, now work, class Class, wait time.Duration, err error) {
	l := w.lane
	switch class {
	case ClassUnauthorized:
		before, after := l.health.refused()
		l.note(before, after, err)
	case ClassRetryAfter:
		before, after := l.health.paused(wait)
		l.note(before, after, err)
	default:
		w.fail(d.began, err)
		if most := l.cfg.Retry.MaxAttempts; most > 0 && now.attempts >= most {
			l.bury(now.events, deadMaxAttempts, err, now.attempts)
			return
		}
	}
	d.todo = append(d.todo, now)
}

func (w *worker) fail(began time.Time, err error) {
	before, after := w.lane.health.failed(began)
	w.lane.note(before, after, err)
}

// settlePartial treats each event by its own error. Those without one are delivered.
func (w *worker) settlePartial(d *delivery, now work, partial *BatchError) {
	l := w.lane
	again := work{attempts: now.attempts}
	var retryClass Class
	var retryWait time.Duration
	var retryErr error
	dead := map[string][]Sealed{}
	deadErr := map[string]error{}
	failed, declined := 0, 0
	for i := range now.events {
		err, bad := partial.Failed[i]
		if !bad {
			continue
		}
		failed++
		class, wait := Classify(err)
		if class == ClassDeclined {
			declined++
			continue
		}
		if reason, ok := deadReasons[class]; ok {
			dead[reason], deadErr[reason] = append(dead[reason], now.events[i]), err
			continue
		}
		again.events = append(again.events, now.events[i])
		if retryErr == nil || class == ClassUnauthorized || wait > retryWait {
			retryClass, retryWait, retryErr = class, max(wait, retryWait), err
		}
	}
	for reason, events := range dead {
		l.bury(events, reason, deadErr[reason], now.attempts)
	}
	l.finish(declined, &l.counts.filtered, reasonDeclined)
	delivered := len(now.events) - failed
	l.finish(delivered, &l.counts.delivered, "")
	if d.search != nil && delivered > 0 {
		d.search.sawDelivery()
	}
	if len(again.events) > 0 {
		w.again(d, again, retryClass, retryWait, retryErr)
		return
	}
	before, after := l.health.answered()
	if failed == declined {
		l.note(before, after, nil)
	} else {
		l.note(before, after, partial)
	}
}

// deadReasons are the classes of error that end an event which is named by itself.
var deadReasons = map[Class]string{
	ClassPermanent: deadPermanent, ClassRefused: deadRefused, ClassTooLarge: deadTooLarge,
}
