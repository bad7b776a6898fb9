package core

import "github.com/headgate-dev/headgate/core/queue"

// sifting is a run of the log whose events are being looked at.
type sifting struct {
	active  bool
	run     queue.Run
	place   uint64 // of the next record
	size    int    // bytes of the run
	kept    []Sealed
	bytes   int // of what is kept
	dropped [len(siftReasons)]int
}

// reasonSample marks events that sampling keeps from a sink; they have a counter of their own.
const reasonSample = "sampled_out"

var siftReasons = [...]string{reasonConsent, reasonEvents, reasonWhen, reasonSample, reasonDamaged, reasonForgotten}

func (s *sifting) drop(reason string) {
	for i, r := range siftReasons {
		if r == reason {
			s.dropped[i]++
		}
	}
}

// sift puts the events of a run that the sink is to get into the batch, and counts the others.
func (w *worker) sift() {
	l, s := w.lane, &w.sifting
	for rec := s.run.Next(); rec != nil; rec = s.run.Next() {
		event, err := openRecord(rec)
		event.place = s.place
		s.place++
		if err != nil {
			s.drop(whyUnreadable(rec))
			continue
		}
		if reason := l.filter(&event); reason != "" {
			s.drop(reason)
			l.observeFiltered(event, reason)
			continue
		}
		if w.eventLimit > 0 && len(event.JSON()) > w.eventLimit {
			w.bury([]Sealed{event}, deadTooLarge, nil, 0)
			continue
		}
		s.kept = append(s.kept, event)
		s.bytes += len(rec)
	}
	w.take(s)
	for i, n := range s.dropped {
		reason := siftReasons[i]
		count := &l.counts.filtered
		if reason == reasonSample {
			count, reason = &l.counts.sampledOut, ""
		}
		l.finish(n, count, reason)
	}
	clear(s.kept)
	w.sifting = sifting{kept: s.kept[:0]}
	if len(w.batch.events) == 0 {
		w.mark()
	} else {
		w.oldest.Store(w.earliestParked(w.batch.oldest))
	}
}

// take adds what was kept of a run to the batch. When that is little of the run, only
// that is held, so that a sink with a sparse filter does not hold the log in memory.
func (w *worker) take(s *sifting) {
	b := &w.batch
	b.bytes += s.bytes
	b.oldest = earliest(b.oldest, s.kept)
	if len(s.kept) > 0 && s.bytes >= s.size/4 {
		b.events = append(b.events, s.kept...)
		b.runs = append(b.runs, s.run)
		return
	}
	for _, event := range s.kept {
		b.events = append(b.events, w.hold(event))
	}
	s.run.Done()
}

// filter says why the sink does not get an event, "" if it does.
func (l *lane) filter(s *Sealed) (reason string) {
	switch {
	case !s.allows(l.cfg.Reach, l.cfg.Purposes):
		return reasonConsent
	case !l.events.all() && !l.events.match(s.Name()):
		return reasonEvents
	case l.cfg.When != nil && !l.when(s):
		return reasonWhen
	case uint32(s.bucket()) >= l.sample:
		return reasonSample
	}
	return ""
}

// when asks the host's filter; one that panics does not let the event pass.
func (l *lane) when(s *Sealed) (keep bool) {
	defer func() {
		if recover() != nil {
			keep = false
		}
	}()
	return l.cfg.When(*s)
}
