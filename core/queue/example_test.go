package queue_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// filled returns a log with records, and a cursor that has all of them to fetch.
func filled(records ...string) (*queue.Memory, queue.Cursor) {
	log := queue.NewMemory(1<<20, queue.DropOldest)
	cursor := log.Cursor("reader")
	if err := log.Resume(); err != nil {
		fmt.Println(err)
	}
	for _, rec := range records {
		if err := log.Append(context.Background(), []byte(rec)); err != nil {
			fmt.Println(err)
		}
	}
	return log, cursor
}

// printRun prints the records of a run, and says that they have come to their end.
func printRun(run queue.Run) {
	var texts []string
	for rec := run.Next(); rec != nil; rec = run.Next() {
		texts = append(texts, string(rec))
	}
	fmt.Println(strings.Join(texts, ", "))
	run.Done()
}

// Every reader goes through the log at its own pace: one that is slow holds up no other.
func ExampleLog() {
	var log queue.Log = queue.NewMemory(1<<20, queue.DropOldest)
	defer log.Close()
	readers := []queue.Cursor{log.Cursor("quick"), log.Cursor("slow")}
	if err := log.Resume(); err != nil { // a log is made paused
		fmt.Println(err)
	}
	if _, err := log.AppendAll(context.Background(), [][]byte{[]byte("one"), []byte("two"), []byte("three")}); err != nil {
		fmt.Println(err)
	}
	run, _ := readers[0].Fetch(2, 1<<10, true)
	printRun(run)

	at := make([]queue.Position, len(readers))
	end, appended := log.Snapshot(readers, at)
	fmt.Printf("of %d, up to %d, quick has %d to fetch and slow %d\n", appended, end, at[0].Unread, at[1].Unread)
	// Output:
	// one, two
	// of 3, up to 3, quick has 1 to fetch and slow 3
}

// A reader that could not do what it was to do with its records gives them back, and gets them again. One
// that it holds stays in its hand.
func ExampleCursor() {
	log, cursor := filled("one", "two", "three")
	defer log.Close()
	run, more := cursor.Fetch(2, 1<<10, true)
	fmt.Println(run.Len(), "records in", run.Size(), "bytes, others behind them:", more)
	cursor.Rewind()

	run, _ = cursor.Fetch(10, 1<<10, true)
	first := run.First
	held := cursor.Hold(first, run.Next())
	run.Done()
	fmt.Printf("%s is held\n", held)
	cursor.Release(first)
	// Output:
	// 2 records in 14 bytes, others behind them: true
	// one is held
}

// What happens when a log is full is for the program to choose: to lose the oldest, or to be told.
func ExampleOnFull() {
	ctx, large := context.Background(), bytes.Repeat([]byte("x"), 400)

	dropping := queue.NewMemory(1000, queue.DropOldest)
	defer dropping.Close()
	cursor := dropping.Cursor("reader")
	_ = dropping.Resume()
	for range 3 {
		_ = dropping.Append(ctx, large)
	}
	at := make([]queue.Position, 1)
	dropping.Snapshot([]queue.Cursor{cursor}, at)
	fmt.Println(at[0].Unread, "to fetch,", at[0].Overflowed, "lost")

	refusing := queue.NewMemory(1000, queue.DropNewest)
	defer refusing.Close()
	refusing.Cursor("reader")
	_ = refusing.Resume()
	for range 3 {
		if err := refusing.Append(ctx, large); errors.Is(err, queue.ErrFull) {
			fmt.Println("refused:", err)
		}
	}
	// Output:
	// 2 to fetch, 1 lost
	// refused: queue: full
}

// For how long the oldest record has waited is known without taking it in hand.
func ExamplePeeker() {
	accepted := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	log, cursor := filled(accepted.Format(time.RFC3339), accepted.Add(time.Hour).Format(time.RFC3339))
	defer log.Close()
	place, at := cursor.(queue.Peeker).Peek(func(rec []byte) time.Time {
		at, _ := time.Parse(time.RFC3339, string(rec)) // the zero time of one that cannot be read
		return at
	})
	fmt.Println(place, at.Format(time.TimeOnly))
	// Output: 0 12:00:00
}

// pin says when a run is done, so that a log knows what it may let go of.
type pin struct{}

func (pin) Done() { fmt.Println("the block can be used again") }

// A log of one's own gives its readers runs of a block of records, without copying them.
func ExamplePin() {
	var block []byte
	for _, rec := range []string{"one", "two"} {
		block = binary.LittleEndian.AppendUint32(block, uint32(len(rec)))
		block = append(block, rec...)
	}
	printRun(queue.NewRun(7, block, 2, 4, pin{}))
	// Output:
	// one, two
	// the block can be used again
}

// mask overwrites a name.
func mask(rec []byte) { copy(rec, bytes.Repeat([]byte("*"), len("ada"))) }

// isAdas tells the records that have the name.
func isAdas(rec []byte) bool { return bytes.HasPrefix(rec, []byte("ada")) }

// What must not be kept is taken out of the log where it lies.
func ExampleRewriter() {
	log, cursor := filled("ada runs", "bob runs", "ada stops")
	defer log.Close()
	var rewriter queue.Rewriter = log
	if err := rewriter.Rewrite(isAdas, mask); err != nil {
		fmt.Println(err)
	}
	run, _ := cursor.Fetch(10, 1<<10, true)
	printRun(run)
	// Output: *** runs, bob runs, *** stops
}

// replica is a log that others rewrite, too.
type replica struct {
	*queue.Memory
	yield func(settle func())
}

func (r *replica) OnRewrite(yield func(settle func())) { r.yield = yield }

// What a reader has in hand while another process rewrites the log, it gives back, so that it does not deliver
// what was to be forgotten.
func ExampleShared() {
	log, cursor := filled("ada runs", "bob runs")
	defer log.Close()
	r := &replica{Memory: log}
	var shared queue.Shared = r

	run, _ := cursor.Fetch(10, 1<<10, true)
	shared.OnRewrite(func(settle func()) {
		cursor.Rewind()
		run.Done()
		settle() // returns when the other is done
		run, _ = cursor.Fetch(10, 1<<10, true)
	})
	r.yield(func() { _ = shared.Rewrite(isAdas, mask) }) // as another process would have it
	printRun(run)
	// Output: *** runs, bob runs
}
