package disk_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// temporary returns a directory, and what removes it.
func temporary() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "headgate-disk-example-")
	if err != nil {
		log.Fatal(err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}

// opened returns a log with a reader, ready to be used.
func opened(cfg disk.Config) (*disk.Log, queue.Cursor) {
	l, err := disk.Open(cfg)
	if err != nil {
		log.Fatal(err)
	}
	reader := l.Cursor("reader")
	if err := l.Resume(); err != nil {
		log.Fatal(err)
	}
	return l, reader
}

// What was stored before a crash is there afterwards, for every reader from where it was.
func ExampleLog() {
	dir, remove := temporary()
	defer remove()
	l, _ := opened(disk.Config{Dir: dir})
	if err := l.Append(context.Background(), []byte("before")); err != nil { // on stable storage when it returns
		log.Fatal(err)
	}
	_ = l.Close()

	l, reader := opened(disk.Config{Dir: dir})
	defer l.Close()
	run, _ := reader.Fetch(10, 1<<10, true)
	fmt.Printf("%s\n", run.Next())
	run.Done()
	// Output: before
}

// Processes that come and go have a log each, in slots of one directory. What one that was killed has left is for
// the next.
func ExampleConfig() {
	dir, remove := temporary()
	defer remove()
	cfg := disk.Config{Dir: dir, Slots: true}
	one, _ := opened(cfg)
	other, _ := opened(cfg)
	_ = other.Append(context.Background(), []byte("left behind"))
	_ = one.Close() // it is empty, and so is gone
	_ = other.Close()
	fmt.Println(len(disk.Slots(dir)), "slot has something in it")

	next, reader := opened(cfg)
	defer next.Close()
	run, _ := reader.Fetch(10, 1<<10, true)
	fmt.Printf("%s\n", run.Next())
	run.Done()
	// Output:
	// 1 slot has something in it
	// left behind
}

// A log says how it fares with its disk: here, that records which are stored together are synced together.
func ExampleHealth() {
	dir, remove := temporary()
	defer remove()
	l, _ := opened(disk.Config{Dir: dir, Sync: disk.SyncBatch})
	defer l.Close()
	before := l.Health()
	if _, err := l.AppendAll(context.Background(), [][]byte{[]byte("one"), []byte("two"), []byte("three")}); err != nil {
		log.Fatal(err)
	}
	after := l.Health()
	fmt.Println(after.Segments, "file,", after.Syncs-before.Syncs, "sync,", after.Failures, "failures")
	// Output: 1 file, 1 sync, 0 failures
}

// What is in the directory of a log, and what is wrong with it, can be told without opening it.
func ExampleReport() {
	dir, remove := temporary()
	defer remove()
	l, reader := opened(disk.Config{Dir: dir})
	_, _ = l.AppendAll(context.Background(), [][]byte{[]byte("one"), []byte("two"), []byte("three")})
	run, _ := reader.Fetch(2, 1<<10, true)
	run.Done()
	_ = l.Close()

	report, err := disk.Check(dir, false) // true repairs it
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range report.Segments {
		fmt.Println(s.Records, "records,", s.Missing, "missing")
	}
	for _, c := range report.Cursors {
		fmt.Println(c.Name, "has", c.Unread, "to read")
	}
	fmt.Println(len(report.Problems), "problems")
	// Output:
	// 3 records, 0 missing
	// reader has 1 to read
	// 0 problems
}
