package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server/langflow"
)

// langflowParts returns the parts of a path under /langflow, without those that are empty:
// Langflow joins its base URL and the event's name by a slash whatever the base ends
// in, and does not follow a redirect to the cleaned path.
func langflowParts(u *url.URL) (parts []string, ok bool) {
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if part == "" {
			continue
		}
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 || parts[0] != "langflow" {
		return nil, false
	}
	return parts[1:], true
}

// serveLangflow is GET /langflow[/KEY][/ENDPOINT]. The answer to what was taken is 200, which is the
// only status that Langflow counts as success, and has no body, which it would log.
func (s *Server) serveLangflow(w http.ResponseWriter, r *http.Request, parts []string) error {
	from, parts, ok := s.langflowSender(r, parts)
	if !ok {
		return errUnauthorized
	}
	now := time.Now()
	if wait := from.pace.wait(now); wait > 0 {
		return errTooFast(wait)
	}
	from.pace.spend(now, 1)

	endpoint := ""
	if len(parts) > 0 {
		endpoint = parts[len(parts)-1] // what stands before it belongs to the base URL
	}
	ctx, cancel := patience(r)
	defer cancel()
	in := newIntake(ctx, s.opts.Gate, r.Header, 1)
	e := langflow.ParseEvent(endpoint, r.URL.RawQuery)
	e.Consent = in.consent
	if report, ok := s.assemble(ctx, from, e, len(r.URL.RawQuery)); ok {
		in.offer(0, report)
	}
	in.settle()
	if in.refused != nil {
		return in.refused
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	return nil
}

// langflowSender returns who sends, by the first part of the path or else by the
// Authorization, which a proxy may add, and the parts without the key.
func (s *Server) langflowSender(r *http.Request, parts []string) (*sender, []string, bool) {
	if s.rules().senders.keyed() && len(parts) > 0 {
		if from, ok := s.rules().senders.byKey(parts[0]); ok {
			return from, parts[1:], true
		}
	}
	from, ok := s.rules().senders.byHeader(r)
	return from, parts, ok
}

// assemble holds chunks back until they are whole, unless nothing may be kept of them.
func (s *Server) assemble(ctx context.Context, from *sender, e core.Event, size int) (core.Event, bool) {
	if e.Consent.DoNotTrack || langflow.IsChunk(e) && !s.opts.Gate.Tracking() {
		return e, true
	}
	return s.chunks.Add(ctx, from.scope, e, size)
}

// giveUp hands in the chunks that could not be completed. Nobody waits for the answer, and
// the gate counts what it does not take.
func (s *Server) giveUp(ctx context.Context, e core.Event) {
	defer s.panics.catch()
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	_, _ = s.opts.Gate.Offer(ctx, e)
}
