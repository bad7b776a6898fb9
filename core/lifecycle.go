package core

import (
	"context"
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

// start opens the sinks and runs their workers. The caller holds control, or is New.
func (d *Dispatcher) start() error {
	sinks := make([]Sink, len(d.lanes))
	for i, l := range d.lanes {
		sink, err := l.open()
		if err != nil {
			closeSinks(context.Background(), sinks[:i])
			return err
		}
		sinks[i] = sink
	}
	d.session, d.sinks = newSession(), sinks
	for i, l := range d.lanes {
		l.start(d.session, sinks[i])
	}
	d.log.Pause(false)
	d.on.Store(true)
	return nil
}

// SetDoNotTrack turns tracking off and on at run time. Turning it off discards what is
// queued, counted as filtered, cancels what is being sent, and closes the sinks; it
// does not wait for that. Turning it on again opens them anew. It cannot turn on
// what the environment, the configuration or the person at the keyboard has turned off.
func (d *Dispatcher) SetDoNotTrack(off bool) {
	d.control.Lock()
	defer d.control.Unlock()
	d.withdrawn = off
	want := !off && !d.gate.Off()
	if d.closed.Load() || want == d.on.Load() {
		return
	}
	if want {
		if err := d.start(); err != nil {
			d.logger.Error("tracking could not be turned on", "error", errorText(d.lanes[0].scrubber, err))
		}
		return
	}
	d.stop()
}

// stop withdraws everything. The caller holds control.
func (d *Dispatcher) stop() {
	d.on.Store(false)
	d.log.Pause(true)
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
		for i, l := range d.lanes {
			if l.cfg.Sink != nil { // not ours to make anew, so kept for when tracking is on again
				sinks[i] = nil
			}
		}
		closeSinks(ctx, sinks)
	})
}

// Flush waits until every sink has finished what was accepted before the call. When ctx
// is done first, the error names the sinks that have not.
func (d *Dispatcher) Flush(ctx context.Context) error {
	d.control.Lock()
	session := d.session
	d.control.Unlock()
	if session == nil {
		return nil
	}
	defer session.flush()()
	place := d.log.Snapshot(nil, nil)
	var behind []string
	for _, l := range d.lanes {
		if !d.await(ctx, session, l, place) {
			behind = append(behind, l.cfg.Name)
		}
	}
	if len(behind) > 0 {
		return fmt.Errorf("headgate: flush ended before %s had finished: %w", strings.Join(behind, ", "), context.Cause(ctx))
	}
	return nil
}

// await waits until a lane has finished everything before place.
func (d *Dispatcher) await(ctx context.Context, s *session, l *lane, place uint64) bool {
	for {
		progress := l.progress.wait()
		if l.passed(place, d.log) || s.ctx.Err() != nil {
			return true
		}
		select {
		case <-progress:
		case <-s.ctx.Done():
		case <-ctx.Done():
			return l.passed(place, d.log)
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
// but a sink that would not be tried again in time is not waited for. What the queue in memory
// still holds then is counted as expired, and reported by a [*LeftError]. Further calls
// wait for the first, and return the same.
func (d *Dispatcher) Close(ctx context.Context) error {
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
	_ = d.log.Close()
	session, sinks := d.session, d.sinks
	d.session, d.sinks = nil, nil
	d.control.Unlock()

	ctx, cancel := context.WithTimeout(ctx, defaultCloseTimeoutOf(ctx))
	defer cancel()
	if session != nil {
		d.drain(ctx, session)
		closeSinks(ctx, sinks)
	} else {
		closeSinks(ctx, d.given())
	}
	waitGroup(ctx, &d.background)
	left := make(map[string]uint64)
	for _, l := range d.lanes {
		if n := l.end(); n > 0 {
			left[l.cfg.Name] = n
		}
	}
	if len(left) == 0 {
		return nil
	}
	err := &LeftError{Left: left}
	d.logger.Warn("closed with events undelivered", "left", left)
	return err
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

func defaultCloseTimeoutOf(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return defaultCloseTimeout
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
