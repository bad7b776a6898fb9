package queue

import "time"

// Peeker is a Cursor that tells since when what it has to fetch has waited.
type Peeker interface {
	// Peek returns the place of the oldest record there is to fetch, which is the end of the log
	// if there is none, and when that record was accepted: the zero time if there is none, or if it
	// is not known. acceptedAt tells that of a record, and the zero time of one it cannot read, for which
	// the next few stand. It must be quick and not call the log, and any goroutine may call it.
	//
	// Peek takes nothing in hand, and holds up neither appending nor fetching. It reads a record or so,
	// however many there are, and answers shortly also where the disk does not.
	Peek(acceptedAt func(rec []byte) time.Time) (place uint64, at time.Time)
}

// peeked is how many records Peek looks at to find one that can be read.
const peeked = 16

// AcceptedAt returns when the first record that Next has yet to return was accepted, see [Peeker].
func (r Run) AcceptedAt(acceptedAt func(rec []byte) time.Time) (at time.Time) {
	for i := 0; i < peeked && len(r.data) > 0 && at.IsZero(); i++ {
		rec := r.Next()
		if rec == nil {
			break
		}
		at = acceptedAt(rec)
	}
	return at
}
