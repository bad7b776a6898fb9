package server

import (
	"context"
	"errors"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/wire"
)

// Gate is where events go in. [core.Dispatcher] is one.
type Gate interface {
	// Offer hands in one event and returns what became of it. When the queue is full it
	// returns [core.ErrQueueFull], at the latest when ctx is done; when nothing is
	// taken any more, [core.ErrClosed]; an error wrapping [core.ErrInvalidEvent] says
	// what is wrong with the event, without repeating it. Any other error means that
	// the event was not taken for now. Offer is called from several goroutines.
	Offer(ctx context.Context, e core.Event) (core.Verdict, error)
	// Tracking reports whether events are taken now. It is asked before something is kept of
	// a request that is to become an event later, so that it must cost next to nothing.
	Tracking() bool
}

// grouping is a gate that can store the events of one request together.
type grouping interface {
	Group(ctx context.Context) *core.Group
}

var (
	_ Gate     = (*core.Dispatcher)(nil)
	_ grouping = (*core.Dispatcher)(nil)
)

// group takes the events of one request. See [core.Group].
type group interface {
	Offer(e core.Event)
	OfferText(e *wire.Event, said consent.Signals)
	Outcomes() []core.Outcome
	Release()
}

// newGroup makes a group of a gate.
func newGroup(ctx context.Context, gate Gate) group {
	if g, ok := gate.(grouping); ok {
		return g.Group(ctx)
	}
	return &oneByOne{ctx: ctx, gate: gate}
}

// oneByOne is a group for a gate that has none.
type oneByOne struct {
	ctx      context.Context
	gate     Gate
	outcomes []core.Outcome
}

func (o *oneByOne) Offer(e core.Event) {
	verdict, err := o.gate.Offer(o.ctx, e)
	o.outcomes = append(o.outcomes, core.Outcome{Verdict: verdict, HasID: e.ID != "", Err: err})
}

func (o *oneByOne) OfferText(e *wire.Event, said consent.Signals) {
	decoded, flaw := core.DecodeEvent(e.Text)
	decoded.Consent = said
	o.Offer(decoded)
	if last := &o.outcomes[len(o.outcomes)-1]; flaw != nil && errors.Is(last.Err, core.ErrInvalidEvent) {
		last.Err = flaw
	}
}

func (o *oneByOne) Outcomes() []core.Outcome { return o.outcomes }

func (o *oneByOne) Release() {}
