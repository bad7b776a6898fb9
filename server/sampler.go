package server

import (
	"hash/maphash"
	"time"
)

const (
	// samplePeriod is the time over which a sampler keeps to its aim.
	samplePeriod = time.Second
	// sampleAim is how many outcomes a period are to be chosen, sampleMost how many before the
	// next are chosen more sparingly at once.
	sampleAim  = 32
	sampleMost = 64
	// sampleKnown is how many events are remembered as chosen.
	sampleKnown = 1024
)

// sampler chooses a few of many events, all of few. It goes by the id, so that of an event
// that was chosen every outcome is, at whichever sink. It is for one goroutine at a time.
type sampler struct {
	seed   maphash.Seed
	level  uint // one of 2^level is chosen
	began  time.Time
	seen   int // since it began, but for what becomes of those chosen before
	chosen int

	known map[uint64]struct{}
	ring  []uint64 // the keys of known, the oldest at next
	next  int
}

func newSampler(now time.Time) *sampler {
	return &sampler{seed: maphash.MakeSeed(), began: now, known: make(map[uint64]struct{}, sampleKnown)}
}

// oneIn returns of how many events one is chosen.
func (s *sampler) oneIn() int { return 1 << s.level }

// take reports whether an event is chosen.
func (s *sampler) take(id string, now time.Time) bool {
	s.turn(now)
	key := maphash.String(s.seed, id)
	if _, known := s.known[key]; known {
		return true
	}
	s.seen++
	if s.chosen >= sampleMost {
		s.level, s.chosen = s.level+1, 0
	}
	if key&(1<<s.level-1) != 0 {
		return false
	}
	s.chosen++
	s.remember(key)
	return true
}

// turn begins a new period when one is over, with the level that the last one called for.
func (s *sampler) turn(now time.Time) {
	past := now.Sub(s.began)
	if past < samplePeriod {
		return
	}
	rate := float64(s.seen) / past.Seconds()
	for s.level = 0; rate > sampleAim && s.level < 30; s.level++ {
		rate /= 2
	}
	s.began, s.seen, s.chosen = now, 0, 0
}

func (s *sampler) remember(key uint64) {
	if len(s.ring) < sampleKnown {
		s.ring = append(s.ring, key)
	} else {
		delete(s.known, s.ring[s.next])
		s.ring[s.next] = key
		s.next = (s.next + 1) % sampleKnown
	}
	s.known[key] = struct{}{}
}
