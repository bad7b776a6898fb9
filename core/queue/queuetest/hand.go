package queuetest

import (
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
)

func testLimits(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a")
	c := cursors[0]
	appendN(t, log, 0, 20, 100)
	h.eventually(t, "all is there", func() bool {
		run, more := c.Fetch(1, 10, false) // too small for any
		return run.Len() == 0 && more
	})
	for got := 0; got < 20; {
		run, _ := h.fetch(t, c, 3, 250, got%2 == 0)
		if n := run.Len(); n < 1 || n > 2 { // 100 bytes and a header
			t.Fatalf("fetched %d records of 100 bytes, asked for 3 of at most 250 bytes", n)
		}
		if run.Size() > 250 {
			t.Fatalf("fetched %d bytes, asked for at most 250", run.Size())
		}
		records := read(&run)
		expect(t, records, got, 100)
		got += len(records)
		run.Done()
	}
	appendN(t, log, 20, 22, 100)
	run, _ := h.fetch(t, c, 10, 10, true)
	if run.Len() != 1 {
		t.Fatalf("fetched %d records with oversize, want the one that is larger than asked for", run.Len())
	}
	run.Done()
	run, _ = h.fetch(t, c, 1, 1<<20, false)
	if run.Len() != 1 {
		t.Fatalf("fetched %d records, asked for 1", run.Len())
	}
	run.Done()
	run.Done()
}

func testHold(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a", "b")
	c := cursors[0]
	appendN(t, log, 0, 3, 50)
	got, runs := h.take(t, c, 3)
	kept := c.Hold(got[1].place, []byte(got[1].rec))
	if again := c.Hold(got[1].place, []byte(got[1].rec)); string(again) != got[1].rec {
		t.Fatalf("holding it again returned %q", again)
	}
	c.Hold(got[2].place, []byte(got[2].rec))
	done(runs)
	appendN(t, log, 3, 200, 5000) // whatever is reused may be now
	h.finish(t, cursors[1], 200)
	if string(kept) != got[1].rec {
		t.Fatalf("what is held has become %.20q", kept)
	}
	c.Release(got[2].place)
	c.Release(got[2].place)
	c.Rewind() // gives back the one that is held still
	expect(t, h.finish(t, c, 1), 1, 50)
	expect(t, h.finish(t, c, 197), 3, 5000)
	none(t, c)
}

func testRewind(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a")
	c := cursors[0]
	appendN(t, log, 0, 10, 30)
	expect(t, h.finish(t, c, 2), 0, 30)
	first, stale := h.take(t, c, 4)
	expect(t, first, 2, 30)
	c.Hold(first[1].place, []byte(first[1].rec))
	if at := position(log, c); at.Unread != 4 {
		t.Fatalf("%d records are unread, want 4", at.Unread)
	}
	c.Rewind()
	if at := position(log, c); at.Unread != 8 || at.Next != first[0].place {
		t.Fatalf("stands at %+v, want 8 unread from place %d", at, first[0].place)
	}
	done(stale) // to no effect
	again, runs := h.take(t, c, 8)
	expect(t, again, 2, 30)
	for i := range first {
		if again[i].place != first[i].place {
			t.Fatalf("record %d was at place %d, and is at %d when it is fetched again", i, first[i].place, again[i].place)
		}
	}
	done(runs)
	none(t, c)
	c.Rewind()
	none(t, c)
}

func testDiscard(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a", "b")
	c := cursors[0]
	appendN(t, log, 0, 10, 30)
	_, runs := h.take(t, c, 3)
	if n := c.Discard(); n != 7 {
		t.Fatalf("discarded %d records, want 7", n)
	}
	none(t, c)
	appendN(t, log, 10, 12, 30)
	got, later := h.take(t, c, 2)
	expect(t, got, 10, 30)
	c.Rewind()
	done(runs)
	done(later)
	got = h.finish(t, c, 5)
	expect(t, got[:3], 0, 30)
	expect(t, got[3:], 10, 30)
	none(t, c)
	expect(t, h.finish(t, cursors[1], 12), 0, 30)
}
