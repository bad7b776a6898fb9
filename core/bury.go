package core

import (
	"errors"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// bury dead-letters events in hand, unless consent to keep them was withdrawn.
func (w *worker) bury(events []Sealed, reason string, answer error, attempts int) {
	l, text := w.lane, ""
	if answer != nil {
		text = errorText(l.scrubber, answer)
	}
	stored := 0
	if l.over() { // the events are another's by now
		return
	}
	if !w.session.withdrawn.Load() {
		stored = l.inter(events, reason, text, attempts)
	}
	if w.session.withdrawn.Load() { // perhaps meanwhile
		l.dead.purge()
		l.finish(len(events), &l.counts.filtered, reasonWithdrawn)
		return
	}
	l.finish(stored, &l.counts.deadLettered, "dead_lettered."+reason)
	l.finish(len(events)-stored, &l.counts.overflowed, reasonDeadLetters)
	l.observe(events, DeadLettered, reason, answer)
	l.logBurial(len(events), reason, text)
}

// inter keeps events as dead letters, and returns how many there was room for.
func (l *lane) inter(events []Sealed, reason, answer string, attempts int) (stored int) {
	for len(events) > 0 {
		n, err := l.dead.add(events, reason, answer, attempts)
		stored += n
		if err == nil {
			return stored
		}
		if !errors.Is(err, queue.ErrTooLarge) { // that is about one, the next may fit
			l.logger.Error("dead letters could not be kept", "events", len(events)-n, "error", errorText(l.scrubber, err))
			return stored
		}
		events = events[n+1:]
	}
	return stored
}

// logBurial tells of dead letters, at most once a minute.
func (l *lane) logBurial(events int, reason, text string) {
	l.mu.Lock()
	l.buried += events
	events = l.buried
	silent := !l.buriedAt.IsZero() && time.Since(l.buriedAt) < time.Minute
	if !silent {
		l.buried, l.buriedAt = 0, time.Now()
	}
	l.mu.Unlock()
	if !silent {
		l.logger.Warn("events dead-lettered", "events", events, "reason", reason, "error", text)
	}
}
