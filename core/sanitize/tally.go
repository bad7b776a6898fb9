package sanitize

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Tally counts findings by their kind, and knows nothing else of them. The zero Tally is ready;
// its methods may be called from several goroutines.
type Tally struct {
	mu     sync.Mutex
	counts atomic.Pointer[map[string]*atomic.Uint64] // by kind; replaced to add one
}

// Counts returns how many findings there were of each kind.
func (t *Tally) Counts() map[string]uint64 {
	counts := make(map[string]uint64)
	if all := t.counts.Load(); all != nil {
		for kind, n := range *all {
			counts[kind] = n.Load()
		}
	}
	return counts
}

// CountIn has every finding of the sanitizer's encoders counted in t from now on. It must be called
// before the sanitizer is used.
func (s *Sanitizer) CountIn(t *Tally) { s.tally = t }

// add counts a finding. There are as many kinds as this package has names for.
func (t *Tally) add(kind string) {
	if all := t.counts.Load(); all != nil {
		if n := (*all)[kind]; n != nil {
			n.Add(1)
			return
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	grown := make(map[string]*atomic.Uint64)
	if all := t.counts.Load(); all != nil {
		maps.Copy(grown, *all)
	}
	if grown[kind] == nil {
		grown[kind] = new(atomic.Uint64)
	}
	grown[kind].Add(1)
	t.counts.Store(&grown)
}
