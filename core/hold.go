package core

import "bytes"

// Events stay in a worker's hand beyond their run when they are set aside, or when they
// are few of it, or when the session ends before they are finished. The log holds them then: a durable
// one beyond the process.

// hold returns the event in memory that stays valid when its run is done.
func (w *worker) hold(event Sealed) Sealed {
	w.lane.mu.Lock()
	defer w.lane.mu.Unlock()
	if w.lane.givenBack { // the cursor is another's
		event.rec = bytes.Clone(event.rec)
		return event
	}
	event.rec = w.lane.cursor.Hold(event.place, event.rec)
	if w.held == nil {
		w.held = make(map[uint64]struct{})
	}
	w.held[event.place] = struct{}{}
	return event
}

// letGo releases what is held but for what is parked: the rest has come to its end.
func (w *worker) letGo() {
	if len(w.held) == 0 {
		return
	}
	parked := make(map[uint64]struct{})
	for _, p := range w.parked {
		for i := range p.events {
			parked[p.events[i].place] = struct{}{}
		}
	}
	w.lane.mu.Lock()
	defer w.lane.mu.Unlock()
	for place := range w.held {
		if _, still := parked[place]; !still {
			if !w.lane.givenBack {
				w.lane.cursor.Release(place)
			}
			delete(w.held, place)
		}
	}
}

// leave has the log hold events for whoever reads it next, unless they were given back already.
func (w *worker) leave(events []Sealed) {
	w.lane.mu.Lock()
	defer w.lane.mu.Unlock()
	if w.lane.givenBack {
		return
	}
	for i := range events {
		w.lane.cursor.Hold(events[i].place, events[i].rec)
		delete(w.held, events[i].place)
	}
}

// over reports whether what the lane had in hand was given back, so that it is another's.
func (l *lane) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.givenBack
}
