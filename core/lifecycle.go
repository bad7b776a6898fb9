package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// defaultCloseTimeout bounds Close when its context does not.
	defaultCloseTimeout = 10 * time.Second
	// closeMargin is kept of Close's time for closing the sinks, or a tenth of it if that is less.
	closeMargin = 500 * time.Millisecond
)

// start opens the sinks and runs their workers, unless tracking has been turned off
// meanwhile. It is called by New, or with switching held.
func (d *Dispatcher) start() error {
	sinks, limits := make([]Sink, len(d.lanes)), make([]Limits, len(d.lanes))
	for i, l := range d.lanes {
		var err error
		if sinks[i], limits[i], err = l.open(); err != nil {
			d.closeMade(sinks)
			return err
		}
	}
	d.control.Lock()
	defer d.control.Unlock()
	if d.closed.Load() || d.withdrawn.Load() {
		d.background.Go(func() { d.closeMade(sinks) })
		return nil
	}
	if err := d.openLogs(); err != nil {
		d.background.Go(func() { d.closeMade(sinks) })
		return err
	}
	d.session, d.sinks = newSession(), sinks
	for i, l := range d.lanes {
		l.start(d.session, sinks[i], limits[i])
	}
	d.on.Store(true)
	return nil
}

// openLogs opens the queue and the dead letters.
func (d *Dispatcher) openLogs() error {
	for _, l := range d.lanes {
		if err := l.dead.log.Resume(); err != nil {
			return fmt.Errorf("sink %q: dead letters: %w", l.cfg.Name, err)
		}
	}
	if err := d.log.Resume(); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// closeLogs lets go of the queue and the dead letters.
func (d *Dispatcher) closeLogs() {
	errs := []error{d.log.Close()}
	for _, l := range d.lanes {
		errs = append(errs, l.dead.log.Close())
	}
	if err := errors.Join(errs...); err != nil {
		d.logger.Error("the queue could not be closed", "error", errorText(d.scrubber, err))
	}
}

// SetDoNotTrack turns tracking off and on at run time. Turning it off discards what is
// queued, counted as filtered, cancels what is being sent, and closes the sinks; it
// does not wait for that. Turning it on again opens them anew. It cannot turn on
// what the environment, the configuration or the person at the keyboard has turned off.
func (d *Dispatcher) SetDoNotTrack(off bool) {
	d.withdrawn.Store(off)
	if off {
		d.stop()
		return
	}
	d.switching.Lock()
	defer d.switching.Unlock()
	if d.gate.Off() || d.closed.Load() || d.on.Load() {
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
	if d.session == nil {
		return
	}
	d.on.Store(false)
	d.log.Pause()
	session, sinks := d.session, d.sinks
	d.session, d.sinks = nil, nil
	session.withdrawn.Store(true)
	session.cancel()
	d.dedup.forget()
	for _, l := range d.lanes {
		l.withdraw()
	}
	d.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), defaultCloseTimeout)
		defer cancel()
		session.wait(ctx)
		closeSinks(ctx, d.made(sinks))
	})
}

// made leaves out the sinks that were given ready-made: they are used again when
// tracking is turned on, and closed at the end.
func (d *Dispatcher) made(sinks []Sink) (made []Sink) {
	for i, l := range d.lanes {
		if l.cfg.Sink == nil {
			made = append(made, sinks[i])
		}
	}
	return made
}

func (d *Dispatcher) closeMade(sinks []Sink) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultCloseTimeout)
	defer cancel()
	closeSinks(ctx, d.made(sinks))
}

// Flush waits until every sink has finished what was accepted before the call. When ctx
// is done first, or the dispatcher closes, the error names the sinks that have not.
func (d *Dispatcher) Flush(ctx context.Context) error {
	ctx = orBackground(ctx)
	d.control.Lock()
	session := d.session
	d.control.Unlock()
	if session == nil {
		return nil
	}
	defer session.flush()()
	place, _ := d.log.Snapshot(nil, nil)
	var behind []string
	for _, l := range d.lanes {
		if !d.await(ctx, session, l, place) {
			behind = append(behind, l.cfg.Name)
		}
	}
	if len(behind) == 0 {
		return nil
	}
	cause := context.Cause(ctx)
	if cause == nil {
		cause = ErrClosed
	}
	return fmt.Errorf("headgate: flush ended before %s had finished: %w", strings.Join(behind, ", "), cause)
}

// overflowPoll is how often Flush looks whether its events were dropped for want of
// room, of which nobody tells.
const overflowPoll = 250 * time.Millisecond

// await waits until a lane has finished everything before place.
func (d *Dispatcher) await(ctx context.Context, s *session, l *lane, place uint64) bool {
	for {
		progress := l.progress.wait()
		if l.passed(place) {
			return true
		}
		timer := time.NewTimer(overflowPoll)
		select {
		case <-progress:
		case <-timer.C:
		case <-s.ctx.Done():
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil || s.ctx.Err() != nil {
			return l.passed(place) || s.withdrawn.Load()
		}
	}
}

// LeftError is what [Dispatcher.Close] returns when it could not deliver everything in time.
type LeftError struct {
	// Left is the number of events that each sink had not finished.
	Left map[string]uint64
}

// Error names the sinks and the numbers.
func (e *LeftError) Error() string {
	parts := make([]string, 0, len(e.Left))
	for _, sink := range slices.Sorted(maps.Keys(e.Left)) {
		parts = append(parts, fmt.Sprintf("%s %d", sink, e.Left[sink]))
	}
	return "headgate: closed with events undelivered: " + strings.Join(parts, ", ")
}

// Close stops taking events, delivers what it can until ctx is done — at most 10 s if
// ctx has no deadline — and closes the sinks. Failed attempts are repeated as ever,
// but a sink that would not be tried again in time is not waited for. What a queue in memory
// still holds then is counted as expired, and reported by a [*LeftError]; a durable
// queue keeps it for the next start. Further calls wait for the first, and return the same.
func (d *Dispatcher) Close(ctx context.Context) error {
	ctx = orBackground(ctx)
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultCloseTimeout)
		defer cancel()
	}
	d.closeOnce.Do(func() {
		go func() {
			defer close(d.closeDone)
			d.closeErr = d.shutdown(ctx)
		}()
	})
	select {
	case <-d.closeDone:
		return d.closeErr
	case <-ctx.Done():
	}
	select { // it ends just now, unless a sink ignores its context
	case <-d.closeDone:
		return d.closeErr
	case <-time.After(100 * time.Millisecond):
		return ctx.Err()
	}
}

func (d *Dispatcher) shutdown(ctx context.Context) error {
	d.control.Lock()
	d.closed.Store(true)
	d.on.Store(false)
	d.log.Stop()
	session, sinks := d.session, d.sinks
	d.session, d.sinks = nil, nil
	d.control.Unlock()
	if session != nil {
		d.drain(ctx, session)
	} else {
		sinks = d.given()
	}
	waitGroup(ctx, &d.background) // a session that was ended by a withdrawal
	closeSinks(ctx, sinks)
	left := make(map[string]uint64)
	for _, l := range d.lanes {
		if n := l.end(d.log.Durable()); n > 0 {
			left[l.cfg.Name] = n
		}
	}
	d.closeLogs()
	switch {
	case len(left) == 0:
		return nil
	case d.log.Durable():
		d.logger.Info("closed with events kept for the next start", "kept", left)
		return nil
	}
	d.logger.Warn("closed with events undelivered", "left", left)
	return &LeftError{Left: left}
}

// drain lets the workers send what is left, and cancels them when it is time to close the sinks.
func (d *Dispatcher) drain(ctx context.Context, s *session) {
	deadline, _ := ctx.Deadline()
	deadline = deadline.Add(-min(time.Until(deadline)/10, closeMargin))
	s.startDraining(deadline)
	sending, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if !s.wait(sending) {
		s.cancel()
		end, _ := ctx.Deadline()
		returning, cancel := context.WithDeadline(ctx, deadline.Add(end.Sub(deadline)/2))
		defer cancel()
		s.wait(returning)
	}
	s.cancel()
}

// given returns the sinks that were given ready-made.
func (d *Dispatcher) given() (sinks []Sink) {
	for _, l := range d.lanes {
		sinks = append(sinks, l.cfg.Sink)
	}
	return sinks
}

// orBackground makes up for a nil context, which must not end the host program.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// closeSinks closes sinks at once, and waits for them until ctx is done.
func closeSinks(ctx context.Context, sinks []Sink) {
	var closing sync.WaitGroup
	for _, sink := range sinks {
		if sink == nil {
			continue
		}
		closing.Go(func() {
			defer func() { _ = recover() }() // a sink that panics as it closes is closed
			_ = sink.Close(ctx)
		})
	}
	waitGroup(ctx, &closing)
}

// waitGroup waits for a group, at most until ctx is done.
func waitGroup(ctx context.Context, group *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
