package core

import (
	"context"
	"maps"
	"time"
)

// retireGrace is how long a reload lets a sink that is replaced finish what it is sending.
const retireGrace = 5 * time.Second

// Reload changes to another configuration, all or nothing: when it returns an error,
// nothing has changed. A sink is its name: one whose configuration is the same, by its
// Fingerprint, goes on undisturbed; one that is changed takes its books, its dead letters and
// what it has not finished along; one that is new starts with the next event; one
// that is gone loses what it has not finished. The queue stays as it is. Events are
// taken all the while.
func (d *Dispatcher) Reload(cfg Config) error {
	d.switching.Lock()
	defer d.switching.Unlock()
	if d.closed.Load() {
		return ErrClosed
	}
	next, err := newPlan(cfg, d.env, d.scrubber)
	if err != nil {
		return err
	}
	d.adopt(next)
	d.scrubber.credentials.Store(next.sealer.credentials.and(d.plan.Load().sealer.credentials))
	c := d.compare(next)
	if err := d.openChanged(c); err != nil {
		return err
	}
	if next.gate.Off() {
		d.stop()
	}
	if !d.change(c) {
		d.closeMade(c.opened)
		return ErrClosed
	}
	d.turnOn()
	return nil
}

// change retires what changes and replaces it. It reports false, and changes nothing, if
// the dispatcher closes.
func (d *Dispatcher) change(c *change) bool {
	d.replacing.Lock()
	defer d.replacing.Unlock()
	if d.closed.Load() {
		return false
	}
	d.retire(c)
	d.replace(c)
	return true
}

// change is the way from one plan to the next.
type change struct {
	next   *plan
	fresh  []*lane         // of next, which work with a sink of their own
	old    []*lane         // of the plan before, which they replace, or which are gone
	opened []ready         // the fresh, when tracking is on
	gate   <-chan struct{} // the fresh begin when it is closed; nil: at once
}

// compare finds what changes, and takes the lanes that do not over into the next plan.
func (d *Dispatcher) compare(next *plan) *change {
	c := &change{next: next}
	for i, l := range next.lanes {
		switch before := d.lane(l.cfg.Name); {
		case before == nil:
			c.fresh = append(c.fresh, l)
		case before.cfg.same(l.cfg):
			next.lanes[i] = before
		default:
			l.dead = before.dead
			c.fresh, c.old = append(c.fresh, l), append(c.old, before)
		}
	}
	for _, l := range d.lanes() {
		if next.lane(l.cfg.Name) == nil {
			c.old = append(c.old, l)
		}
	}
	return c
}

// same reports whether two configurations of a sink are known to be the same.
func (c SinkConfig) same(other SinkConfig) bool {
	return c.Fingerprint != "" && c.Fingerprint == other.Fingerprint
}

// openChanged opens what the next plan needs, if it is to work.
func (d *Dispatcher) openChanged(c *change) (err error) {
	if !d.on.Load() || c.next.gate.Off() || d.env.StoreOnly {
		return nil
	}
	if err = openLetters(c.fresh); err == nil {
		c.opened, err = d.open(c.fresh)
	}
	if err == nil {
		return nil
	}
	for _, l := range c.fresh {
		if d.lane(l.cfg.Name) == nil {
			_ = l.dead.log.Close()
		}
	}
	return err
}

// retire has the workers of the old lanes finish what they are sending, and return.
func (d *Dispatcher) retire(c *change) {
	ctx, cancel := context.WithTimeout(context.Background(), retireGrace)
	defer cancel()
	defer d.onClosing(cancel)()
	var retiring []*session
	for _, l := range c.old {
		if s := l.working(); s != nil {
			s.retire()
			retiring = append(retiring, s)
		}
	}
	for _, s := range retiring {
		s.wait(ctx)
	}
}

// onClosing calls f when Close is called, unless stop was called before.
func (d *Dispatcher) onClosing(f func()) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		select {
		case <-d.closing:
			f()
		case <-stopped:
		}
	}()
	return func() { close(stopped) }
}

// replace puts the next plan in the place of the one before, whose lanes have retired.
func (d *Dispatcher) replace(c *change) {
	d.control.Lock()
	defer d.control.Unlock()
	d.reshaping.Lock()
	defer d.reshaping.Unlock()
	for _, l := range c.fresh {
		if before := d.lane(l.cfg.Name); before != nil {
			l.inherit(before)
		} else {
			l.join(d.log)
		}
	}
	for _, l := range c.old {
		if c.next.lane(l.cfg.Name) == nil {
			l.remove()
		}
		d.endReplaced(l, c.next)
	}
	d.plan.Store(c.next)
	if !d.running { // or not any more
		d.background.Go(func() { d.closeMade(c.opened) })
		return
	}
	for _, r := range c.opened {
		s := newSession(r.sink)
		s.gate = c.gate
		r.lane.start(s, r.limits)
	}
}

// endReplaced ends the session of an old lane, and closes its sink unless the next plan uses it.
func (d *Dispatcher) endReplaced(l *lane, next *plan) {
	s, sink := l.detach(), l.cfg.Sink
	if s != nil {
		s.cancel()
		sink = s.sink
	}
	if sink == nil || l.cfg.Sink != nil && next.uses(l.cfg.Sink) {
		return
	}
	d.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), defaultCloseTimeout)
		defer cancel()
		if s != nil {
			s.wait(ctx)
		}
		closeSinks(ctx, []Sink{sink})
	})
}

// uses reports whether a sink that was given ready-made is one of the plan's.
func (p *plan) uses(sink Sink) (used bool) {
	defer func() {
		if recover() != nil { // it cannot be compared: it may be
			used = true
		}
	}()
	for _, l := range p.lanes {
		if l.cfg.Sink == sink {
			return true
		}
	}
	return false
}

// inherit takes over the books of the lane of the same sink, and all that it has not
// finished. Its dead letters it has already.
func (l *lane) inherit(before *lane) {
	before.mu.Lock()
	defer before.mu.Unlock()
	before.settle()
	l.log, l.cursor, l.born = before.log, before.cursor, before.born
	l.dead.maxAge.Store(int64(l.cfg.DeadLetter.MaxAge))
	l.gone, l.withdrawn = before.gone, before.withdrawn
	l.pausing = before.pausing
	l.health.hold(isClosed(l.pausing))
	l.counts, l.lastError = before.counts, before.lastError
	l.counts.reasons = maps.Clone(before.counts.reasons)
}

// settle gives back what is in hand, and counts nothing more. It is called with mu held.
func (l *lane) settle() {
	l.cursor.Rewind()
	l.inHand, l.ended, l.givenBack = 0, true, true
	if l.withdrawn {
		l.counts.discard(l.cursor)
	}
}

// remove takes a lane out of the log.
func (l *lane) remove() {
	l.mu.Lock()
	l.settle()
	left := l.cursor.Discard()
	l.cursor.Remove()
	l.mu.Unlock()
	if left > 0 {
		l.logger.Warn("the sink was removed before it had finished", "events", left)
	}
	_ = l.dead.log.Close()
}
