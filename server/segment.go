package server

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/headgate-dev/headgate/server/segment"
)

var (
	errSegmentBody  = &refusal{status: http.StatusBadRequest, text: "the body is not a JSON object, or has no batch"}
	errSegmentMedia = &refusal{status: http.StatusUnsupportedMediaType, text: "the Content-Type must be application/json or text/plain, in UTF-8"}
)

// segmentAnswer is what Segment answers. It has no place to say which messages were refused.
type segmentAnswer struct {
	Success bool   `json:"success"`
	Message string `json:"message,omitempty"`
}

func segmentFailure(text string) any { return segmentAnswer{Message: text} }

// addSegment adds the endpoints of Segment's API.
func (s *Server) addSegment(routes map[string]route) {
	for name, endpoint := range segment.Endpoints() {
		serve := func(w http.ResponseWriter, r *http.Request) error { return s.serveSegment(w, r, endpoint) }
		routes["/v1/"+name] = route{method: http.MethodPost, serve: serve, failure: segmentFailure}
	}
}

// serveSegment is POST /v1/batch and its likes.
func (s *Server) serveSegment(w http.ResponseWriter, r *http.Request, endpoint segment.Endpoint) error {
	received := time.Now()
	switch mediaType(r.Header.Get("Content-Type")) {
	case "application/json", "text/plain": // the latter spares a browser the preflight
	default:
		return errSegmentMedia
	}
	from, b, err := s.readKeyed(w, r, "")
	if err != nil {
		return err
	}
	defer b.release()
	messages, err := endpoint.Parse(b.data, segment.Limits{Messages: s.rules().maxEvents, Context: s.rules().maxBody})
	switch {
	case errors.Is(err, segment.ErrTooMany):
		return errTooMany
	case errors.Is(err, segment.ErrTooLarge):
		return errTooLarge
	case err != nil:
		return errSegmentBody
	}
	from.pace.spend(time.Now(), messages.Len())
	if err := s.takeSegment(r, messages, received); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, segmentAnswer{Success: true})
	return nil
}

// takeSegment offers the messages. It returns why they have to be sent again, all of them for
// lack of another way to ask: those without an id may come twice then.
func (s *Server) takeSegment(r *http.Request, messages *segment.Body, received time.Time) error {
	ctx, cancel := patience(r)
	defer cancel()
	in := newIntake(ctx, s.opts.Gate, r.Header, messages.Len())
	index := 0
	for e, err := range messages.Events(received) {
		if err != nil {
			in.offerBroken(index, err)
		} else {
			in.offer(index, e)
		}
		index++
	}
	in.settle()
	if in.refused != nil {
		return in.refused
	}
	if refused := in.account.Rejected; len(refused) > 0 {
		s.hints.Do(func() {
			s.opts.Logger.Warn("messages of a Segment library were rejected, which it is not told", slog.Int("messages", len(refused)), slog.String("first", refused[0].Error))
		})
	}
	return nil
}
