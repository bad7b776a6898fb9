package ga4

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Bounds of a pause that GA4 did not ask for.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// pause says how long the sink is to rest, lest it lose batch after batch while GA4 is in
// trouble: what is lost at most once is settled, so that the dispatcher has nothing to try
// again and would go on with the next batch.
type pause struct {
	first, longest time.Duration

	mu       sync.Mutex
	failures int // in a row
}

// next returns what was asked for, or a time that is longer with each failure in a row.
func (p *pause) next(asked time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	bound := min(p.first<<min(p.failures, 20), p.longest)
	p.failures++
	if asked > 0 {
		return asked
	}
	return bound/2 + rand.N(bound/2+1) // apart from other programs that failed at the same time
}

// end says that a request was answered well.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures = 0
}
