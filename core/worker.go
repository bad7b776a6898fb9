package core

import (
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// worker is one of a lane's goroutines: it collects a batch, delivers it, and starts over.
type worker struct {
	lane    *lane
	session *session
	health  *health
	sink    Sink
	ended   func()          // is called when the worker is gone
	after   <-chan struct{} // closed when the sink's workers of an earlier session are gone; nil if it had none

	maxEvents, maxBytes int // of a batch
	eventLimit          int // bytes of an event that the sink can take; 0: any

	batch     batch
	sifting   sifting
	delivery  delivery
	parked    []parked
	resending *resend             // asked for by a replay
	held      map[uint64]struct{} // places of the events that the log holds for the worker

	// Guarded by lane.mu: while busy, events at place or behind it are in hand; while
	// an attempt is being made, due is when it should have returned.
	busy  bool
	place uint64
	due   time.Time

	oldest atomic.Int64 // when the oldest event in hand was accepted, in Unix nanoseconds; 0 without any
}

// run is the life of a worker. A sink or filter that ends the goroutine, as
// [runtime.Goexit] does, fails the attempt: another goroutine carries on.
func (w *worker) run() {
	defer w.session.workers.Done()
	returned := false
	defer func() {
		_ = recover() // of a fault of our own: nothing here may end the host program
		if !returned {
			w.session.workers.Add(1)
			go w.run()
		}
	}()
	w.awaitPredecessors()
	w.awaitGate()
	w.resume()
	for w.step() {
	}
	w.giveBack()
	returned = true
	w.ended()
}

// awaitPredecessors keeps the concurrency of a sink that is used again in a new session.
func (w *worker) awaitPredecessors() {
	if w.after == nil {
		return
	}
	select {
	case <-w.after:
	case <-w.session.ctx.Done():
	}
}

// awaitGate waits until the session may begin.
func (w *worker) awaitGate() {
	if w.session.gate == nil {
		return
	}
	select {
	case <-w.session.gate:
	case <-w.session.ctx.Done():
	}
}

// resume carries on where an earlier goroutine of the worker was ended.
func (w *worker) resume() {
	if w.resending != nil {
		w.resent(errExited)
	}
	if w.sifting.active {
		w.sifting.drop(reasonWhen) // the filter did not return for this one
		w.sift()
	}
	if len(w.delivery.now.events) == 0 {
		return
	}
	w.settle(&w.delivery, errExited)
	w.delivery.now = work{}
	w.deliver()
	w.giveBackBatch()
}

// step delivers parked work that is due, or else a batch. It reports false when there
// is nothing more to do.
func (w *worker) step() bool {
	if w.unpark() {
		w.deliver()
		w.giveBackBatch()
		return true
	}
	if !w.collect() {
		return false
	}
	if w.resending != nil {
		w.resend()
		return true
	}
	if len(w.batch.events) > 0 {
		w.delivery = delivery{todo: []work{{events: w.batch.events, place: w.batch.place, first: time.Now()}}}
		w.deliver()
	}
	w.giveBackBatch()
	return true
}

// giveBackBatch returns the memory of the batch to the log. What is not finished of it
// has been parked, or left because the session is over.
func (w *worker) giveBackBatch() {
	w.batch.reset()
	w.letGo()
	w.mark()
}

// giveBack ends what is in hand when the session does, or leaves it.
func (w *worker) giveBack() {
	withdrawn := w.session.withdrawn.Load()
	for _, p := range w.parked {
		if withdrawn {
			w.lane.finish(len(p.events), &w.lane.counts.filtered, reasonWithdrawn)
		} else {
			w.leave(p.events)
		}
	}
	if withdrawn {
		w.lane.finish(len(w.batch.events), &w.lane.counts.filtered, reasonWithdrawn)
	} else {
		w.leave(w.batch.events)
	}
	w.parked = nil
	w.giveBackBatch()
}

// mark notes how far back in the log the oldest event in hand is.
func (w *worker) mark() {
	busy, place := len(w.batch.runs) > 0, w.batch.place
	for _, p := range w.parked {
		if !busy || p.place < place {
			busy, place = true, p.place
		}
	}
	oldest := w.earliestParked(w.batch.oldest)
	w.lane.mu.Lock()
	w.busy, w.place = busy, place
	w.oldest.Store(oldest)
	w.lane.mu.Unlock()
	w.lane.progress.notify()
}

// fetch takes a run from the log into the lane's hand. A worker whose session is over
// gets nothing: the events are another's.
func (w *worker) fetch(events, bytes int) (run queue.Run, more bool) {
	l := w.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.session.ctx.Err() != nil {
		return queue.Run{}, false
	}
	run, more = l.cursor.Fetch(events, bytes, len(w.batch.events) == 0)
	l.inHand += uint64(run.Len())
	if run.Len() > 0 {
		if at := run.AcceptedAt(acceptedAt); !at.IsZero() {
			w.oldest.Store(before(w.oldest.Load(), at.UnixNano()))
		}
		if len(w.batch.runs) == 0 && len(w.batch.events) == 0 || run.First < w.batch.place {
			w.batch.place = run.First // what was given back may come behind what is newer
		}
		if !w.busy || w.batch.place < w.place {
			w.busy, w.place = true, w.batch.place
		}
	}
	return run, more
}
