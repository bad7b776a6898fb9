package core

import (
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// batch is what a worker of a lane has in hand: the events that passed the sink's
// filters, and the runs of the log they lie in.
type batch struct {
	events []Sealed
	bytes  int
	runs   []queue.Run
	place  uint64 // in the log, of the first record looked at
	oldest int64  // when the first of the events was accepted, in Unix nanoseconds; 0 without any
}

func (b *batch) reset() {
	for i := range b.runs {
		b.runs[i].Done()
	}
	clear(b.events)
	clear(b.runs)
	b.events, b.runs, b.bytes, b.oldest = b.events[:0], b.runs[:0], 0, 0
}

// work is a part of a batch that is sent as one.
type work struct {
	events   []Sealed
	place    uint64    // in the log, not behind the first event
	first    time.Time // when the batch was taken in hand
	sends    int       // attempts that had these events, in whatever batch
	failures int       // attempts that failed for this part
	panics   int
}

func (w *work) bytes() (n int) {
	for i := range w.events {
		n += len(w.events[i].rec)
	}
	return n
}

// halve returns the work as two.
func (w work) halve() (first, second work) {
	middle := (len(w.events) + 1) / 2
	first, second = w, w
	first.events, second.events = w.events[:middle:middle], w.events[middle:]
	return first, second
}

// search bounds the refused requests that the search for bad events may take without
// getting anywhere: it gets somewhere when it delivers, or isolates a bad event after something
// was delivered. So one bad event among n takes at most 2·log2 n + 1 requests, and
// so does a batch that is bad as a whole.
type search struct {
	limit, spent int
	delivered    bool
}

func newSearch(events int) *search {
	limit := 1
	for n := 1; n < events; n *= 2 {
		limit += 2
	}
	return &search{limit: limit}
}

func (s *search) exhausted() bool { return s.spent >= s.limit }

// widely reports whether the next part to try is the largest rather than the oldest:
// when going down to the first bad event has used half of the requests, and told nothing
// of the others.
func (s *search) widely() bool { return !s.delivered && s.spent > s.limit/2 }

func (s *search) sawDelivery() { s.delivered, s.spent = true, 0 }

func (s *search) sawCulprit() {
	if s.delivered {
		s.spent = 0
	}
}
