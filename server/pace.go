package server

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// pace limits the events per second of one sender. A body is taken whole while anything is
// left, and what it takes beyond is owed: a body larger than the limit passes at
// some time, yet the limit holds in the long run. The nil pace does not limit.
type pace struct {
	limiter *rate.Limiter
	burst   int
}

func newPace(perSecond float64) *pace {
	if perSecond == 0 {
		return nil
	}
	burst := max(1, int(min(perSecond, math.MaxInt32)))
	return &pace{rate.NewLimiter(rate.Limit(perSecond), burst), burst}
}

// wait returns how long the sender has to wait before its next event, zero if not at all.
func (p *pace) wait(now time.Time) time.Duration {
	if p == nil {
		return 0
	}
	missing := 1 - p.limiter.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(p.limiter.Limit()) * float64(time.Second))
}

// spend takes n events, in debt if need be.
func (p *pace) spend(now time.Time, n int) {
	if p == nil {
		return
	}
	for ; n > 0; n -= p.burst { // a reservation cannot be larger than the burst
		p.limiter.ReserveN(now, min(n, p.burst))
	}
}
