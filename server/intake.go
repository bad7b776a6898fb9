package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/wire"
)

// maxWait is how long all events of one request together may wait for room in the queue.
const maxWait = time.Second

// account is the answer to a body of events.
type account struct {
	Accepted int         `json:"accepted"`
	Denied   int         `json:"denied"`
	Rejected []rejection `json:"rejected"`
	// Error says why the whole body is asked for again.
	Error string `json:"error,omitempty"`
}

// rejection is an event that was not taken.
type rejection struct {
	Index int    `json:"index"`
	Error string `json:"error"`
}

// intake offers the events of one request to the gate and keeps account of them.
type intake struct {
	group   group
	consent consent.Signals // of the request, on top of each event's own
	offered []offered

	account account
	// refused is why an event was not taken for now, nil if that did not happen.
	refused *refusal
	// doubles is set when to repeat the body would deliver an event twice.
	doubles bool
}

// offered is what the gate was offered for one event of the body.
type offered struct {
	index int   // in the body
	flaw  error // is no event; the gate was offered one without a name
}

// newIntake returns an intake for about so many events.
func newIntake(ctx context.Context, gate Gate, h http.Header, events int) *intake {
	return &intake{
		group: newGroup(ctx, gate), offered: make([]offered, 0, events), account: account{Rejected: []rejection{}},
		consent: consent.FromHeaders(func(name string) string { return strings.Join(h.Values(name), ",") }),
	}
}

// patience returns the context of all that a request offers. The events are taken even when
// the sender goes away: they have come.
func patience(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), maxWait)
}

// offer hands in the event at an index of the body.
func (in *intake) offer(index int, e core.Event) {
	in.offered = append(in.offered, offered{index: index})
	e.Consent = e.Consent.Merge(in.consent)
	in.group.Offer(e)
}

// offerText hands in what stands at an index of the body, an event or not.
func (in *intake) offerText(index int, e *wire.Event) {
	in.offered = append(in.offered, offered{index: index})
	in.group.OfferText(e, in.consent)
}

// offerBroken hands in what is no event, so that the books have it, too: an event
// without a name, which the gate rejects, or denies when tracking is off.
func (in *intake) offerBroken(index int, why error) {
	in.offered = append(in.offered, offered{index: index, flaw: why})
	in.group.Offer(core.Event{Consent: in.consent})
}

// settle keeps account of what became of the events. Nothing can be offered after it.
func (in *intake) settle() {
	defer in.group.Release()
	for i, o := range in.group.Outcomes() {
		e := &in.offered[i]
		r := whyRefused(o.Err)
		switch {
		case o.Verdict == core.Denied:
			in.account.Denied++
		case e.flaw != nil:
			in.reject(e.index, whyInvalid(e.flaw))
		case r != nil:
			in.refused = r
			in.reject(e.index, r.text+"; send this event again")
		case o.Err != nil || o.Verdict == core.Rejected:
			in.reject(e.index, whyInvalid(o.Err))
		default: // a duplicate need not be sent again either
			in.account.Accepted++
			in.doubles = in.doubles || !o.HasID
		}
	}
}

func (in *intake) reject(index int, why string) {
	in.account.Rejected = append(in.account.Rejected, rejection{index, why})
}

// verdict returns why the body has to be sent again, nil if it has not.
func (in *intake) verdict() *refusal {
	if in.refused == nil || in.doubles {
		return nil
	}
	return in.refused
}

// whyRefused returns the answer to an event that was not taken for now, nil if it was, or
// never will be.
func whyRefused(err error) *refusal {
	switch {
	case err == nil, errors.Is(err, core.ErrInvalidEvent):
		return nil
	case errors.Is(err, core.ErrQueueFull), errors.Is(err, context.DeadlineExceeded):
		return errQueueFull
	case errors.Is(err, core.ErrClosed):
		return errStopping
	default:
		return errNotStored
	}
}

// whyInvalid says what is wrong with an event, without the prefix that tells a Go program
// where its error comes from.
func whyInvalid(err error) string {
	if err == nil {
		return "the event cannot be taken"
	}
	return strings.TrimPrefix(err.Error(), core.ErrInvalidEvent.Error()+": ")
}
