package queuetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	small   = 256 << 10 // of a log that is to become full
	recSize = 4 << 10
	enough  = 3 * small / recSize // records that make it so
)

// fill appends until the log is full, and returns how many records it took.
func fill(t *testing.T, log queue.Log) (taken int) {
	t.Helper()
	for taken < enough {
		err := log.Append(context.Background(), record(taken, recSize))
		if errors.Is(err, queue.ErrFull) {
			return taken
		}
		must(t, err)
		taken++
	}
	t.Fatalf("a log of %d bytes took %d records of %d", small, taken, recSize)
	return 0
}

func testDropNewest(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropNewest, small, "a", "b")
	n := fill(t, log)
	if n < 2 {
		t.Fatalf("a log of %d bytes took %d records of %d", small, n, recSize)
	}
	for _, c := range cursors {
		expect(t, h.finish(t, c, n), 0, recSize)
		if at := position(log, c); at.Overflowed != 0 {
			t.Fatalf("%d records were dropped, want none", at.Overflowed)
		}
	}
	h.eventually(t, "there is room again", func() bool {
		return log.Append(context.Background(), record(n, recSize)) == nil
	})
	expect(t, h.finish(t, cursors[0], 1), n, recSize)
}

func testDropOldest(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, small, "a")
	c := cursors[0]
	appendN(t, log, 0, enough, recSize)
	h.eventually(t, "what was dropped is counted", func() bool {
		at := position(log, c)
		return at.Overflowed > 0 && at.Overflowed+at.Unread == enough && at.Unread*recSize <= small
	})
	var got []taken // a log that is elsewhere learns only now and then what was dropped
	h.eventually(t, "what is left is read", func() bool {
		run, _ := c.Fetch(100, 1<<20, true)
		got = append(got, read(&run)...)
		run.Done()
		c.Want(1, 1)
		return position(log, c).Unread == 0
	})
	at := position(log, c)
	if len(got) == 0 || at.Overflowed+uint64(len(got)) != enough {
		t.Fatalf("%d records are left, and %d were dropped, of %d", len(got), at.Overflowed, enough)
	}
	expect(t, got, int(at.Overflowed), recSize)
}

// waited is for how long an Append that has not returned is taken to wait for room.
const waited = 300 * time.Millisecond

// fillBlocking appends until a log that blocks is full, and returns how many records it took.
func fillBlocking(t *testing.T, log queue.Log, from int) (taken int) {
	t.Helper()
	for ; taken < enough; taken++ {
		ctx, cancel := context.WithTimeout(context.Background(), waited)
		err := log.Append(ctx, record(from+taken, recSize))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return taken
		}
		must(t, err)
	}
	t.Fatalf("a log of %d bytes took %d records of %d", small, taken, recSize)
	return 0
}

func testBlock(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.Block, small, "a")
	appended := make(chan error, 1)
	blocked := func(i int) {
		t.Helper()
		go func() { appended <- log.Append(context.Background(), record(i, recSize)) }()
		select {
		case err := <-appended:
			t.Fatalf("Append of a full log returned %v before there was room", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	result := func() error {
		t.Helper()
		select {
		case err := <-appended:
			return err
		case <-time.After(h.Late + 5*time.Second):
			t.Fatal("Append went on waiting")
			return nil
		}
	}
	n := fillBlocking(t, log, 0)
	blocked(n)
	expect(t, h.finish(t, cursors[0], n), 0, recSize)
	must(t, result())
	n += 1 + fillBlocking(t, log, n+1)
	blocked(n)
	log.Stop()
	if err := result(); !errors.Is(err, queue.ErrClosed) {
		t.Fatalf("after Stop, Append returned %v, want ErrClosed", err)
	}
}

func testTooLarge(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.DropOldest, small, "a")
	if err := log.Append(context.Background(), make([]byte, 2*small)); !errors.Is(err, queue.ErrTooLarge) {
		t.Fatalf("Append returned %v, want ErrTooLarge", err)
	}
	recs := [][]byte{record(0, 20), make([]byte, 2*small), record(1, 20)}
	if n, err := log.AppendAll(context.Background(), recs); n != 1 || !errors.Is(err, queue.ErrTooLarge) {
		t.Fatalf("AppendAll returned %d, %v, want 1 and ErrTooLarge", n, err)
	}
	appendN(t, log, 1, 2, 20)
	expect(t, h.finish(t, cursors[0], 2), 0, 20)
}
