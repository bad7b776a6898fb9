package disk

import (
	"errors"
	"io/fs"
)

// Nothing is removed before the cursors that do not need it any more are on stable storage: after a
// crash, none of them may look for what is gone.

// reclaim removes the segments that every cursor has passed, from the oldest on. What is in hand of a
// segment is copied first, if that frees more than it takes: several times as much, unless room must be made.
func (l *Log) reclaim(must bool) {
	l.reclaiming.Lock()
	defer l.reclaiming.Unlock()
	l.tidy()
	for {
		seg, busy, worth := l.passed(must)
		if seg == nil || len(busy) > 0 && !worth {
			return
		}
		if err := l.release(seg, busy); err != nil {
			l.counts.reclaimFailed(l, err)
			return
		}
		if !seg.isRemoved(l) {
			return // a cursor has gone back to it
		}
		l.removals.Add(1)
	}
}

// passed returns the oldest segment if every cursor has passed it, the cursors that have some
// of it in hand, and whether it is worth while to copy that.
func (l *Log) passed(must bool) (seg *segment, busy []*cursor, worth bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	least := l.least()
	var passed, inHand float64 // bytes
	segments := 0
	for _, s := range l.segments {
		if s.end > least || s == l.active {
			break
		}
		segments++
		passed += float64(s.size)
		for _, c := range l.cursors {
			share := float64(c.pendingIn(s.base, s.end).records()) / float64(s.end-s.base)
			inHand += share * float64(s.size)
			if share > 0 && s == l.segments[0] {
				busy = append(busy, c)
			}
		}
	}
	if segments == 0 {
		return nil, nil, false
	}
	return l.segments[0], busy, inHand < passed/4 && segments > 1 || must && inHand < passed/2
}

// removable reports whether a segment may have become removable.
func (l *Log) removable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.removableLocked()
}

func (l *Log) removableLocked() bool {
	return len(l.segments) > 0 && l.segments[0] != l.active && l.segments[0].end <= l.least()
}

// release removes a segment.
func (l *Log) release(seg *segment, busy []*cursor) error {
	for _, c := range busy {
		err := c.keep(seg)
		if full(err) && l.reserve.release() {
			err = c.keep(seg)
		}
		if err != nil {
			return err
		}
	}
	if err := l.syncCursors(); err != nil {
		return err
	}
	if !l.takeOut(seg) {
		return nil
	}
	for _, c := range l.allCursors() { // an open file would keep its place on the disk
		c.leave(seg)
	}
	if err := l.fs.Remove(seg.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.leftovers = append(l.leftovers, seg.path)
		return err
	}
	return nil
}

// takeOut takes the oldest segment out of the log, unless a cursor has gone back to it meanwhile.
func (l *Log) takeOut(seg *segment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seg.end > l.least() {
		return false
	}
	seg.removed = true
	l.segments = l.segments[1:]
	return true
}

// leave lets go of a segment's file.
func (c *cursor) leave(seg *segment) {
	c.fetching.Lock()
	defer c.fetching.Unlock()
	for _, s := range []*source{&c.front, &c.rear} {
		if s.seg == seg {
			s.close()
		}
	}
}

// syncCursors puts the places of all cursors on stable storage.
func (l *Log) syncCursors() (err error) {
	if !l.usable() {
		return nil
	}
	for _, c := range l.allCursors() {
		err = errors.Join(err, c.file.sync(c.state))
	}
	return err
}

// tidy removes the files of kept records that have all come to their end, and what could not be
// removed before.
func (l *Log) tidy() {
	for _, c := range l.allCursors() {
		idle := c.idleKept()
		if len(idle) == 0 {
			continue
		}
		if err := c.file.sync(c.state); err != nil {
			l.counts.reclaimFailed(l, err)
			continue
		}
		c.dropKept(idle)
	}
	left := l.leftovers[:0]
	for _, path := range l.leftovers {
		if err := l.fs.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			left = append(left, path)
		}
	}
	l.leftovers = left
}

// allCursors returns the cursors as they are now.
func (l *Log) allCursors() []*cursor {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*cursor(nil), l.cursors...)
}
