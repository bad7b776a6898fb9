package disk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// writer writes the newest segment. It is the leader's.
type writer struct {
	seg    *segment // nil: the next record begins another
	file   fsys.File
	off    int64 // of the next frame
	room   int64 // up to where the disk has room for certain
	limit  int64 // of the segment's size
	filled bool  // a segment was filled: the next is reserved as a whole
	buf    []byte
	group  []*request
	recs   [][]byte
	synced time.Time
	dirty  atomic.Bool // something was written and not synced
}

// errDoubtful tells that something else has failed to sync the file, which may have cost it what was written.
var errDoubtful = errors.New("the file could not be synced when it was last changed")

// maxKeptBuffer is the largest buffer that is kept for the next group.
const maxKeptBuffer = 2 * maxGroupBytes

// storeGroup stores one group of what is waiting, or says why not.
func (l *Log) storeGroup(ctx context.Context) {
	if err, all := l.prepare(ctx); err != nil {
		l.commit.fail(err, all)
		return
	}
	w := &l.writer
	w.group, w.recs = l.commit.take(w.room-w.off, w.group[:0], w.recs[:0])
	bytes, err := w.write(w.seg.end, l.cfg.Sync == SyncBatch, &l.counts)
	switch {
	case err == nil:
		l.publish(w.seg, len(w.recs), bytes)
		l.trouble.over(l)
		l.commit.settle(w.group, nil)
	case full(err) && l.abandon() && l.makeSpace():
		l.commit.release(w.group)
	default:
		l.abandon()
		l.commit.settle(w.group, l.trouble.met(l, err))
	}
	clear(w.recs)
	clear(w.group)
	if cap(w.buf) > maxKeptBuffer {
		w.buf = nil
	}
	if l.cfg.Sync == SyncInterval {
		l.keeper.wake()
		l.syncIfDue()
	}
}

// prepare sees to it that the next record has a segment to go to. The error is that of
// everybody who waits, or only of the first.
func (l *Log) prepare(ctx context.Context) (err error, all bool) {
	if err := l.commit.stopped(); err != nil {
		return err, true
	}
	need := frameHeader + int64(len(l.commit.first()))
	if need > maxRecord || need > l.cfg.MaxBytes-dataStart {
		return queue.ErrTooLarge, false
	}
	if err := l.trouble.resting(); err != nil {
		return err, true
	}
	if err := l.ready(); err != nil {
		return l.trouble.met(l, err), true
	}
	if w := &l.writer; w.seg != nil && w.seg.doubtful.Load() {
		l.abandon() // what waits goes to another file
	}
	if l.writer.extend(need) {
		return nil, false
	}
	switch err := l.roll(ctx, need); {
	case err == nil:
		return nil, false
	case errors.Is(err, queue.ErrFull), errors.Is(err, queue.ErrPaused), errors.Is(err, queue.ErrClosed):
		return err, true
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return err, false
	default:
		return l.trouble.met(l, err), true
	}
}

// ready sees to it that the log is open, and that its cursors are there when it is opened again.
func (l *Log) ready() error {
	if l.registered.Load() {
		return nil
	}
	if !l.isOpened() || l.lock == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	return l.register()
}

// roll begins a new segment.
func (l *Log) roll(ctx context.Context, need int64) error {
	if err := l.writer.seal(l, false); err != nil {
		_ = l.trouble.met(l, err) // what was acknowledged is written; the new segment may fare better
	}
	size, err := l.makeRoom(ctx, need)
	if err != nil {
		return err
	}
	if l.lagging() {
		l.reclaim(true)
	}
	for {
		err := l.begin(size, need)
		if err == nil || !full(err) || !l.makeSpace() {
			return err
		}
	}
}

// step is how much of a segment is reserved at first: a log that gets little takes little.
const step = 1 << 20

// extend reserves room for need bytes in the segment, and reports false if it has none.
func (w *writer) extend(need int64) bool {
	switch {
	case w.seg == nil:
		return false
	case w.off+need > w.limit:
		w.filled = true
		return false
	case w.off+need <= w.room:
		return true
	}
	for more := max(w.room, step, need); ; more = max(more/shrink, w.off+need-w.room) {
		room := min(w.room+more, w.limit)
		err := w.file.Reserve(room)
		if err == nil {
			w.room = room
			return true
		}
		if !full(err) || room <= w.off+need || w.off >= step {
			return false // a new segment will tell why, or there is room by then
		}
	}
}

// shrink divides what is asked for on a disk that has less: not at once to what is needed, for a log in
// files of a record each takes more of a full disk than one in a few.
const shrink = 4

// begin makes a segment and has the writer write to it.
func (l *Log) begin(size, need int64) error {
	l.mu.Lock()
	h, before := header{base: l.end}, l.tail
	if n := len(l.segments); n > 0 {
		last := l.segments[n-1]
		h.prevSalt, h.prevBase, h.prevSize = last.salt, last.base, uint64(last.size)
	}
	l.mu.Unlock()
	least := dataStart + need
	room := min(size, max(step, least))
	if l.writer.filled {
		room = size
	}
	seg, file, err := createSegment(l.fs, l.segmentDir, h, room)
	for full(err) && room > least { // there may be less room
		room = max(room/shrink, least)
		seg, file, err = createSegment(l.fs, l.segmentDir, h, room)
	}
	if err != nil {
		return fmt.Errorf("begin a segment: %w", err)
	}
	seg.before, seg.alloc = before, size
	l.mu.Lock()
	l.segments = append(l.segments, seg)
	l.active = seg
	l.mu.Unlock()
	l.writer.attach(seg, file, room)
	l.reserve.make()
	return nil
}

func (w *writer) attach(seg *segment, file fsys.File, room int64) {
	w.seg, w.file, w.off, w.room, w.limit, w.synced = seg, file, seg.size, room, seg.alloc, time.Now()
	w.dirty.Store(false)
}

// write writes the group's records behind one another, the first at a place.
func (w *writer) write(place uint64, sync bool, counts *healthCounts) (bytes int64, err error) {
	w.buf = w.buf[:0]
	for i, rec := range w.recs {
		w.buf = appendFrame(w.buf, w.seg.sum, place+uint64(i), kindRecord, rec)
	}
	if _, err := w.file.WriteAt(w.buf, w.off); err != nil {
		return 0, fmt.Errorf("write to %s: %w", filepath.Base(w.seg.path), err)
	}
	if w.seg.doubtful.Load() {
		w.dirty.Store(false) // never again
		return 0, fmt.Errorf("%s: %w", filepath.Base(w.seg.path), errDoubtful)
	}
	if sync {
		start := time.Now()
		err := w.file.Sync()
		counts.synced(time.Since(start))
		if err != nil {
			w.dirty.Store(false) // never again
			return 0, err
		}
	} else {
		w.dirty.Store(true)
	}
	w.off += int64(len(w.buf))
	return int64(len(w.buf)), nil
}

// publish lets the cursors see what was stored.
func (l *Log) publish(seg *segment, records int, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.end += uint64(records)
	seg.size += bytes
	l.end = seg.end
	l.tail += bytes
	l.appended += uint64(records)
	for _, c := range l.cursors {
		c.wakeIfWanted()
	}
}

// sync puts what was written on stable storage.
func (w *writer) sync() error {
	if w.seg == nil || !w.dirty.Load() {
		return nil
	}
	w.dirty.Store(false)
	if w.seg.doubtful.Load() {
		return errDoubtful
	}
	w.synced = time.Now()
	return w.file.Sync()
}

// seal ends the segment; where the log is closed it says so in the segment, so that damage
// behind its last intact record can be told from a write that was cut short.
func (w *writer) seal(l *Log, closing bool) error {
	if w.seg == nil {
		return nil
	}
	err := w.sync()
	if err == nil && closing && w.seg.end > w.seg.base {
		end := appendFrame(nil, w.seg.sum, w.seg.end, kindEnd, nil)
		if _, err = w.file.WriteAt(end, w.off); err == nil {
			w.off += int64(len(end))
			w.dirty.Store(true)
			err = w.sync()
		}
	}
	w.detach(l)
	return err
}

// abandon gives the segment up after a failed write or sync: what is not in its records is
// cut off, and the file not synced again, for that would not tell whether it has them. It reports true.
func (l *Log) abandon() bool {
	w := &l.writer
	if w.seg == nil {
		return true
	}
	if err := w.sync(); err != nil { // of what was written before, unless a sync failed
		l.counts.failures.Add(1)
	}
	w.detach(l)
	return true
}

// detach lets go of the segment's file, and of what was reserved behind its last frame.
func (w *writer) detach(l *Log) {
	seg := w.seg
	cut := w.file.Truncate(w.off) == nil
	_ = w.file.Close() // what it should keep was synced
	w.seg, w.file = nil, nil
	l.mu.Lock()
	l.active = nil
	if cut {
		seg.alloc = w.off
	}
	l.mu.Unlock()
	l.dropEmpty(seg)
}

// syncIfDue is for SyncInterval.
func (l *Log) syncIfDue() {
	if w := &l.writer; w.seg != nil && time.Since(w.synced) >= l.cfg.Interval {
		if err := w.sync(); err != nil {
			_ = l.trouble.met(l, err)
			l.abandon()
		}
	}
}
