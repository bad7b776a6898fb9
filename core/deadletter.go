package core

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// DeadLetter is an event that a sink did not take.
type DeadLetter struct {
	// ID and Name are those of the event.
	ID, Name string
	// Reason says why it was given up: "permanent", "refused", "too_large" or "max_attempts".
	Reason string
	// Attempts is how often it was sent, in whatever batch.
	Attempts int
	// Error is the sink's last answer, without secrets.
	Error string
	// Time is when it was given up.
	Time time.Time
	// Event is its sealed JSON.
	Event []byte

	sealed Sealed
}

const (
	// maxListed bounds what is read of the dead letters at once.
	maxListed = 10_000
	// letterChunk is how many bytes of dead letters are in hand at a time.
	letterChunk = 1 << 20
	// agePeriod is how often letters are looked at for their age, beside when they are read.
	agePeriod = time.Minute
)

// deadLetters keeps what a sink did not take, within bounds, in a log of its own with one
// cursor: what it has to fetch is what is kept, the oldest first.
type deadLetters struct {
	maxAge atomic.Int64 // nanoseconds
	log    queue.Log
	cursor queue.Cursor

	// reading is held while letters are in hand.
	reading sync.Mutex
	purges  atomic.Int64
	aged    atomic.Int64 // when letters were last looked at for their age, in Unix seconds
}

func newDeadLetters(cfg DeadLetterConfig) (*deadLetters, error) {
	var log queue.Log = queue.NewMemory(cfg.MaxBytes, queue.DropOldest)
	if cfg.Open != nil {
		var err error
		if log, err = cfg.Open(cfg.MaxBytes, queue.DropOldest); err != nil {
			return nil, err
		}
	}
	d := &deadLetters{log: log, cursor: log.Cursor("letters")}
	d.maxAge.Store(int64(cfg.MaxAge))
	return d, nil
}

// add keeps events. When it returns nil they are where the log keeps them; it stored
// the first of them otherwise.
func (d *deadLetters) add(events []Sealed, reason, answer string, attempts int) (stored int, err error) {
	now := time.Now()
	recs := make([][]byte, len(events))
	for i := range events {
		recs[i] = appendLetter(nil, letterHead{reason, attempts, answer, now}, events[i].rec)
	}
	if last := d.aged.Load(); now.Unix()-last >= int64(agePeriod/time.Second) && d.aged.CompareAndSwap(last, now.Unix()) {
		d.expire(now)
	}
	return d.log.AppendAll(context.Background(), recs)
}

// expire drops the letters that are too old.
func (d *deadLetters) expire(now time.Time) {
	defer d.read()()
	for {
		run, _ := d.cursor.Fetch(1, letterChunk, true)
		if run.Len() == 0 {
			return
		}
		if letter, ok := openLetter(run.Next()); ok && int64(now.Sub(letter.Time)) <= d.maxAge.Load() {
			return
		}
		run.Done()
	}
}

// list returns the oldest letters, at most maxListed.
func (d *deadLetters) list() (letters []DeadLetter) {
	d.expire(time.Now())
	defer d.read()()
	for len(letters) < maxListed {
		run, _ := d.cursor.Fetch(maxListed-len(letters), letterChunk, true)
		if run.Len() == 0 {
			return letters
		}
		for rec := run.Next(); rec != nil; rec = run.Next() {
			if letter, ok := openLetter(rec); ok {
				letters = append(letters, letter.clone())
			}
		}
	}
	return letters
}

// count returns how many letters are kept.
func (d *deadLetters) count() uint64 {
	var at [1]queue.Position
	d.log.Snapshot([]queue.Cursor{d.cursor}, at[:])
	return at[0].Unread
}

// purge drops every letter, and returns how many there were. It does not wait for those
// who read, who drop what they have in hand.
func (d *deadLetters) purge() int {
	d.purges.Add(1)
	return d.cursor.Discard()
}

// read lets letters be fetched. The function it returns gives back those that are in hand.
func (d *deadLetters) read() (done func()) {
	d.reading.Lock()
	before := d.purges.Load()
	return func() {
		d.cursor.Rewind()
		if d.purges.Load() != before {
			d.cursor.Discard()
		}
		d.reading.Unlock()
	}
}
