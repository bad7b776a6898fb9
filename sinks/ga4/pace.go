package ga4

import (
	"context"
	"sync/atomic"
	"time"
)

// pace knows how long requests take lately, lest one be begun that would be cut off: at most
// once, it would be lost.
type pace struct {
	timeout time.Duration // of an attempt, 0 if it is not known
	slowest atomic.Int64  // nanoseconds, of the requests of the last attempt that made any
}

// allows reports whether the time left of an attempt would do for one more request. An attempt
// that has its whole time left may always make its first.
func (p *pace) allows(ctx context.Context, first bool) bool {
	deadline, ok := ctx.Deadline()
	if !ok {
		return true
	}
	need := 2 * time.Duration(p.slowest.Load())
	if first {
		need = min(need, p.timeout/2)
	}
	return time.Until(deadline) >= need
}

// took notes how long a request took.
func (p *pace) took(d time.Duration, first bool) {
	if first || int64(d) > p.slowest.Load() {
		p.slowest.Store(int64(d))
	}
}
