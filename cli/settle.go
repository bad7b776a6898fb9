package cli

import (
	"context"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// settlePoll is how often send looks at how the sinks are doing.
const settlePoll = 50 * time.Millisecond

// afterInterrupt is how long sinks have for what was sent before an interruption.
const afterInterrupt = time.Second

// settle waits until every sink has finished what it was given, or none has got
// anywhere for so long that waiting is in vain, or shortly after ctx is done.
func (j *sending) settle(interrupted context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(interrupted))
	defer cancel()
	defer context.AfterFunc(interrupted, func() { time.AfterFunc(afterInterrupt, cancel) })()
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		_ = j.dispatcher.Flush(ctx) // the books say what it did not manage
	}()
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	last, since := uint64(0), time.Now()
	for {
		select {
		case <-flushed:
			return
		case now := <-tick.C:
			finished, hopeless := standing(j.dispatcher.Stats())
			if finished != last {
				last, since = finished, now
			}
			if hopeless || now.Sub(since) >= j.stall {
				cancel()
				<-flushed
				return
			}
			j.progress.show(j.result.events(), j.progress.size)
		}
	}
}

// standing says how many events the sinks have finished, and whether those that
// have not will not: their credentials are refused.
func standing(s core.Stats) (finished uint64, hopeless bool) {
	waiting, hoping := 0, false
	for _, sink := range s.Sinks {
		finished += sink.Delivered + sink.Filtered + sink.SampledOut + sink.DeadLettered + sink.Expired + sink.Overflowed
		if sink.Queued > 0 {
			waiting++
			hoping = hoping || sink.State != core.StateFailed
		}
	}
	return finished, waiting > 0 && !hoping
}
