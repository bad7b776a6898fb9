package server

import (
	"net/http"
	"time"
)

// serveEvents is POST /v1/events.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) error {
	from, ok := s.rules().senders.byHeader(r)
	if !ok {
		return errUnauthorized
	}
	if wait := from.pace.wait(time.Now()); wait > 0 {
		return errTooFast(wait)
	}
	f, err := formatOf(r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	b, err := s.rules().bodies.read(w, r)
	if err != nil {
		return err
	}
	defer b.release()
	return s.takeBody(w, r, from, f, b.data)
}

// takeBody cuts a body into its events, and takes them.
func (s *Server) takeBody(w http.ResponseWriter, r *http.Request, from *sender, f format, body []byte) error {
	events := s.newCandidates()
	defer events.release()
	if err := events.cut(f, body, s.rules().maxEvents); err != nil {
		return err
	}
	from.pace.spend(time.Now(), len(events.list))
	s.take(w, r, events.list)
	return nil
}

// take offers the candidates and answers with the account of them.
func (s *Server) take(w http.ResponseWriter, r *http.Request, list []candidate) {
	ctx, cancel := patience(r)
	defer cancel()
	in := newIntake(ctx, s.opts.Gate, r.Header, len(list))
	for i := range list {
		c := &list[i]
		if c.flaw != nil {
			in.offerBroken(c.index, c.flaw)
			continue
		}
		in.offerText(c.index, &c.event)
	}
	in.settle()
	again := in.verdict()
	if again == nil {
		writeJSON(w, http.StatusOK, in.account)
		return
	}
	s.refused.count(again.status)
	again.setHeader(w.Header())
	in.account.Error = again.text + "; send the whole body again"
	writeJSON(w, again.status, in.account)
}
