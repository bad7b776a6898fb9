package queuetest

import (
	"context"
	"errors"
	"sync/atomic"
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
		got = append(got, readRun(c)...)
		return position(log, c).Unread == 0
	})
	at := position(log, c)
	if len(got) == 0 || at.Overflowed+uint64(len(got)) != enough {
		t.Fatalf("%d records are left, and %d were dropped, of %d", len(got), at.Overflowed, enough)
	}
	expect(t, got, int(at.Overflowed), recSize)
}

// readRun reads the next run to its end, if there is one.
func readRun(c queue.Cursor) (got []taken) {
	run, _ := c.Fetch(100, 1<<20, true)
	got = read(&run)
	run.Done()
	c.Want(1, 1)
	return got
}

// producer appends records until one is refused.
type producer struct {
	taken atomic.Int64
	ended chan error // of one
}

func produce(ctx context.Context, log queue.Log, most int) *producer {
	p := &producer{ended: make(chan error, 1)}
	go func() {
		for i := range most {
			if err := log.Append(ctx, record(i, recSize)); err != nil {
				p.ended <- err
				return
			}
			p.taken.Add(1)
		}
		p.ended <- nil
	}()
	return p
}

// stuck waits until no more is taken of what a full log is offered, and returns how much was.
func (p *producer) stuck(t *testing.T, h Harness) int64 {
	t.Helper()
	before, since := int64(-1), time.Now()
	h.eventually(t, "the log is full", func() bool {
		if n := p.taken.Load(); n != before {
			before, since = n, time.Now()
		}
		return before*recSize > small/2 && time.Since(since) > 200*time.Millisecond
	})
	return before
}

// end returns why no more was taken.
func (p *producer) end(t *testing.T, h Harness) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(h.Late + patience):
		t.Fatal("Append went on waiting")
		return nil
	}
}

func testBlock(t *testing.T, h Harness) {
	log, cursors := h.opened(t, queue.Block, small, "a")
	p := produce(context.Background(), log, enough)
	if n := p.stuck(t, h); n == enough {
		t.Fatalf("a log of %d bytes took %d records of %d", small, n, recSize)
	}
	var got []taken
	h.eventually(t, "it goes on as there is room", func() bool {
		got = append(got, readRun(cursors[0])...)
		return len(got) == enough
	})
	expect(t, got, 0, recSize)
	must(t, p.end(t, h))

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p = produce(ctx, log, enough)
	p.stuck(t, h)
	cancel()
	if err := p.end(t, h); !errors.Is(err, context.Canceled) {
		t.Fatalf("when its context was done, Append returned %v", err)
	}
	p = produce(context.Background(), log, enough)
	log.Stop()
	if err := p.end(t, h); !errors.Is(err, queue.ErrClosed) {
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
