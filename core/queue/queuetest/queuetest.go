// Package queuetest holds a [queue.Log] to its contract, whoever implements it.
package queuetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// Harness makes the logs that are tested.
type Harness struct {
	// New returns a function that opens a log which nothing was appended to before: paused, without
	// cursors, of about that many bytes. When it is called again, after the log was closed, it
	// opens the same one; a log that keeps nothing beyond the process starts anew.
	New func(onFull queue.OnFull, maxBytes int64) (open func() (queue.Log, error))
	// Late is how long a record may take from being appended to being there to fetch, at the
	// worst; zero if it is there at once.
	Late time.Duration
	// Checks is how many random histories are tried; as many as rapid's flags say if zero.
	Checks int
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"a log takes records from Resume to Pause, and none after Stop":      testTaking,
		"a log keeps a copy of what was appended":                            testCopies,
		"every cursor sees every record in order":                            testOrder,
		"a cursor begins at the end":                                         testBeginsAtTheEnd,
		"a run is no larger than was asked for":                              testLimits,
		"a removed cursor fetches nothing, nor does one of a closed log":     testGone,
		"ready fires when what was wanted is there":                          testReady,
		"a held record stays in hand when its run is done":                   testHold,
		"rewinding gives back what is in hand, and nothing that is finished": testRewind,
		"a cursor tells since when what it has to fetch has waited":          testPeek,
		"a cursor discards what there is to fetch and keeps what is in hand": testDiscard,
		"a log that refuses the newest keeps what is there":                  testDropNewest,
		"a log that drops the oldest counts them":                            testDropOldest,
		"a log that blocks waits for room, the context or Stop":              testBlock,
		"a record larger than the log is refused":                            testTooLarge,
		"a durable log has what was not finished when it is opened again":    testReopen,
		"many appenders and readers lose nothing, and the books balance":     testTogether,
		"the log behaves like a list per cursor":                             testModel,
	} {
		t.Run(name, func(t *testing.T) { test(t, h) })
	}
}

// tb is what is common to tests of testing and rapid.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

const plenty = 64 << 20

// opened opens a log with cursors, and has it take records.
func (h Harness) opened(t *testing.T, onFull queue.OnFull, maxBytes int64, names ...string) (queue.Log, []queue.Cursor) {
	t.Helper()
	log, err := h.New(onFull, maxBytes)()
	must(t, err)
	t.Cleanup(func() { _ = log.Close() })
	cursors := withCursors(log, names)
	must(t, log.Resume())
	return log, cursors
}

func withCursors(log queue.Log, names []string) (cursors []queue.Cursor) {
	for _, name := range names {
		cursors = append(cursors, log.Cursor(name))
	}
	return cursors
}

// record makes the i-th record, of that size or as long as its number takes.
func record(i, size int) []byte {
	rec := fmt.Appendf(nil, "%08d", i)
	for len(rec) < size {
		rec = append(rec, byte('a'+i%26))
	}
	return rec
}

// appendN appends the records from one to another.
func appendN(t tb, log queue.Log, from, to, size int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := log.Append(context.Background(), record(i, size)); err != nil {
			t.Fatalf("appending record %d: %v", i, err)
		}
	}
}

// fetch fetches what there is to fetch, and waits for it as long as it may take.
func (h Harness) fetch(t tb, c queue.Cursor, maxRecords, maxBytes int, oversize bool) (queue.Run, bool) {
	t.Helper()
	deadline := time.Now().Add(h.Late)
	for {
		run, more := c.Fetch(maxRecords, maxBytes, oversize)
		if run.Len() > 0 || more || !time.Now().Before(deadline) {
			return run, more
		}
		c.Want(1, 1)
		select {
		case <-c.Ready():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// taken is a record as it was fetched.
type taken struct {
	place uint64
	rec   string
}

// take fetches so many records, and leaves their runs to be done.
func (h Harness) take(t tb, c queue.Cursor, n int) (got []taken, runs []queue.Run) {
	t.Helper()
	for len(got) < n {
		run, _ := h.fetch(t, c, n-len(got), 1<<20, true)
		if run.Len() == 0 {
			t.Fatalf("fetched %d records, want %d", len(got), n)
		}
		got = append(got, read(&run)...)
		runs = append(runs, run)
	}
	return got, runs
}

func read(run *queue.Run) (got []taken) {
	place := run.First
	for rec := run.Next(); rec != nil; rec = run.Next() {
		got = append(got, taken{place, string(rec)})
		place++
	}
	return got
}

// finish fetches so many records and is done with them.
func (h Harness) finish(t tb, c queue.Cursor, n int) []taken {
	t.Helper()
	got, runs := h.take(t, c, n)
	done(runs)
	return got
}

func done(runs []queue.Run) {
	for i := range runs {
		runs[i].Done()
	}
}

// expect holds records to their numbers.
func expect(t tb, got []taken, from, size int) {
	t.Helper()
	for i, r := range got {
		if want := string(record(from+i, size)); r.rec != want {
			t.Fatalf("record %d is %.20q, want %.20q", i, r.rec, want)
		}
		if i > 0 && r.place <= got[i-1].place {
			t.Fatalf("place %d follows %d", r.place, got[i-1].place)
		}
	}
}

func position(log queue.Log, c queue.Cursor) queue.Position {
	var at [1]queue.Position
	log.Snapshot([]queue.Cursor{c}, at[:])
	return at[0]
}

// none makes sure that there is nothing to fetch. It does not wait for what should not come.
func none(t tb, c queue.Cursor) {
	t.Helper()
	if run, _ := c.Fetch(10, 1<<20, true); run.Len() > 0 {
		t.Fatalf("fetched %d records, want none", run.Len())
	}
}

// patience is how long anything may take on a machine that is busy with other things.
const patience = 20 * time.Second

// eventually waits until something is so.
func (h Harness) eventually(t tb, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(h.Late + patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", h.Late+patience, what)
		}
	}
}
