package queuetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

func testTaking(t *testing.T, h Harness) {
	log, err := h.New(queue.DropOldest, plenty)()
	must(t, err)
	defer log.Close()
	c := log.Cursor("a")
	refused := func(want error) {
		t.Helper()
		if err := log.Append(context.Background(), record(0, 20)); !errors.Is(err, want) {
			t.Fatalf("Append returned %v, want %v", err, want)
		}
		if n, err := log.AppendAll(context.Background(), [][]byte{record(0, 20)}); n != 0 || !errors.Is(err, want) {
			t.Fatalf("AppendAll returned %d, %v, want %v", n, err, want)
		}
	}
	refused(queue.ErrPaused)
	must(t, log.Resume())
	must(t, log.Resume())
	appendN(t, log, 0, 3, 20)
	log.Pause()
	refused(queue.ErrPaused)
	expect(t, h.finish(t, c, 1), 0, 20)
	must(t, log.Resume())
	appendN(t, log, 3, 6, 20)
	log.Stop()
	refused(queue.ErrClosed)
	expect(t, h.finish(t, c, 5), 1, 20)
	must(t, log.Close())
	must(t, log.Close())
	refused(queue.ErrClosed)
	if err := log.Resume(); err == nil {
		if err := log.Append(context.Background(), record(0, 20)); err == nil {
			t.Fatal("a closed log took a record")
		}
	}
	if _, appended := log.Snapshot(nil, nil); appended != 6 {
		t.Fatalf("%d records were appended, want 6", appended)
	}
}

func testCopies(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a")
	rec := record(1, 100)
	must(t, log.Append(context.Background(), rec))
	clear(rec)
	recs := [][]byte{record(2, 100), record(3, 100)}
	if n, err := log.AppendAll(context.Background(), recs); n != 2 || err != nil {
		t.Fatalf("AppendAll returned %d, %v, want 2", n, err)
	}
	clear(recs[0])
	if n, err := log.AppendAll(context.Background(), nil); n != 0 || err != nil {
		t.Fatalf("AppendAll of nothing returned %d, %v", n, err)
	}
	expect(t, h.finish(t, cursors[0], 3), 1, 100)
}

func testOrder(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a", "b", "with space/and.dots*>", "")
	const n = 2500 // more than would be stored at once
	var recs [][]byte
	for i := range n {
		recs = append(recs, record(i, 30+i%50))
	}
	for i := 0; i < n; {
		most := min(1+i, n-i)
		stored, err := log.AppendAll(context.Background(), recs[i:i+most])
		if stored != most || err != nil {
			t.Fatalf("AppendAll stored %d of %d: %v", stored, most, err)
		}
		i += most
	}
	var first []taken
	for i, c := range cursors {
		got := h.finish(t, c, n)
		for j, r := range got {
			if r.rec != string(recs[j]) {
				t.Fatalf("cursor %d: record %d is %.20q, want %.20q", i, j, r.rec, recs[j])
			}
		}
		if i == 0 {
			first = got
		} else if !slices.Equal(got, first) {
			t.Fatalf("cursor %d sees other places than the first one", i)
		}
		end, _ := log.Snapshot(nil, nil)
		if at := position(log, c); at.Unread != 0 || at.Bytes != 0 || at.Next < end {
			t.Fatalf("cursor %d has read everything and stands at %+v, the end is %d", i, at, end)
		}
		none(t, c)
	}
}

func testBeginsAtTheEnd(t *testing.T, h Harness) {
	log, _ := h.opened(t, queue.DropOldest, plenty, "a")
	appendN(t, log, 0, 5, 20)
	c := log.Cursor("b")
	appendN(t, log, 5, 8, 20)
	expect(t, h.finish(t, c, 3), 5, 20)
	none(t, c)
	if at := position(log, c); at.Before != 5 {
		t.Fatalf("5 records were appended before the cursor, it says %d", at.Before)
	}
}

func testGone(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a", "b")
	appendN(t, log, 0, 4, 20)
	got, runs := h.take(t, cursors[0], 2)
	cursors[0].Hold(got[0].place, []byte(got[0].rec))
	cursors[0].Remove()
	none(t, cursors[0])
	done(runs)
	cursors[0].Release(got[0].place)
	cursors[0].Rewind()
	none(t, cursors[0])
	appendN(t, log, 4, 6, 20)
	expect(t, h.finish(t, cursors[1], 3), 0, 20)
	must(t, log.Close())
	if log.Durable() { // what is in memory may still be read
		none(t, cursors[1])
	}
	if at := position(log, cursors[1]); at.Unread != 3 {
		t.Fatalf("the log was closed with 3 records unread, it says %d", at.Unread)
	}
}

func testReady(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a")
	c := cursors[0]
	await := func(what string) {
		t.Helper()
		select {
		case <-c.Ready():
		case <-time.After(h.Late + patience):
			t.Fatalf("not ready %s", what)
		}
	}
	c.Want(3, 1<<20)
	appendN(t, log, 0, 3, 20)
	await("with as many records as were wanted")
	expect(t, h.finish(t, c, 3), 0, 20)
	c.Want(1000, 500)
	appendN(t, log, 3, 6, 200)
	await("with as many bytes as were wanted")
	c.Want(1, 1)
	await("though records are there")
	expect(t, h.finish(t, c, 3), 3, 200)
	c.Want(1, 1)
	appendN(t, log, 6, 7, 20)
	await("when the first record came")
	got, _ := h.take(t, c, 1)
	expect(t, got, 6, 20)
	c.Want(1, 1)
	c.Rewind()
	await("when a record was given back")
}
