package core

import "time"

// collect fills the batch with the next events for the sink: until it is full, the
// first has waited long enough, somebody waits for a flush, or parked work is due. It
// reports false when there is nothing more to do.
func (w *worker) collect() bool {
	l, s := w.lane, w.session
	draining := s.draining() // as of which parked work is due
	parkedDue, stop := w.parkedDue()
	defer stop()
	select {
	case l.collecting <- struct{}{}:
		defer func() { <-l.collecting }()
	case <-parkedDue: // another worker waits for events
		return true
	case w.resending = <-l.resends:
		return true
	case <-s.retired:
		return false
	case <-s.ctx.Done():
		return false
	}
	// While the sink may not be tried, events stay in the log, where there is a
	// policy for having too many.
	if !w.health.ready(s) {
		return false
	}
	var linger <-chan time.Time
	for {
		hurry := s.hurry.wait()
		full := w.fill()
		some := len(w.batch.events) > 0
		switch {
		case s.retiring(): // what is in the batch is left
			return some
		case full, some && (s.hurried() || l.cfg.Batch.MaxWait < 0):
			return true
		case !draining && s.draining(): // parked work is due sooner now
			return true
		case !some && draining && !w.parkedInTime() && l.unread() == 0:
			return false
		case some && linger == nil:
			timer := time.NewTimer(l.cfg.Batch.MaxWait)
			defer timer.Stop()
			linger = timer.C
		}
		resends := l.resends
		if some {
			resends = nil // the batch comes first
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
		case <-parkedDue:
			return true
		case w.resending = <-resends:
			return true
		case <-s.retired:
		case <-s.ctx.Done():
			return false
		}
	}
}

// fill moves what is in the log into the batch, and reports whether the batch is full.
func (w *worker) fill() (full bool) {
	for {
		events, bytes := w.maxEvents-len(w.batch.events), w.maxBytes-w.batch.bytes
		if events <= 0 || bytes <= 0 {
			return true
		}
		run, more := w.fetch(events, bytes)
		if run.Len() == 0 {
			return more
		}
		w.sifting = sifting{active: true, run: run, place: run.First, size: run.Size(), kept: w.sifting.kept}
		w.sift()
	}
}
