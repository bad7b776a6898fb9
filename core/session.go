package core

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// session is the time a lane works with one sink: from when tracking is turned on until it
// is turned off, the sink is replaced, or the dispatcher closes. Workers live within one.
type session struct {
	sink      Sink
	ctx       context.Context // of the Sends; when it is done, workers return at once
	cancel    context.CancelFunc
	withdrawn atomic.Bool     // what workers have in hand when ctx is done is not wanted any more
	gate      <-chan struct{} // workers begin when it is closed; nil: at once

	retired  chan struct{} // closed when workers are to return after what they are sending
	retire   func()        // closes it
	drain    chan struct{} // closed when workers are to return once the log is empty
	deadline time.Time     // of draining; set before drain is closed

	flushing atomic.Int32 // how many wait for a flush
	hurry    notifier     // flushing or drain changed
	workers  sync.WaitGroup
}

func newSession(sink Sink) *session {
	ctx, cancel := context.WithCancel(context.Background())
	retired := make(chan struct{})
	return &session{
		sink: sink, ctx: ctx, cancel: cancel, drain: make(chan struct{}),
		retired: retired, retire: sync.OnceFunc(func() { close(retired) }),
	}
}

// startDraining tells the workers to return when they have sent all there is, and not
// to wait for a sink that will not be tried before the deadline.
func (s *session) startDraining(deadline time.Time) {
	s.deadline = deadline
	close(s.drain)
	s.hurry.notify()
}

func (s *session) draining() bool { return isClosed(s.drain) }

func (s *session) retiring() bool { return isClosed(s.retired) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// hurried reports whether batches are to be sent without waiting for more events.
func (s *session) hurried() bool { return s.flushing.Load() > 0 || s.draining() }

// flush makes the workers hurry until the function it returns is called.
func (s *session) flush() (done func()) {
	s.flushing.Add(1)
	s.hurry.notify()
	return func() { s.flushing.Add(-1) }
}

// wait waits for the workers to return, at most until ctx is done.
func (s *session) wait(ctx context.Context) bool {
	done := make(chan struct{})
	go func() { // it ends with the last worker; only a Send that ignores its context keeps it
		s.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
