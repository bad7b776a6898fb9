package core

import (
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// worker is one of a lane's goroutines: it collects a batch, delivers it, and starts over.
type worker struct {
	lane    *lane
	session *session
	sink    Sink

	maxEvents, maxBytes int // of a batch
	eventLimit          int // bytes of an event that the sink can take; 0: any

	batch    batch
	delivery delivery

	// Guarded by lane.mu: while busy, events at place or behind it are in hand; while
	// an attempt is being made, due is when it should have returned.
	busy  bool
	place uint64
	due   time.Time
}

// collect fills the batch with the next events for the sink: until it is full, the
// first has waited long enough, or somebody waits for a flush. It reports false when
// there is nothing more to do.
func (w *worker) collect() bool {
	l, s := w.lane, w.session
	select {
	case l.collecting <- struct{}{}:
		defer func() { <-l.collecting }()
	case <-s.ctx.Done():
		return false
	}
	// While the sink may not be tried, events stay in the log, where there is a
	// policy for having too many.
	if !l.health.ready(s) {
		return false
	}
	var linger <-chan time.Time
	for {
		hurry := s.hurry.wait()
		full := w.fill()
		some := len(w.batch.events) > 0
		switch {
		case full, some && (s.hurried() || l.cfg.Batch.MaxWait < 0):
			return true
		case !some && s.draining():
			return false
		case some && linger == nil:
			timer := time.NewTimer(l.cfg.Batch.MaxWait)
			defer timer.Stop()
			linger = timer.C
		}
		if some {
			l.cursor.Want(w.maxEvents-len(w.batch.events), w.maxBytes-w.batch.bytes)
		} else {
			l.cursor.Want(1, 1)
		}
		select {
		case <-l.cursor.Ready():
		case <-hurry:
		case <-linger:
			w.fill() // what came since
			return true
		case <-s.ctx.Done():
			return some
		}
	}
}

// fill moves what is in the log into the batch, and reports whether the batch is full.
func (w *worker) fill() (full bool) {
	b := &w.batch
	for {
		events, bytes := w.maxEvents-len(b.events), w.maxBytes-b.bytes
		if events <= 0 || bytes <= 0 {
			return true
		}
		run, more := w.fetch(events, bytes)
		if run.Len() == 0 {
			return more
		}
		before := len(b.events)
		w.sift(&run)
		if len(b.events) > before {
			b.runs = append(b.runs, run)
			continue
		}
		run.Done()
		if before == 0 {
			w.idle()
		}
	}
}

// fetch takes a run from the log into the lane's hand.
func (w *worker) fetch(events, bytes int) (run queue.Run, more bool) {
	l := w.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	run, more = l.cursor.Fetch(events, bytes, len(w.batch.events) == 0)
	l.inHand += uint64(run.Len())
	if run.Len() > 0 && !w.busy {
		w.busy, w.place = true, run.First
	}
	return run, more
}

// idle says that nothing is in hand.
func (w *worker) idle() {
	w.lane.mu.Lock()
	w.busy = false
	w.lane.mu.Unlock()
	w.lane.progress.notify()
}

// sift puts the events of a run that the sink is to get into the batch, and counts the others.
func (w *worker) sift(run *queue.Run) {
	l := w.lane
	var dropped siftCounts
	for rec := run.Next(); rec != nil; rec = run.Next() {
		s, err := openRecord(rec)
		if err != nil {
			dropped.add(reasonDamaged)
			continue
		}
		if reason := l.filter(&s); reason != "" {
			dropped.add(reason)
			continue
		}
		if w.eventLimit > 0 && len(s.JSON()) > w.eventLimit {
			l.bury([]Sealed{s}, deadTooLarge, nil, 0)
			continue
		}
		w.batch.events = append(w.batch.events, s)
		w.batch.bytes += len(rec)
	}
	for i, n := range dropped {
		reason := siftReasons[i]
		count := &l.counts.filtered
		if reason == reasonSample {
			count, reason = &l.counts.sampledOut, ""
		}
		l.finish(n, count, reason)
	}
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

// reasonSample marks events that sampling keeps from a sink; they have a counter of their own.
const reasonSample = "sampled_out"

var siftReasons = [...]string{reasonConsent, reasonEvents, reasonWhen, reasonSample, reasonDamaged}

// siftCounts count the events of a run by siftReasons.
type siftCounts [len(siftReasons)]int

func (c *siftCounts) add(reason string) {
	for i, r := range siftReasons {
		if r == reason {
			c[i]++
		}
	}
}
