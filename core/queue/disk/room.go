package disk

import (
	"context"

	"github.com/headgate-dev/headgate/core/queue"
)

// The bound of the log is on the files that some cursor has not read to their end, the newest
// with all that is reserved for it. So room is asked for when a segment begins, and comes with
// the end of another.

// makeRoom waits, drops or refuses until there is room for a segment with need bytes of
// frames, and returns how large it may be.
func (l *Log) makeRoom(ctx context.Context, need int64) (size int64, err error) {
	least := dataStart + need
	want := max(l.cfg.segmentSize(), least)
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if left := l.cfg.MaxBytes - l.unread(); left >= least {
			return min(want, left), nil
		}
		switch l.cfg.OnFull {
		case queue.DropNewest:
			return 0, queue.ErrFull
		case queue.DropOldest:
			l.dropOldest()
		case queue.Block:
			if err := l.wait(ctx); err != nil {
				return 0, err
			}
		}
	}
}

// unread returns the bytes of the segments that some cursor has not read to their end.
func (l *Log) unread() (bytes int64) {
	least := l.least()
	for _, seg := range l.segments {
		if seg.end > least {
			bytes += seg.alloc
		}
	}
	return bytes
}

// lagging reports whether the disk has more of the log than its bound allows for, which is so when
// segments are passed faster than they are removed.
func (l *Log) lagging() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	bytes := int64(0)
	for _, seg := range l.segments {
		bytes += seg.alloc
	}
	return bytes > l.cfg.MaxBytes
}

// least returns the place of the cursor that is farthest behind.
func (l *Log) least() uint64 {
	least := l.end
	for _, c := range l.cursors {
		least = min(least, c.next)
	}
	return least
}

// dropOldest moves the cursors that are farthest behind past the segment they are in. It reports
// false if nobody is behind.
func (l *Log) dropOldest() bool {
	least := l.least()
	for _, seg := range l.segments {
		if seg.end <= least {
			continue
		}
		for _, c := range l.cursors {
			if c.next < seg.end {
				c.overflowed += seg.end - c.next
				c.moveTo(seg.end)
			}
		}
		l.keeper.save()
		return true
	}
	return false
}

// wait lets go of mu until room may have appeared.
func (l *Log) wait(ctx context.Context) error {
	if err := l.commit.stopped(); err != nil {
		return err
	}
	room := l.room
	l.waiting = true
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-room:
		return l.commit.stopped()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wakeWaiting makes whoever waits look again.
func (l *Log) wakeWaiting() {
	if l.waiting {
		l.waiting = false
		close(l.room)
		l.room = make(chan struct{})
	}
}

// makeSpace frees a segment on a disk that is full, and reports whether that was done, by whomever: one that
// nobody needs, or else, if that is the policy, the oldest.
func (l *Log) makeSpace() bool {
	before := l.removals.Load()
	l.reclaim(true)
	if l.removals.Load() == before && l.cfg.OnFull == queue.DropOldest {
		l.mu.Lock()
		l.dropOldest()
		l.mu.Unlock()
		l.reclaim(true)
	}
	return l.removals.Load() != before
}
