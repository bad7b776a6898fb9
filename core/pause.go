package core

import (
	"errors"
	"fmt"
)

// errPaused is why nothing is replayed to a sink that an operator has paused.
var errPaused = errors.New("the sink is paused; resume it first")

// Pause has nothing sent to a sink until Resume: what is being sent is finished, and events
// wait in the queue within its bounds. Other sinks go on. The pause lasts through a reload and
// through a change of do-not-track, and ends with the process: nothing is written down. Close
// does not send to the sink either, so that what a queue in memory holds for it is
// counted as expired.
func (d *Dispatcher) Pause(sink string) error { return d.setPaused(sink, true) }

// Resume ends a Pause. A pause that the destination has asked for goes on.
func (d *Dispatcher) Resume(sink string) error { return d.setPaused(sink, false) }

func (d *Dispatcher) setPaused(sink string, paused bool) error {
	d.reshaping.RLock() // a reload copies the pause to another lane
	defer d.reshaping.RUnlock()
	l := d.lane(sink)
	if l == nil {
		return fmt.Errorf("no sink is named %q", sink)
	}
	if l.setPaused(paused) {
		l.logger.Info(map[bool]string{true: "the sink was paused by the operator", false: "the sink was resumed by the operator"}[paused])
	}
	return nil
}

// setPaused reports whether that was a change.
func (l *lane) setPaused(paused bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if isClosed(l.pausing) == paused {
		return false
	}
	if paused {
		close(l.pausing)
	} else {
		l.pausing = make(chan struct{})
	}
	l.health.hold(paused)
	return true
}

// paused returns a channel that is closed while the operator has the sink paused.
func (l *lane) paused() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pausing
}

// hold allows no attempt until it is called again.
func (h *health) hold(held bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = held
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *health) isHeld() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.held
}
