// Package queue is the log between the seal and the sinks: one append-only log of
// sealed records, and a cursor per sink. Records are opaque here.
package queue

import (
	"context"
	"errors"
)

// Errors of [Log.Append].
var (
	// ErrFull means that there was no room and the policy is to refuse the newest.
	ErrFull = errors.New("queue: full")
	// ErrTooLarge means that the record alone is larger than the whole log may be.
	ErrTooLarge = errors.New("queue: record is larger than the queue")
	// ErrClosed means that the log is closed.
	ErrClosed = errors.New("queue: closed")
	// ErrPaused means that the log takes nothing for now.
	ErrPaused = errors.New("queue: paused")
)

// OnFull says what Append does when there is no room.
type OnFull uint8

// What Append does when there is no room.
const (
	// DropOldest moves the cursors that are farthest behind past the oldest records,
	// each counting what it lost.
	DropOldest OnFull = iota
	// DropNewest returns ErrFull.
	DropNewest
	// Block waits until there is room, the context is done or the log is closed.
	Block
)

// Log is an append-only log with a cursor per reader. Its methods are safe for
// concurrent use.
type Log interface {
	// Append stores a copy of rec behind what is there. When it returns nil, every
	// cursor will see the record, or count it as lost, and a durable log has it on
	// stable storage.
	Append(ctx context.Context, rec []byte) error

	// Cursor adds a cursor by name. Where it starts is the log's to say: at the end
	// of a log that starts empty, and where it was for one that kept it.
	Cursor(name string) Cursor

	// Snapshot returns the number of records ever appended, and fills in the
	// positions of the cursors given, all of the same instant.
	Snapshot(cursors []Cursor, into []Position) (appended uint64)

	// Pause makes Append fail with ErrPaused, or lets it work again. When it has
	// returned, no Append is under way.
	Pause(paused bool)

	// Close makes Append and waiting fail with ErrClosed. Cursors can still read.
	Close() error
}

// Cursor is a reader's place in a Log. One goroutine at a time may use it, but for
// Want and Ready.
type Cursor interface {
	// Fetch takes the next records, oldest first: at most maxRecords and maxBytes,
	// possibly fewer than there are; with oversize, the first may be larger than
	// maxBytes. The zero Run means that there is none that fits; more reports whether
	// there are others behind the run. Records fetched are in the reader's hand: they
	// are not dropped for room, and do not count towards the bound of the log.
	Fetch(maxRecords, maxBytes int, oversize bool) (run Run, more bool)

	// Want arms Ready for when that many records, or bytes, are there to fetch,
	// which may be now.
	Want(records, bytes int)

	// Ready receives once each time what Want asked for is there. It may receive
	// early; check by fetching.
	Ready() <-chan struct{}

	// Discard moves the cursor past all there is, and returns how many records it skipped.
	Discard() int

	// Remove takes the cursor out of the log; it fetches nothing any more.
	Remove()
}

// Position is where a cursor stands.
type Position struct {
	// Unread is the number of records the cursor has not fetched.
	Unread uint64
	// Overflowed is the number of records that were dropped in front of the cursor for want of room.
	Overflowed uint64
	// Bytes is the size of the unread records.
	Bytes int64
}

// Run is a sequence of records that a cursor has fetched. It and they are valid
// until Done.
type Run struct {
	// First is the number of records ever appended before the first of the run.
	First uint64

	data []byte
	n    int
	pin  pinned
}

// pinned is the memory a run lies in.
type pinned interface{ unpin() }

// Len returns the number of records that Next has yet to return.
func (r *Run) Len() int { return r.n }

// Size returns the bytes that the records Next has yet to return take.
func (r *Run) Size() int { return len(r.data) }

// Next returns the next record of the run, nil behind the last.
func (r *Run) Next() []byte {
	if r.n == 0 {
		return nil
	}
	rec, rest := splitFrame(r.data)
	r.data = rest
	r.n--
	return rec
}

// Done tells the log that every record of the run has come to its end. It is called once.
func (r *Run) Done() {
	if r.pin != nil {
		r.pin.unpin()
		r.pin = nil
	}
	r.data, r.n = nil, 0
}
