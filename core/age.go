package core

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// How long the oldest event has waited that a sink has not finished is found out when somebody
// asks. What the sink has in hand is noted for each batch; of what it has yet to fetch the log
// shows the first record, and that may be read from the disk: so it is done before anything is locked.

// head is the oldest record that a lane has yet to fetch.
type head struct {
	place uint64
	at    time.Time // of its acceptance; zero: not known, or there was none
	begun mark      // before it was looked at
}

// peekAll looks at the heads of lanes.
func peekAll(log queue.Log, lanes []*lane) []head {
	end, _ := log.Snapshot(nil, nil)
	begun := mark{end, time.Now()}
	heads := make([]head, len(lanes))
	for i, l := range lanes {
		heads[i].begun = begun
		if p, ok := l.cursor.(queue.Peeker); ok {
			heads[i].place, heads[i].at = p.Peek(acceptedAt)
		}
	}
	return heads
}

// acceptedAt reads from a record when its event was accepted; it returns the zero time for what is
// no event, or not any more.
func acceptedAt(rec []byte) time.Time {
	if len(rec) < recordHeaderSize || rec[0] != recordVersion {
		return time.Time{}
	}
	return recordTime(rec[atReceived:])
}

// age returns for how many seconds the oldest event has waited that is queued for a sink, nil if that is
// not known. The caller holds mu. What was fetched since head was seen is in hand, or finished just now.
func (l *lane) age(queued uint64, at queue.Position, head head, h *horizon, now time.Time) *float64 {
	age := 0.0
	if queued == 0 {
		return &age
	}
	var oldest time.Time
	switch {
	case at.Unread == 0:
	case head.at.IsZero() && at.Next >= head.begun.end: // it came since
		oldest = head.begun.at
	default:
		oldest = h.sharpen(head.at, head.place)
	}
	for _, w := range l.workers {
		if ns := w.oldest.Load(); ns != 0 {
			if t := h.sharpen(time.Unix(0, ns), w.place); oldest.IsZero() || t.Before(oldest) {
				oldest = t
			}
		}
	}
	if oldest.IsZero() {
		return nil
	}
	age = max(now.Sub(oldest).Round(time.Millisecond), 0).Seconds() // a clock may have been set back
	return &age
}

// date notes when the oldest event that the worker has in hand was accepted: of work, of what else is left
// of the batch, and of what is parked.
func (w *worker) date(now work) {
	oldest := earliest(0, now.events)
	for i := range w.delivery.todo {
		oldest = earliest(oldest, w.delivery.todo[i].events)
	}
	w.oldest.Store(w.earliestParked(oldest))
}

func (w *worker) earliestParked(oldest int64) int64 {
	for i := range w.parked {
		oldest = earliest(oldest, w.parked[i].events)
	}
	return oldest
}

// earliest returns when the first of events was accepted, in Unix nanoseconds, or oldest if that was
// before; 0 stands for never.
func earliest(oldest int64, events []Sealed) int64 {
	for i := range events {
		oldest = before(oldest, int64(binary.LittleEndian.Uint64(events[i].rec[atReceived:])))
	}
	return oldest
}

// before returns the earlier of two times, of which 0 stands for never.
func before(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

const (
	// cutTo is what the time of an event that is unlinkable is cut to.
	cutTo = time.Hour
	// The marks of a horizon are so far apart at least, and those of long ago a part of that time.
	markEvery, markShare = time.Minute, 16
	// maxMarks bounds them; with so many, they go back for months.
	maxMarks = 256
)

// horizon has marks of where the log ended at instants of the past: a record behind one was accepted later.
// So much is known of events that are unlinkable, whose own time is cut to the hour.
type horizon struct {
	mu    sync.Mutex
	marks []mark // the oldest first
}

type mark struct {
	end uint64
	at  time.Time
}

// note takes down where the log ends now.
func (h *horizon) note(end uint64, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now = now.Round(0) // what it is compared with is on the wall clock
	if n := len(h.marks); n > 0 && h.marks[n-1].end == end {
		h.marks[n-1].at = now
		return
	}
	h.marks = append(h.marks, mark{end, now})
	for i := len(h.marks) - 2; i > 0; i-- {
		before, after := h.marks[i-1].at, h.marks[i+1].at
		if after.Sub(before) < max(markEvery, now.Sub(before)/markShare) {
			h.marks = slices.Delete(h.marks, i, i+1)
		}
	}
	if len(h.marks) > maxMarks {
		h.marks = slices.Delete(h.marks, 0, 1)
	}
}

// sharpen returns when a record was accepted that says at, and lies at a place.
func (h *horizon) sharpen(at time.Time, place uint64) time.Time {
	if at.IsZero() || !at.Equal(at.Truncate(cutTo)) {
		return at
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.marks) - 1; i >= 0; i-- {
		if m := h.marks[i]; m.end <= place {
			if m.at.After(at) {
				at = m.at
			}
			break
		}
	}
	return at
}
