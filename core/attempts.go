package core

import (
	"context"
	"errors"
	"time"
)

// Attempt is one call of a sink's Send.
type Attempt struct {
	Sink   string
	Events int
	Took   time.Duration
	// Result is "ok", "partial" for a batch of which some events failed, "timeout" when there
	// was no answer in time, "panic", or the [Class] of the error.
	Result string
	// Repeated says that the events were tried before.
	Repeated bool
}

// The results of an attempt beside the classes of errors.
const (
	attemptOK      = "ok"
	attemptPartial = "partial"
	attemptTimeout = "timeout"
	attemptPanic   = "panic"
)

// ObserveAttempts has f called with every attempt from now on, until stop is called. f is called
// from the goroutines that deliver, several at once, and holds them up: it must be quick, and
// must not call the dispatcher. While nobody observes, nothing is spent on it.
func (d *Dispatcher) ObserveAttempts(f func(Attempt)) (stop func()) { return d.attempts.add(f) }

// told tells of an attempt that began at a time.
func (w *worker) told(begun time.Time, d *delivery, err error) {
	w.lane.attempts.tell(Attempt{
		Sink: w.lane.cfg.Name, Events: len(d.now.events), Took: time.Since(begun), Result: attemptResult(err), Repeated: d.now.failures > 0,
	})
}

func attemptResult(err error) string {
	var partial *BatchError
	var panicked *panicError
	class, _ := Classify(err)
	switch {
	case err == nil:
		return attemptOK
	case errors.As(err, &partial):
		return attemptPartial
	case errors.As(err, &panicked):
		return attemptPanic
	case class == ClassRetry && errors.Is(err, context.DeadlineExceeded):
		return attemptTimeout
	}
	return string(class)
}
