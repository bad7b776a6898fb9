package usage

import (
	"context"
	"time"
)

// closeTimeout bounds Close when its context does not, as it bounds the dispatcher's.
const closeTimeout = 10 * time.Second

// Close takes no more events, sends the shutdown event after all others, and closes the
// dispatcher, which delivers what it can until ctx is done: at most 10 s if ctx has no
// deadline. A service that was not started sends no shutdown event. Further calls return what
// the first did.
func (s *Service) Close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	s.closeOnce.Do(func() { s.closeErr = s.close(ctx) })
	return s.closeErr
}

func (s *Service) close(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, closeTimeout)
		defer cancel()
	}
	s.mu.Lock()
	s.closed = true
	started := s.started
	s.mu.Unlock()
	s.sendShutdown(ctx, started)
	if s.opts.LeaveOpen {
		return s.dispatcher.Flush(ctx)
	}
	return s.dispatcher.Close(ctx)
}

// sendShutdown waits for the events on their way, which only a full queue holds up, and for room
// of its own: for half of the time there is, so that the rest can be used to deliver.
func (s *Service) sendShutdown(ctx context.Context, started time.Time) {
	if started.IsZero() {
		return
	}
	running := time.Since(started)
	deadline, _ := ctx.Deadline()
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
	defer cancel()
	sent := make(chan struct{})
	go func() { // it ends with the last event on its way, whose context bounds it
		defer close(sent)
		s.logging.Wait()
	}()
	select {
	case <-sent:
	case <-ctx.Done():
	}
	_ = s.send(ctx, EndpointShutdown, Shutdown{TimeRunning: int64(running.Seconds())}, "")
}
