package ga4

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// Send posts the requests of a batch one after the other. At the first sign that GA4 takes
// nothing now, those that remain are not made, and the sink is to rest.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	requests, failed := s.requests(batch)
	for i, r := range requests {
		if !s.pace.allows(ctx, i == 0) {
			failAll(failed, requests[i:], core.RetryAfter(0, errNoTime))
			break
		}
		began := time.Now()
		err := s.post(ctx, r)
		s.pace.took(time.Since(began), i == 0)
		if err == nil {
			continue
		}
		of, rest := s.judge(err)
		if class, _ := core.Classify(of); rest == nil && len(r.events) > 1 && class != core.ClassRefused {
			if i == 0 && len(failed.Failed) == 0 {
				return of // nothing was delivered: the dispatcher may split all of it
			}
			of = unsplit{of} // the next batch begins with it
		}
		fail(failed, r.events, of)
		if rest == nil {
			continue
		}
		failAll(failed, requests[i+1:], rest)
		if _, wait := core.Classify(rest); wait > 0 {
			return core.RetryAfter(wait, failed)
		}
		break
	}
	return failed.OrNil()
}

// errNoTime is for requests that are better not begun: one that is cut off is lost.
var errNoTime = errors.New("the time of the attempt would not do for all its requests")

func failAll(failed *core.BatchError, requests []request, err error) {
	for _, r := range requests {
		fail(failed, r.events, err)
	}
}

func fail(failed *core.BatchError, events []int, err error) {
	for _, i := range events {
		failed.Fail(i, err)
	}
}

// unsplit hides the class of an error about several events of a batch of which others
// were settled: an error that names an event ends it, and only one of these is at fault.
// Without a class they come back as a batch of their own, which can be split.
type unsplit struct{ err error }

func (e unsplit) Error() string { return e.err.Error() }

// post makes one request.
func (s *Sink) post(ctx context.Context, r request) error {
	err := s.client.Send(ctx, s.request(pathCollect, r.body))
	if err == nil {
		s.pause.end()
		s.count(r.changes)
	}
	return err
}

func (s *Sink) count(changes Stats) {
	s.totals.add(changes)
	if changes != (Stats{}) {
		s.logger.Debug("events changed to what GA4 takes", "renamed", changes.Renamed, "cut", changes.Cut,
			"dropped", changes.Dropped, "clamped", changes.Clamped)
	}
}

// judge says what becomes of the events of a request that failed, and of those that
// remain: nil when they are to be tried.
func (s *Sink) judge(err error) (of, rest error) {
	class, wait := core.Classify(err)
	switch {
	case class == core.ClassPermanent, class == core.ClassTooLarge:
		return err, nil
	case class != core.ClassRetry && class != core.ClassRetryAfter, s.atLeastOnce, transport.NeverSent(err):
		return err, err // the same address, the same credentials
	default:
		lost := core.Refused(fmt.Errorf("not sent again, for it may have arrived (delivery: at_most_once): %w", err))
		return lost, core.RetryAfter(s.pause.next(wait), err)
	}
}
