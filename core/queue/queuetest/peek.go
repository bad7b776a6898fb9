package queuetest

import (
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// dated is when the i-th record was accepted, as the tests would have it.
func dated(i int) time.Time { return time.Unix(1_000_000_000+int64(i), 0) }

// readDate reads the time from a record.
func readDate(rec []byte) time.Time {
	return dated(number(string(rec)))
}

// expectPeek makes sure that a cursor, if it can tell at all, tells the place of the oldest record there is to fetch
// and the time of record i; none if i is negative. A log that is elsewhere may tell when it
// stored the record instead.
func expectPeek(t tb, log queue.Log, c queue.Cursor, i int, readDate func([]byte) time.Time) {
	t.Helper()
	p, ok := c.(queue.Peeker)
	if !ok {
		return
	}
	before := position(log, c)
	place, at := p.Peek(readDate)
	switch stored := !at.IsZero() && time.Since(at) < time.Hour; {
	case position(log, c) != before: // a log that is elsewhere has found out something
	case place != before.Next:
		t.Fatalf("looked at place %d, the oldest is at %d", place, before.Next)
	case i < 0 && !at.IsZero(), i >= 0 && !stored && !at.Equal(dated(i)):
		t.Fatalf("the oldest record was accepted at %v, want that of record %d, %v", at.UTC(), i, dated(i).UTC())
	}
}

func testPeek(t *testing.T, h Harness) {
	open := h.New(queue.DropOldest, plenty)
	log, err := open()
	must(t, err)
	c := log.Cursor("a")
	expectPeek(t, log, c, -1, readDate) // before it is open
	must(t, log.Resume())
	defer func() { _ = log.Close() }()
	expectPeek(t, log, c, -1, readDate)
	appendN(t, log, 0, 40, 3000)
	expectPeek(t, log, c, 0, readDate)
	h.finish(t, c, 3)
	expectPeek(t, log, c, 3, readDate)
	_, runs := h.take(t, c, 20)
	expectPeek(t, log, c, 23, readDate) // what is in hand is not to fetch
	c.Rewind()
	expectPeek(t, log, c, 3, readDate)
	done(runs)
	h.finish(t, c, 2)
	expectPeek(t, log, c, 7, func(rec []byte) time.Time { // it cannot read the first two
		if at := readDate(rec); at.After(dated(6)) {
			return at
		}
		return time.Time{}
	})
	h.finish(t, c, 15)
	expectPeek(t, log, c, 20, readDate)
	if log.Durable() && h.Late == 0 { // one that is elsewhere has it at hand when somebody wants it
		must(t, log.Close())
		log, err = open()
		must(t, err)
		c = log.Cursor("a")
		must(t, log.Resume())
		expectPeek(t, log, c, 20, readDate)
	}
	c.Discard()
	expectPeek(t, log, c, -1, readDate)
	appendN(t, log, 40, 41, 50)
	expectPeek(t, log, c, 40, readDate)
	c.Remove()
}
