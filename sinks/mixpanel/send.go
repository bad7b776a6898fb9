package mixpanel

import (
	"context"
	"errors"

	"github.com/headgate-dev/headgate/core"
)

// request is one POST: events of a batch, by index.
type request struct {
	events  []int
	body    []byte
	changes []Stats // of each event
}

// requests divides a batch into requests, as a rule one. What cannot be sent is in failed.
func (s *Sink) requests(batch []core.Sealed) (requests []request, failed *core.BatchError) {
	failed = new(core.BatchError)
	for i, e := range batch {
		event, changes, err := s.mapEvent(e)
		if err != nil {
			failed.Fail(i, err)
			continue
		}
		last := len(requests) - 1
		if last < 0 || len(requests[last].events) == maxEvents || len(requests[last].body)+len(event)+len(",]") > maxBody {
			requests = append(requests, request{body: []byte{'['}})
			last++
		}
		r := &requests[last]
		if len(r.events) > 0 {
			r.body = append(r.body, ',')
		}
		r.body = append(r.body, event...)
		r.events = append(r.events, i)
		r.changes = append(r.changes, changes)
	}
	for i := range requests {
		requests[i].body = append(requests[i].body, ']')
	}
	return requests, failed
}

// Send posts a batch, in several requests if it is too large for one. When Mixpanel takes nothing now,
// those that remain are not made.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	requests, failed := s.requests(batch)
	for i, r := range requests {
		err := s.post(ctx, r)
		var partial *core.BatchError
		if err == nil {
			continue
		}
		if errors.As(err, &partial) {
			for k, err := range partial.Failed {
				failed.Fail(r.events[k], err)
			}
			continue
		}
		rest := requests[i : i+1]
		switch class, _ := core.Classify(err); {
		case class != core.ClassPermanent && class != core.ClassTooLarge:
			rest = requests[i:] // the same address, the same credentials, the same trouble
		case len(r.events) == 1:
		case i == 0 && len(failed.Failed) == 0:
			return err // nothing was delivered: the dispatcher may split all of it
		default:
			err = unsplit{err} // the next batch begins with it
		}
		for _, r := range rest {
			for _, event := range r.events {
				failed.Fail(event, err)
			}
		}
		if _, wait := core.Classify(err); wait > 0 {
			return core.RetryAfter(wait, failed) // the whole sink is to rest
		}
		if len(rest) > 1 {
			break
		}
	}
	return failed.OrNil()
}

// unsplit hides the class of an error about several events of a batch of which others
// were settled: an error that names an event ends it, and only one of these is at fault.
// Without a class they come back as a batch of their own, which can be split.
type unsplit struct{ err error }

func (e unsplit) Error() string { return e.err.Error() }

// post makes one request. A BatchError of it counts within the request.
func (s *Sink) post(ctx context.Context, r request) error {
	req := s.request(r.body)
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err
	}
	a := read(resp)
	resp.Status = a.status
	err = s.client.Classify(req, resp)
	if len(a.failed) > 0 && (err == nil || a.status == 400) {
		if partial := s.partial(a, len(r.events)); partial != nil {
			s.count(r, partial)
			return partial
		}
	}
	if err == nil {
		s.count(r, nil)
		if a.imported != nil && *a.imported < len(r.events) {
			s.logger.Warn("Mixpanel says it imported fewer events than it was sent", "sent", len(r.events), "imported", *a.imported)
		}
	}
	return err
}

// count adds up what was changed of the events that are delivered: all but those that failed.
func (s *Sink) count(r request, failed *core.BatchError) {
	var c Stats
	for i, changes := range r.changes {
		if failed == nil || failed.Failed[i] == nil {
			c.add(changes)
		}
	}
	s.totals.add(c)
	if c != (Stats{}) {
		s.logger.Debug("events changed to what Mixpanel takes", "renamed", c.Renamed, "cut", c.Cut, "dropped", c.Dropped, "clamped", c.Clamped)
	}
}
