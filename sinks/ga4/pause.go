package ga4

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Bounds of a pause that GA4 did not ask for.
const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// pause keeps the sink from losing batch after batch while GA4 is in trouble: what is lost
// at most once is settled, so that the dispatcher has nothing to try again and would
// go on with the next batch.
type pause struct {
	first, longest time.Duration

	mu       sync.Mutex
	failures int // in a row
	until    time.Time
	reason   error
}

// begin pauses for as long as was asked for, or longer with each failure in a row. It
// returns the error for events that have not been sent.
func (p *pause) begin(asked time.Duration, reason error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := asked
	if wait <= 0 {
		bound := p.first << min(p.failures, 20)
		bound = min(bound, p.longest)
		wait = bound/2 + rand.N(bound/2+1) // apart from other programs that failed at the same time
	}
	p.failures++
	if until := time.Now().Add(wait); until.After(p.until) {
		p.until = until
	}
	p.reason = fmt.Errorf("paused: %w", reason)
	return core.RetryAfter(time.Until(p.until), p.reason)
}

// rest returns nil when there is no pause, else the error for events that come during it.
func (p *pause) rest() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := time.Until(p.until); wait > 0 {
		return core.RetryAfter(wait, p.reason)
	}
	return nil
}

// end says that a request was answered well.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures, p.until, p.reason = 0, time.Time{}, nil
}
