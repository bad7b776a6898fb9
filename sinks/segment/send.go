package segment

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// resendWait is how long events wait that come back to be split.
const resendWait = 250 * time.Millisecond

// Send makes one request.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	outcome := new(core.BatchError)
	body, at := s.body(batch, time.Now(), outcome)
	if len(at) == 0 {
		return outcome.OrNil()
	}
	if err := s.post(ctx, body, len(at)); err != nil {
		return merge(outcome, err, at)
	}
	return outcome.OrNil()
}

// body returns the request for a batch sent at a time, and the indexes in the batch of the
// events in it. Events that cannot be messages are put into outcome.
func (s *Sink) body(batch []core.Sealed, sentAt time.Time, outcome *core.BatchError) (body []byte, at []int) {
	body = append(body, `{"batch":[`...)
	for i, e := range batch {
		text, err := encode(e, s.prefix)
		if err != nil {
			outcome.Fail(i, err)
			continue
		}
		if len(at) > 0 {
			body = append(body, ',')
		}
		body, at = append(body, text...), append(at, i)
	}
	body = append(body, `],"context":{"library":{"name":"headgate"}},"sentAt":"`...)
	body = sentAt.UTC().AppendFormat(body, "2006-01-02T15:04:05.000Z")
	return append(body, `"}`...), at
}

func (s *Sink) post(ctx context.Context, body []byte, messages int) error {
	if len(body) > maxBatchBytes {
		return core.TooLarge(fmt.Errorf("the body of %d messages has %d bytes, more than the %d that Segment takes", messages, len(body), maxBatchBytes))
	}
	req := transport.Request{URL: s.url, Header: s.header(), Body: body}
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err
	}
	return s.judge(req, resp)
}

// judge says what an answer means. Where it differs from [transport.Classify] it does what
// @segment/analytics-node 3.1.0 does.
func (s *Sink) judge(req transport.Request, resp *transport.Response) error {
	err := s.client.Classify(req, &transport.Response{Status: resp.Status, Header: resp.Header, Body: shown(resp.Body)})
	const clientTimeout = 460 // of AWS load balancers: the client closed the connection
	switch resp.Status {
	case http.StatusGone, clientTimeout:
		return unclassed{err}
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusNetworkAuthenticationRequired:
		return core.Refused(err) // by this server, or one that is in the way, again and again
	case http.StatusTooManyRequests:
		if class, _ := core.Classify(err); class != core.ClassRetryAfter {
			if wait, ok := untilReset(resp.Header); ok {
				return core.RetryAfter(wait, err)
			}
		}
	}
	return err
}

// shown returns what of a body may be shown: what Segment says is wrong, which has no event in it.
func shown(body []byte) []byte {
	var answer struct {
		Message string `json:"message"`
		Error   struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		if len(body) > 0 && body[0] == '{' {
			return nil
		}
		return body
	}
	if answer.Message != "" {
		return []byte(answer.Message)
	}
	return []byte(answer.Error.Code + " " + answer.Error.Message)
}

// untilReset reads the seconds until a rate limit ends.
// https://segment.com/docs/connections/rate-limits
func untilReset(header http.Header) (time.Duration, bool) {
	seconds, err := strconv.Atoi(header.Get("X-RateLimit-Reset"))
	if err != nil || seconds <= 0 || seconds > int(maxReset/time.Second) {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}

// merge says what became of a batch of which some events were not sent: outcome has those
// already, err is about the others, which are at these indexes.
func merge(outcome *core.BatchError, err error, at []int) error {
	if len(outcome.Failed) == 0 {
		return err
	}
	if class, _ := core.Classify(err); len(at) > 1 && (class == core.ClassPermanent || class == core.ClassTooLarge) {
		// An error that names an event ends it, but this one wants the batch split. So
		// the events come back as a batch of their own, which can be.
		err = core.RetryAfter(resendWait, unclassed{err})
	}
	for _, i := range at {
		outcome.Fail(i, err)
	}
	return outcome.OrNil()
}

// unclassed hides the class of an error.
type unclassed struct{ err error }

func (e unclassed) Error() string { return e.err.Error() }

// Preview returns the request that Send would make.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	outcome := new(core.BatchError)
	body, at := s.body(batch, time.Now(), outcome)
	if len(at) == 0 {
		return nil, outcome.OrNil()
	}
	header := s.header().Clone()
	header.Set("Authorization", "Basic [redacted]")
	return []core.Request{{Method: http.MethodPost, URL: s.url, Header: header, Body: string(body)}}, nil
}
