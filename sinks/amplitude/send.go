package amplitude

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// resendWait is how long the rest of a batch waits after others of it were refused: enough
// that one refusal after the other makes no hot loop.
const resendWait = 250 * time.Millisecond

// upload is a request, and where its events are in the batch.
type upload struct {
	body    []byte
	events  []core.Sealed
	ids     []identity
	changes []Stats
	at      []int // index in the batch
}

// Send makes one request.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	outcome := new(core.BatchError)
	up := s.prepare(batch, s.key.Reveal(), outcome)
	if len(up.events) == 0 {
		return outcome.OrNil()
	}
	err := s.post(ctx, up)
	s.totals.add(up.changes, err)
	if err == nil {
		return outcome.OrNil()
	}
	return merge(outcome, err, up.at)
}

// prepare makes the request of a batch. Events without a form are put into outcome.
func (s *Sink) prepare(batch []core.Sealed, key string, outcome *core.BatchError) upload {
	up := upload{}
	for i, e := range batch {
		if reason := declines(e); reason != nil {
			outcome.Fail(i, core.Declined(reason))
			continue
		}
		up.events, up.at = append(up.events, e), append(up.at, i)
		up.ids = append(up.ids, identify(e, s.minID))
	}
	up.body = append(appendString(append(up.body, `{"api_key":`...), key), `,"events":[`...)
	shortest := maxRunes
	for i, e := range up.events {
		if i > 0 {
			up.body = append(up.body, ',')
		}
		body, changes := appendEvent(up.body, e, up.ids[i], s.prefix)
		up.body, up.changes = body, append(up.changes, changes)
		shortest = min(shortest, up.ids[i].shortest())
	}
	up.body = append(up.body, ']')
	if n := s.minID; n > 0 || shortest < defaultMinID {
		up.body = append(up.body, `,"options":{"min_id_length":`...)
		up.body = append(strconv.AppendInt(up.body, int64(max(n, 1)), 10), '}')
	}
	up.body = append(up.body, '}')
	return up
}

var jsonHeader = http.Header{"Content-Type": {"application/json"}, "Accept": {"*/*"}}

// post makes the request and returns what became of its events, by their index in it.
func (s *Sink) post(ctx context.Context, up upload) error {
	if most := s.maxBody(); len(up.body) > most {
		return core.TooLarge(fmt.Errorf("the body of %d events has %d bytes, more than the %d that Amplitude takes", len(up.events), len(up.body), most))
	}
	req := transport.Request{URL: s.url, Header: jsonHeader, Body: up.body, BodySecret: s.key, Compression: s.encoding}
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err
	}
	return s.judge(req, resp, up)
}

// merge says what became of a batch of which some events were not sent: outcome has those
// already, err is about the others, which are at these indexes.
func merge(outcome *core.BatchError, err error, at []int) error {
	partial, isPartial := err.(*core.BatchError)
	if !isPartial && len(outcome.Failed) == 0 {
		return err
	}
	if class, _ := core.Classify(err); !isPartial && len(at) > 1 && (class == core.ClassPermanent || class == core.ClassTooLarge) {
		// An error that names an event ends it, but this one wants the batch split. So
		// the events come back as a batch of their own, which can be.
		err = core.RetryAfter(resendWait, unclassed{err})
	}
	for i, index := range at {
		if !isPartial {
			outcome.Fail(index, err)
		} else if own := partial.Failed[i]; own != nil {
			outcome.Fail(index, own)
		}
	}
	return outcome.OrNil()
}

// unclassed hides the class of an error.
type unclassed struct{ err error }

func (e unclassed) Error() string { return e.err.Error() }

// Preview returns the request that Send would make.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	outcome := new(core.BatchError)
	up := s.prepare(batch, "[redacted]", outcome)
	if len(up.events) == 0 {
		return nil, outcome.OrNil()
	}
	header := jsonHeader.Clone()
	if s.encoding != "none" {
		header.Set("Content-Encoding", s.encoding)
	}
	return []core.Request{{Method: http.MethodPost, URL: s.url, Header: header, Body: string(up.body)}}, nil
}
