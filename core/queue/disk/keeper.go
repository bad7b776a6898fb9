package disk

import (
	"sync"
	"sync/atomic"
	"time"
)

// syncEvery is how long the place of a cursor may be only with the operating system.
const syncEvery = time.Second

// keeper does what nobody waits for: it removes segments, and puts on stable storage the
// places of cursors and, with SyncInterval, what was written. It sleeps while there is nothing to do.
type keeper struct {
	kick chan struct{}
	quit chan struct{}
	done sync.WaitGroup

	stale   atomic.Bool // a cursor's place has changed since it was put on stable storage
	unsaved atomic.Bool // a cursor's place is not even with the operating system
	full    atomic.Bool // a segment may be removable
}

func (k *keeper) init() {
	k.kick, k.quit = make(chan struct{}, 1), make(chan struct{})
}

func (k *keeper) start(l *Log) { k.done.Go(func() { k.run(l) }) }

func (k *keeper) stop() {
	close(k.quit)
	k.done.Wait()
}

// note says that a cursor's place has changed.
func (k *keeper) note() {
	if !k.stale.Swap(true) {
		k.wake()
	}
}

// save asks for the places of cursors to be written.
func (k *keeper) save() {
	if !k.unsaved.Swap(true) {
		k.wake()
	}
}

// reclaim asks for segments to be removed.
func (k *keeper) reclaim() {
	if !k.full.Swap(true) {
		k.wake()
	}
}

func (k *keeper) wake() {
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

func (k *keeper) run(l *Log) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var syncAt, writeAt time.Time // when the next is due; zero: not armed
	for {
		select {
		case <-k.quit:
			return
		case <-k.kick:
		case <-timer.C:
		}
		now := time.Now()
		if k.unsaved.Swap(false) {
			l.saveReleased()
		}
		if k.full.Swap(false) {
			l.tidyUp()
		}
		if due(&syncAt, now, syncEvery, k.stale.Load()) {
			k.stale.Store(false)
			if err := l.syncCursors(); err != nil {
				l.counts.cursorSyncFailed(l, err)
				k.stale.Store(true)
				syncAt = now.Add(syncEvery)
			}
			l.reserve.renew()
			if l.removable() {
				k.reclaim()
			}
		}
		if due(&writeAt, now, l.cfg.Interval, l.writer.dirty.Load()) {
			l.commit.instead(l.syncIfDue)
		}
		timer.Reset(untilNext(now, syncAt, writeAt))
	}
}

// due reports whether something that is wanted is due, which it is some time after it was first wanted.
func due(at *time.Time, now time.Time, after time.Duration, wanted bool) bool {
	switch {
	case !wanted:
		*at = time.Time{}
	case at.IsZero():
		*at = now.Add(after)
	case !now.Before(*at):
		*at = time.Time{}
		return true
	}
	return false
}

// untilNext returns how long to sleep.
func untilNext(now time.Time, at ...time.Time) time.Duration {
	sleep := time.Hour
	for _, t := range at {
		if !t.IsZero() {
			sleep = min(sleep, t.Sub(now))
		}
	}
	return max(sleep, 0)
}

// saveReleased writes the places of cursors that had something released.
func (l *Log) saveReleased() {
	for _, c := range l.allCursors() {
		c.save()
	}
}

// tidyUp removes what no cursor needs. While nothing is taken in, that may be the newest segment.
func (l *Log) tidyUp() {
	if l.commit.stopped() != nil && l.idleActive() {
		l.commit.instead(func() {
			if err := l.writer.seal(l, false); err != nil {
				l.counts.reclaimFailed(l, err)
			}
		})
	}
	l.reclaim(false)
}

// idleActive reports whether no cursor needs the newest segment.
func (l *Log) idleActive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active == nil || l.least() < l.active.end {
		return false
	}
	for _, c := range l.cursors {
		if len(c.pendingIn(l.active.base, l.active.end)) > 0 {
			return false
		}
	}
	return true
}
