package core

import "github.com/headgate-dev/headgate/core/queue"

// batch is what a worker of a lane has in hand: the events that passed the sink's
// filters, and the runs of the log they lie in.
type batch struct {
	events []Sealed
	bytes  int
	runs   []queue.Run
}

func (b *batch) reset() {
	for i := range b.runs {
		b.runs[i].Done()
	}
	clear(b.events)
	clear(b.runs)
	b.events, b.runs, b.bytes = b.events[:0], b.runs[:0], 0
}

// work is a part of a batch that is sent as one.
type work struct {
	events   []Sealed
	attempts int
	panics   int
}

// halve returns the work as two.
func (w work) halve() (first, second work) {
	middle := (len(w.events) + 1) / 2
	first, second = w, w
	first.events, second.events = w.events[:middle:middle], w.events[middle:]
	return first, second
}

// splitBudget bounds the requests that the search for bad events may take without
// getting anywhere. It gets somewhere when it has both delivered something and isolated
// a bad event: then the next one has a budget of its own. So one bad event among
// n takes at most 2·log2 n + 1 requests, and so does a batch that is bad as a whole.
type splitBudget struct {
	limit, spent       int
	delivered, culprit bool
}

func newSplitBudget(events int) *splitBudget {
	limit := 1
	for n := 1; n < events; n *= 2 {
		limit += 2
	}
	return &splitBudget{limit: limit, spent: 1} // the request that failed is the first
}

// spend takes one request, and reports whether there was one left.
func (s *splitBudget) spend() bool {
	if s.spent >= s.limit {
		return false
	}
	s.spent++
	return true
}

func (s *splitBudget) sawDelivery() { s.delivered = true; s.renew() }

func (s *splitBudget) sawCulprit() { s.culprit = true; s.renew() }

func (s *splitBudget) renew() {
	if s.delivered && s.culprit {
		*s = splitBudget{limit: s.limit}
	}
}
