package disk

import (
	"sync/atomic"
	"time"
)

// Health says how a log fares with its disk.
type Health struct {
	// Bytes is what the files of the log take, Segments how many there are.
	Bytes    int64
	Segments int
	// Unavailable is set while nothing can be stored.
	Unavailable bool
	// Failures counts what could not be written or put on stable storage.
	Failures uint64
	// DamagedRegions counts parts of files that had to be skipped.
	DamagedRegions uint64
	// CutBytes is what was cut off behind the last record when the log was opened.
	CutBytes uint64
	// Syncs counts how often the log was put on stable storage, SyncTime how long that took in all, and
	// SlowestSync at most.
	Syncs       uint64
	SyncTime    time.Duration
	SlowestSync time.Duration
}

type healthCounts struct {
	unavailable                       atomic.Bool
	failures, damagedRegions, cut     atomic.Uint64
	syncs, syncNanos, slowestNanos    atomic.Uint64
	cursorTroubled, reclaimingTrouble atomic.Bool
}

// Health returns how the log fares.
func (l *Log) Health() Health {
	l.mu.Lock()
	h := Health{Segments: len(l.segments)}
	for _, seg := range l.segments {
		h.Bytes += seg.alloc
	}
	l.mu.Unlock()
	c := &l.counts
	h.Unavailable = c.unavailable.Load()
	h.Failures, h.DamagedRegions, h.CutBytes = c.failures.Load(), c.damagedRegions.Load(), c.cut.Load()
	h.Syncs = c.syncs.Load()
	h.SyncTime, h.SlowestSync = time.Duration(c.syncNanos.Load()), time.Duration(c.slowestNanos.Load())
	return h
}

// synced notes how long a sync took. Only one is under way at a time.
func (c *healthCounts) synced(took time.Duration) {
	c.syncs.Add(1)
	c.syncNanos.Add(uint64(took))
	c.slowestNanos.Store(max(c.slowestNanos.Load(), uint64(took)))
}

// cursorSyncFailed notes that the places of cursors could not be kept, which costs no more
// than that events are sent again after a crash.
func (c *healthCounts) cursorSyncFailed(l *Log, err error) {
	c.failures.Add(1)
	if !c.cursorTroubled.Swap(true) {
		l.cfg.Logger.Warn("the queue could not put on disk how far its sinks are; after a crash, events may be sent again",
			"dir", l.cfg.Dir, "error", err.Error())
	}
}

// reclaimFailed notes that room could not be given back, which is tried again.
func (c *healthCounts) reclaimFailed(l *Log, err error) {
	c.failures.Add(1)
	l.keeper.note()
	if !c.reclaimingTrouble.Swap(true) {
		l.cfg.Logger.Warn("the queue could not give back the room of delivered events", "dir", l.cfg.Dir, "error", err.Error())
	}
}
