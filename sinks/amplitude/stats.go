package amplitude

import (
	"errors"
	"sync"

	"github.com/headgate-dev/headgate/core"
)

// Stats count what Amplitude could not take as it was. Each event counts once, when it has
// been delivered, not with every attempt.
type Stats struct {
	// Renamed is the number of events whose name is reserved.
	Renamed uint64
	// Cut is the number of texts and keys that were too long.
	Cut uint64
	// Clamped is the number of events whose time was moved.
	Clamped uint64
}

func (s *Stats) add(other Stats) {
	s.Renamed += other.Renamed
	s.Cut += other.Cut
	s.Clamped += other.Clamped
}

func count(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}

// totals are the Stats of all that was delivered.
type totals struct {
	mu    sync.Mutex
	stats Stats
}

// add counts the changes to the events that an attempt has delivered.
func (t *totals) add(changes []Stats, err error) {
	var partial *core.BatchError
	if err != nil && !errors.As(err, &partial) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range changes {
		if partial == nil || partial.Failed[i] == nil {
			t.stats.add(changes[i])
		}
	}
}

// Stats returns what was changed so far. It may be called at any time.
func (s *Sink) Stats() Stats {
	s.totals.mu.Lock()
	defer s.totals.mu.Unlock()
	return s.totals.stats
}
