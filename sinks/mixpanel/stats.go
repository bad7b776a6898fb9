package mixpanel

import "sync"

// Stats count what Mixpanel could not take as it was. Each event counts once, when it has been
// delivered, not with every attempt.
type Stats struct {
	// Renamed is the number of events and properties that have another name in Mixpanel.
	Renamed uint64
	// Cut is the number of values that were too long or too deep.
	Cut uint64
	// Dropped is the number of properties, members and elements that were left out.
	Dropped uint64
	// Clamped is the number of events whose time was moved.
	Clamped uint64
}

func (s *Stats) add(other Stats) {
	s.Renamed += other.Renamed
	s.Cut += other.Cut
	s.Dropped += other.Dropped
	s.Clamped += other.Clamped
}

func (s *Stats) cut(yes bool) {
	if yes {
		s.Cut++
	}
}

// totals are the Stats of all that was sent.
type totals struct {
	mu    sync.Mutex
	stats Stats
}

func (t *totals) add(s Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.add(s)
}

// Stats returns what was changed so far. It may be called at any time.
func (s *Sink) Stats() Stats {
	s.totals.mu.Lock()
	defer s.totals.mu.Unlock()
	return s.totals.stats
}
