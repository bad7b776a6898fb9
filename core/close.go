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
	// defaultCloseTimeout bounds Close when neither its context nor the configuration does.
	defaultCloseTimeout = 10 * time.Second
	// closeMargin is kept of Close's time for closing the sinks, or a tenth of it if that is less.
	closeMargin = 500 * time.Millisecond
)

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

// Close stops taking events, delivers what it can until ctx is done — for at most
// [Config.CloseTimeout] if ctx has no deadline — and closes the sinks. Failed attempts are repeated as ever,
// but a sink that would not be tried again in time is not waited for. What a queue in memory
// still holds then is counted as expired, and reported by a [*LeftError]; a durable
// queue keeps it for the next start. Further calls wait for the first, and return the same.
func (d *Dispatcher) Close(ctx context.Context) error {
	ctx = orBackground(ctx)
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.plan.Load().closeTimeout)
		defer cancel()
	}
	d.closeOnce.Do(func() {
		close(d.closing)
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
	running := d.takeNoMore()
	var sinks []Sink
	if running {
		sinks = d.drain(ctx)
	} else {
		sinks = d.given()
	}
	waitGroup(ctx, &d.background) // sessions that were ended by a withdrawal or a reload
	closeSinks(ctx, sinks)
	left := make(map[string]uint64)
	for _, l := range d.lanes() {
		l.detach()
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

// takeNoMore ends the taking of events, and reports whether any lane works.
func (d *Dispatcher) takeNoMore() (running bool) {
	d.replacing.Lock()
	defer d.replacing.Unlock()
	d.control.Lock()
	defer d.control.Unlock()
	d.closed.Store(true)
	d.on.Store(false)
	d.log.Stop()
	running, d.running = d.running, false
	return running
}

// drain lets the workers send what is left, cancels them when it is time to close the
// sinks, and returns those.
func (d *Dispatcher) drain(ctx context.Context) (sinks []Sink) {
	end, _ := ctx.Deadline()
	deadline := end.Add(-min(time.Until(end)/10, closeMargin))
	var sessions []*session
	for _, l := range d.lanes() {
		s, sink := l.working(), l.cfg.Sink
		if s != nil {
			sessions = append(sessions, s)
			sink = s.sink
		}
		sinks = append(sinks, sink)
	}
	for _, s := range sessions {
		s.startDraining(deadline)
	}
	returning := deadline.Add(end.Sub(deadline) / 2)
	for _, s := range sessions {
		s.waitUntil(ctx, deadline)
	}
	for _, s := range sessions {
		s.cancel()
	}
	for _, s := range sessions {
		s.waitUntil(ctx, returning)
	}
	return sinks
}

// waitUntil waits for the workers to return, at most until a time.
func (s *session) waitUntil(ctx context.Context, deadline time.Time) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	s.wait(ctx)
}

// given returns the sinks that were given ready-made.
func (d *Dispatcher) given() (sinks []Sink) {
	for _, l := range d.lanes() {
		sinks = append(sinks, l.cfg.Sink)
	}
	return sinks
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
