package server

import (
	"context"

	"github.com/headgate-dev/headgate/core"
)

// Gate is where events go in. [core.Dispatcher] is one.
type Gate interface {
	// Offer hands in one event and returns what became of it. When the queue is full it
	// returns [core.ErrQueueFull], at the latest when ctx is done; when nothing is
	// taken any more, [core.ErrClosed]; an error wrapping [core.ErrInvalidEvent] says
	// what is wrong with the event, without repeating it. Any other error means that
	// the event was not taken for now. Offer is called from several goroutines.
	Offer(ctx context.Context, e core.Event) (core.Verdict, error)
	// Stats returns the books.
	Stats() core.Stats
}

var _ Gate = (*core.Dispatcher)(nil)
