// Package queue is the log between the seal and the sinks: one append-only log of
// sealed records, and a cursor per sink. Records are opaque here.
package queue

import (
	"context"
	"encoding/binary"
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
	// ErrUnavailable means that the log could not store the record, though it had room, and
	// may be able to later: the disk is full, read-only or failing.
	ErrUnavailable = errors.New("queue: unavailable")
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

// Log is an append-only log with a cursor per reader. It is made paused. Its methods are
// safe for concurrent use.
type Log interface {
	// Resume makes Append work. A log that keeps its records beyond the process opens them
	// when it is first called; cursors made before are then where they were. The error
	// means that the log cannot be used at all, as when another process has it: what is
	// damaged is skipped and counted, and where there is no room, Append says so.
	Resume() error

	// Pause makes Append fail with ErrPaused. When it has returned, no Append is under way.
	Pause()

	// Append stores a copy of rec behind what is there. When it returns nil, every
	// cursor will see the record, or count it as lost, and a durable log has it on
	// stable storage.
	Append(ctx context.Context, rec []byte) error

	// AppendAll is Append for several records, which a durable log has on stable storage at the cost of
	// one. It returns how many it stored, from the first; the error says why not the next.
	AppendAll(ctx context.Context, recs [][]byte) (stored int, err error)

	// Cursor adds a cursor by name, which must be new to the log. It starts at the end,
	// or where the cursor of that name was in a log that kept it.
	Cursor(name string) Cursor

	// Snapshot returns the end of the log, which is the place of the next record, and how many
	// records this process has appended; it fills in the positions of the cursors
	// given. All are of the same instant. It works when the log is closed, too.
	Snapshot(cursors []Cursor, into []Position) (end, appended uint64)

	// Durable reports whether what no cursor has finished when the log is closed is there
	// when it is opened again.
	Durable() bool

	// Stop makes Append fail with ErrClosed for ever. Cursors can still read.
	Stop()

	// Close stops the log, and lets go of its files; cursors fetch nothing any more. What
	// is still in a reader's hand counts as not finished.
	Close() error
}

// Cursor is a reader's place in a Log. Its methods are safe for concurrent use.
//
// A record is in the reader's hand from when it was fetched until its run is done, or, if it was
// held, until it is released. Records in hand are not dropped for room, and do not
// count towards the bound of the log.
type Cursor interface {
	// Fetch takes the next records, oldest first: at most maxRecords and maxBytes,
	// possibly fewer than there are; with oversize, the first may be larger than
	// maxBytes. The zero Run means that there is none at hand that fits; more reports
	// whether there are others behind the run. A log that is elsewhere may have more
	// unread than it has at hand; Ready tells when they come.
	Fetch(maxRecords, maxBytes int, oversize bool) (run Run, more bool)

	// Want arms Ready for when that many records, or bytes, are there to fetch,
	// which may be now.
	Want(records, bytes int)

	// Ready receives once each time what Want asked for is there. It may receive
	// early; check by fetching.
	Ready() <-chan struct{}

	// Hold keeps a record of a run in hand when the run is done, and returns it in
	// memory that stays valid. Holding what is held already changes nothing.
	Hold(place uint64, rec []byte) []byte

	// Release says that a record that was held has come to its end.
	Release(place uint64)

	// Rewind gives back all that is in hand: it will be fetched again, first of all. A
	// reader that still has a run of it may call Done, to no effect.
	Rewind()

	// Discard moves the cursor past all there is to fetch, and returns how many records
	// it skipped. What is in hand stays there.
	Discard() int

	// Remove takes the cursor out of the log for good; it fetches nothing any more.
	Remove()
}

// Position is where a cursor stands.
type Position struct {
	// Next is the place of the oldest record there is to fetch, the end of the log if there is none.
	Next uint64
	// Unread is the number of records there are to fetch.
	Unread uint64
	// Overflowed is the number of records that were dropped in front of the cursor for want of room.
	Overflowed uint64
	// Damaged is the number of records that could not be read any more.
	Damaged uint64
	// Before is the number of records that this process appended before the cursor was made.
	Before uint64
	// Recovered is the number of records that the log had for the cursor and this process did
	// not append: what was kept when it was opened, and in a shared log what others append.
	Recovered uint64
	// Handed is the number of records that this process appended or was given, and that another
	// process has taken over: they end, and are counted, there.
	Handed uint64
	// Bytes is the size of the unread records.
	Bytes int64
}

// Run is a sequence of records that a cursor has fetched. It and they are valid
// until Done.
type Run struct {
	// First is the place of the first record; the others follow it. Places grow along the
	// log; between runs there may be gaps.
	First uint64

	data   []byte
	n      int
	header int
	pin    Pin
}

// Pin is what a log is told of a run.
type Pin interface {
	// Done is called once, when every record of the run has come to its end or is held.
	Done()
}

// NewRun makes a run of n records, each behind a header of that many bytes which starts with the
// record's length, as a little-endian uint32. It is for logs.
func NewRun(first uint64, data []byte, n, header int, pin Pin) Run {
	return Run{First: first, data: data, n: n, header: header, pin: pin}
}

// Len returns the number of records that Next has yet to return.
func (r *Run) Len() int { return r.n }

// Size returns the bytes that the records Next has yet to return take.
func (r *Run) Size() int { return len(r.data) }

// Next returns the next record of the run, nil behind the last.
func (r *Run) Next() []byte {
	if r.n == 0 {
		return nil
	}
	end := r.header + int(binary.LittleEndian.Uint32(r.data))
	rec := r.data[r.header:end:end]
	r.data = r.data[end:]
	r.n--
	return rec
}

// Done tells the log that every record of the run has come to its end, or is held. Calling
// it again does nothing.
func (r *Run) Done() {
	if r.pin != nil {
		r.pin.Done()
		r.pin = nil
	}
	r.data, r.n = nil, 0
}
