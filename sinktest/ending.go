package sinktest

import (
	"context"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// again are the classes after which an event is tried again.
var again = []core.Class{core.ClassRetry, core.ClassRetryAfter}

// never is a time-out that does not come while a test runs.
const never = time.Hour

func heedsContext(tr *trial) {
	s := tr.open(setting{timeout: never})
	sent := s.endBefore(tr)
	if s.to != nil {
		s.to.follow(always(Answer{Fault: Hang}))
		for _, c := range []struct {
			what string
			ctx  func() (context.Context, context.CancelFunc)
		}{
			{"it was cancelled", func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(50*time.Millisecond, cancel)
				return ctx, cancel
			}},
			{"its deadline", func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(context.Background(), 50*time.Millisecond)
			}},
		} {
			ctx, cancel := c.ctx()
			batch := s.batch(3)
			r := s.sendIn(ctx, s.h.Patience, batch)
			cancel()
			if !r.fine(tr, "Send to a destination that answers nothing, whose context ended by "+c.what+",") {
				return
			}
			tr.oneOf("the end of its context", r.err, len(batch), again...)
		}
		s.to.follow(nil)
	}
	after := s.batch(2)
	if s.deliver(tr, after) {
		s.expectThere(tr, "after contexts that had ended", append(sent, after)...)
	}
}

// endBefore sends with a context that is done already, and returns what was delivered all the same.
func (s *subject) endBefore(tr *trial) (delivered [][]core.Sealed) {
	tr.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	batch := s.batch(3)
	r := s.sendIn(ctx, s.h.Patience, batch)
	if !r.fine(tr, "Send with a context that had ended") {
		return nil
	}
	if r.err == nil {
		return [][]core.Sealed{batch}
	}
	tr.oneOf("the end of its context", r.err, len(batch), again...)
	return nil
}

func closesAnyTime(tr *trial) {
	fresh := tr.open(setting{})
	if !fresh.close(fresh.h.Patience).fine(tr, "Close of a sink that has sent nothing") ||
		!fresh.closeAgain(fresh.h.Patience).fine(tr, "a second Close") {
		return
	}

	used := tr.open(setting{})
	if !used.deliver(tr, used.batch(2)) || !used.close(used.h.Patience).fine(tr, "Close") || !used.closeAgain(used.h.Patience).fine(tr, "a second Close") {
		return
	}
	clean := len(used.alone()) == 0 // else it breaks another rule
	late := used.batch(2)
	r := used.send(used.h.Patience, late)
	if !r.fine(tr, "Send after Close") {
		return
	}
	if arrived := used.arrived(); r.err == nil && arrived[late[0].ID()] == 0 {
		tr.broken("Send after Close returned nil, and the events are not at the destination")
	}
	if left := used.alone(); clean && len(left) > 0 {
		tr.broken("a Send that was given up, and comes after Close, has begun what nobody ends:\n%s", strings.Join(left, "\n\n"))
	}
	if tr.h.HTTP != nil {
		closesBesideSend(tr)
	}
}

// closesBesideSend closes a sink with a Send under way, as a program does whose time to end is up.
func closesBesideSend(tr *trial) {
	asked := make(chan struct{}, 16)
	busy := tr.open(setting{timeout: never, script: func(int, Request, []string) (Answer, bool) {
		select {
		case asked <- struct{}{}:
		default:
		}
		return Answer{Fault: Hang}, true
	}})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	batch := busy.batch(2)
	sending := make(chan result, 1)
	go func() { sending <- busy.sendIn(ctx, never, batch) }()
	select {
	case <-asked:
	case <-time.After(busy.h.Patience):
		tr.broken("no request has come %v after Send was called", busy.h.Patience)
		return
	}
	closing := busy.close(100 * time.Millisecond)
	cancel() // a Send that was given up
	if !closing.fine(tr, "Close beside a Send") {
		return
	}
	select {
	case r := <-sending:
		if r.fine(tr, "Send with a Close beside it") {
			tr.oneOf("a Close beside it", r.err, len(batch), again...)
		}
	case <-time.After(busy.h.Patience):
		tr.broken("Send has not returned %v after Close and the end of its context", busy.h.Patience)
	}
}
