package core

// Events stay in a worker's hand beyond their run when they are set aside, or when they
// are few of it, or when the session ends before they are finished. The log holds them then: a durable
// one beyond the process.

// hold returns the event in memory that stays valid when its run is done.
func (w *worker) hold(event Sealed) Sealed {
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
	for place := range w.held {
		if _, still := parked[place]; !still {
			w.lane.cursor.Release(place)
			delete(w.held, place)
		}
	}
}

// leave has the log hold events for whoever reads it next.
func (w *worker) leave(events []Sealed) {
	for i := range events {
		w.lane.cursor.Hold(events[i].place, events[i].rec)
		delete(w.held, events[i].place)
	}
}
