package core

import (
	"errors"
	"fmt"
	"time"
)

// Errors of Track, Emit and Enqueue. None of them needs handling: the event is
// counted, and telemetry must not decide what its host does next.
var (
	// ErrClosed means that the Dispatcher is closing or closed.
	ErrClosed = errors.New("headgate: dispatcher is closed")
	// ErrQueueFull means that the queue had no room and its policy is to refuse the newest.
	ErrQueueFull = errors.New("headgate: queue is full")
	// ErrInvalidEvent means that the event itself cannot be taken; the message says why.
	ErrInvalidEvent = errors.New("headgate: invalid event")
)

// Permanent wraps an error a sink returns for events that will never be accepted
// as they are: the dispatcher does not try them again. It splits a batch of several
// to find the events at fault, delivers the others, and dead-letters what remains.
func Permanent(err error) error { return &classified{err: err, class: ClassPermanent} }

// Refused wraps an error that no splitting can cure, such as a wrong address or a
// redirect: the whole batch is dead-lettered after this one attempt.
func Refused(err error) error { return &classified{err: err, class: ClassRefused} }

// TooLarge wraps an error for a batch that is too big as a whole: the dispatcher
// sends its halves; a single event that is too large is dead-lettered.
func TooLarge(err error) error { return &classified{err: err, class: ClassTooLarge} }

// Unauthorized wraps an error for credentials that are not accepted. The sink is
// marked as failed, keeps its events within the bounds of the queue, and is probed
// at most once a minute.
func Unauthorized(err error) error { return &classified{err: err, class: ClassUnauthorized} }

// RetryAfter wraps an error with the time the destination asked for: the whole
// sink pauses for that long (at most an hour), then the batch is tried again.
func RetryAfter(wait time.Duration, err error) error {
	return &classified{err: err, class: ClassRetryAfter, wait: wait}
}

// Declined wraps an error for events that the destination has no form for, such as an
// alias where there are no aliases: they are counted as filtered.
func Declined(err error) error { return &classified{err: err, class: ClassDeclined} }

// Class says what the dispatcher does about an error of [Sink.Send].
type Class string

// The classes of error. Any error that is not wrapped is [ClassRetry].
const (
	ClassRetry        Class = "retry"
	ClassRetryAfter   Class = "retry_after"
	ClassPermanent    Class = "permanent"
	ClassRefused      Class = "refused"
	ClassTooLarge     Class = "too_large"
	ClassUnauthorized Class = "unauthorized"
	ClassDeclined     Class = "declined"
)

// OfClass wraps an error with a class that is known by name, as the function of that name does; wait
// counts for [ClassRetryAfter] only. An error of [ClassRetry], or of none, is returned as it is.
func OfClass(class Class, wait time.Duration, err error) error {
	switch class {
	case "", ClassRetry:
		return err
	case ClassRetryAfter:
		return RetryAfter(wait, err)
	}
	return &classified{err: err, class: class}
}

// Classify returns the class of an error from [Sink.Send] and the time its
// destination asked to wait, zero if none was asked for.
func Classify(err error) (Class, time.Duration) {
	var c *classified
	if errors.As(err, &c) {
		return c.class, c.wait
	}
	return ClassRetry, 0
}

type classified struct {
	err   error
	class Class
	wait  time.Duration
}

func (e *classified) Error() string {
	if e.err == nil {
		return string(e.class)
	}
	return e.err.Error()
}

func (e *classified) Unwrap() error { return e.err }

// BatchError is what a sink returns when a part of a batch failed. The events that
// it does not name were delivered; each that it names is treated by the class of
// its own error. An index outside the batch is ignored.
type BatchError struct {
	// Failed maps the index of an event in the batch to its error.
	Failed map[int]error
}

// Fail adds the event at index i with its error.
func (e *BatchError) Fail(i int, err error) {
	if e.Failed == nil {
		e.Failed = make(map[int]error)
	}
	e.Failed[i] = err
}

// OrNil returns e as an error, or nil when nothing failed.
func (e *BatchError) OrNil() error {
	if e == nil || len(e.Failed) == 0 {
		return nil
	}
	return e
}

// Error names the number of events and the error of the first.
func (e *BatchError) Error() string {
	first := -1
	for i := range e.Failed {
		if first < 0 || i < first {
			first = i
		}
	}
	if first < 0 {
		return "no event failed"
	}
	return fmt.Sprintf("%d events failed, the first: %v", len(e.Failed), e.Failed[first])
}
