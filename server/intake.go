package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
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
	gate    Gate
	consent consent.Signals // of the request, on top of each event's own

	account account
	// refused is why an event was not taken for now, nil if that did not happen.
	refused *refusal
	// doubles is set when to repeat the body would deliver an event twice.
	doubles bool
}

func newIntake(gate Gate, h http.Header) *intake {
	return &intake{
		gate: gate, account: account{Rejected: []rejection{}},
		consent: consent.FromHeaders(func(name string) string { return strings.Join(h.Values(name), ",") }),
	}
}

// patience returns the context of all that a request offers. The events are taken even when
// the sender goes away: they have come.
func patience(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), maxWait)
}

// offer hands in the event at an index of the body.
func (in *intake) offer(ctx context.Context, index int, e core.Event) {
	e.Consent = e.Consent.Merge(in.consent)
	verdict, err := in.gate.Offer(ctx, e)
	switch r := whyRefused(err); {
	case r != nil:
		in.refused = r
		in.reject(index, r.text+"; send this event again")
	case err != nil || verdict == core.Rejected:
		in.reject(index, whyInvalid(err))
	case verdict == core.Denied:
		in.account.Denied++
	default: // a duplicate need not be sent again either
		in.account.Accepted++
		in.doubles = in.doubles || e.ID == ""
	}
}

// offerBroken hands in what is no event, so that the books have it, too: an event
// without a name, which the gate rejects, or denies when tracking is off.
func (in *intake) offerBroken(ctx context.Context, index int, why error) {
	if verdict, _ := in.gate.Offer(ctx, core.Event{Consent: in.consent}); verdict == core.Denied {
		in.account.Denied++
		return
	}
	in.reject(index, whyInvalid(why))
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
