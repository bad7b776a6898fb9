package core

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ready is a lane with the sink that was opened for it.
type ready struct {
	lane   *lane
	sink   Sink
	limits Limits
}

// open opens the sinks of lanes, all or none.
func (d *Dispatcher) open(lanes []*lane) ([]ready, error) {
	var opened []ready
	for _, l := range lanes {
		sink, limits, err := l.open()
		if err != nil {
			d.closeMade(opened)
			return nil, err
		}
		opened = append(opened, ready{l, sink, limits})
	}
	return opened, nil
}

// start opens the sinks and runs their workers, unless tracking has been turned off
// meanwhile. It is called by New, or with switching held.
func (d *Dispatcher) start() error {
	if d.env.StoreOnly {
		return d.startStoring()
	}
	p := d.plan.Load()
	opened, err := d.open(p.lanes)
	if err != nil {
		return err
	}
	d.control.Lock()
	defer d.control.Unlock()
	if d.closed.Load() || d.withdrawn.Load() {
		d.background.Go(func() { d.closeMade(opened) })
		return nil
	}
	if err := d.openLogs(p.lanes); err != nil {
		d.background.Go(func() { d.closeMade(opened) })
		return err
	}
	for _, r := range opened {
		r.lane.start(newSession(r.sink), r.limits)
	}
	d.running = true
	d.on.Store(true)
	return nil
}

// startStoring is start without delivery.
func (d *Dispatcher) startStoring() error {
	if !d.log.Durable() {
		return errors.New("without delivery the queue has to keep its events: it is in memory")
	}
	d.control.Lock()
	defer d.control.Unlock()
	if d.closed.Load() || d.withdrawn.Load() {
		return nil
	}
	if err := d.resumeLog(); err != nil {
		return err
	}
	d.running = true
	d.on.Store(true)
	return nil
}

// openLogs opens the queue and the dead letters.
func (d *Dispatcher) openLogs(lanes []*lane) error {
	if err := openLetters(lanes); err != nil {
		return err
	}
	return d.resumeLog()
}

// resumeLog opens the queue.
func (d *Dispatcher) resumeLog() error {
	if err := d.log.Resume(); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	end, _ := d.log.Snapshot(nil, nil)
	d.horizon.note(end, time.Now())
	return nil
}

// openLetters opens the dead letters of lanes.
func openLetters(lanes []*lane) error {
	for _, l := range lanes {
		if err := l.dead.log.Resume(); err != nil {
			return fmt.Errorf("sink %q: dead letters: %w", l.cfg.Name, err)
		}
	}
	return nil
}

// closeLogs lets go of the queue and the dead letters.
func (d *Dispatcher) closeLogs() {
	if err := errors.Join(d.log.Close(), closeLetters(d.lanes())); err != nil {
		d.logger.Error("the queue could not be closed", "error", errorText(d.scrubber, err))
	}
}

// closeLetters lets go of the dead letters of lanes. Those in memory are nowhere else, and can be read on.
func closeLetters(lanes []*lane) error {
	var errs []error
	for _, l := range lanes {
		if l.dead.log.Durable() {
			errs = append(errs, l.dead.log.Close())
		} else {
			l.dead.log.Stop()
		}
	}
	return errors.Join(errs...)
}

// SetDoNotTrack turns tracking off and on at run time. Turning it off discards what is
// queued, in memory and on disk, counted as filtered, and the dead letters, cancels what is
// being sent, and closes the sinks; it does not wait for that. Turning it on again opens them anew. It cannot turn on
// what the environment, the configuration or the person at the keyboard has turned off.
func (d *Dispatcher) SetDoNotTrack(off bool) {
	d.withdrawn.Store(off)
	if off {
		d.stop()
		return
	}
	d.switching.Lock()
	defer d.switching.Unlock()
	d.turnOn()
}

// turnOn starts unless something else has turned tracking off. It is called with switching held.
func (d *Dispatcher) turnOn() {
	if d.plan.Load().gate.Off() || d.withdrawn.Load() || d.closed.Load() || d.on.Load() {
		return
	}
	err := d.start()
	d.unopened.Store(err != nil)
	if err != nil {
		d.logger.Error("tracking could not be turned on", "error", errorText(d.scrubber, err))
	}
}

// stop withdraws everything.
func (d *Dispatcher) stop() {
	d.control.Lock()
	defer d.control.Unlock()
	if !d.running {
		return
	}
	d.running = false
	d.on.Store(false)
	d.log.Pause()
	d.dedup.forget()
	for _, l := range d.lanes() {
		s := l.detach()
		if s == nil { // without delivery
			l.withdraw()
			continue
		}
		s.withdrawn.Store(true)
		s.cancel()
		l.withdraw()
		d.background.Go(func() { d.endSession(s, ready{lane: l, sink: s.sink}) })
	}
	if at := time.Now(); d.log.Durable() {
		d.background.Go(func() { d.eraseUntil(at) })
	}
}

// endSession waits for the workers of a session that was cancelled, and closes the sink.
func (d *Dispatcher) endSession(s *session, r ready) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultCloseTimeout)
	defer cancel()
	s.wait(ctx)
	closeSinks(ctx, made([]ready{r}))
}

// made leaves out the sinks that were given ready-made: they are used again when
// tracking is turned on, and closed at the end.
func made(opened []ready) (sinks []Sink) {
	for _, r := range opened {
		if r.lane.cfg.Sink == nil {
			sinks = append(sinks, r.sink)
		}
	}
	return sinks
}

func (d *Dispatcher) closeMade(opened []ready) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultCloseTimeout)
	defer cancel()
	closeSinks(ctx, made(opened))
}

// orBackground makes up for a nil context, which must not end the host program.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
