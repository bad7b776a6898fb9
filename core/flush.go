package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Flush waits until every sink has finished what was accepted before the call. When ctx
// is done first, or the dispatcher closes, the error names the sinks that have not. It is an
// error at once without delivery.
func (d *Dispatcher) Flush(ctx context.Context) error {
	if d.env.StoreOnly {
		return errors.New("headgate: nothing to flush: delivery is left to another dispatcher")
	}
	ctx = orBackground(ctx)
	place, _ := d.log.Snapshot(nil, nil)
	var behind []string
	for _, done := range d.hurry() {
		defer done()
	}
	for _, l := range d.lanes() {
		if !d.await(ctx, l, place) {
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

// hurry makes the workers of every lane send without waiting for more events, until the
// functions it returns are called.
func (d *Dispatcher) hurry() (done []func()) {
	for _, l := range d.lanes() {
		if s := l.working(); s != nil {
			done = append(done, s.flush())
		}
	}
	return done
}

// overflowPoll is how often Flush looks whether its events were dropped for want of
// room, of which nobody tells.
const overflowPoll = 250 * time.Millisecond

// await waits until a lane has finished everything before place. It has if it does not
// work: nothing is there, or it was removed.
func (d *Dispatcher) await(ctx context.Context, l *lane, place uint64) bool {
	for {
		progress := l.progress.wait()
		s := l.working()
		if s == nil {
			if next := d.lane(l.cfg.Name); next != nil && next != l { // it was configured anew
				l = next
				continue
			}
			return l.passed(place) || !d.closed.Load()
		}
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
		if ctx.Err() != nil {
			return l.passed(place)
		}
		if s.ctx.Err() != nil && l.working() == s { // the dispatcher closes
			return l.passed(place) || s.withdrawn.Load()
		}
	}
}
