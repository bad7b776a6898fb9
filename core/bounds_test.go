package core

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A pinned chunk keeps every later big chunk alive through its next pointer.
func TestOnePinnedRunDoesNotKeepTheWholeHistoryInMemory(t *testing.T) {
	log := queue.NewMemory(4<<20, queue.DropOldest)
	if err := log.Resume(); err != nil {
		t.Fatal(err)
	}
	c := log.Cursor("a")
	_ = log.Append(context.Background(), []byte("held"))
	run, _ := c.Fetch(1, 1<<20, true) // a batch that is retried for hours
	before := heap()
	for range 300 {
		if err := log.Append(context.Background(), make([]byte, 700<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > 12<<20 {
		t.Errorf("a queue of 4 MiB takes %d MiB", grown>>20)
	}
	run.Done()
	runtime.KeepAlive(log)
}

// The same through the dispatcher: a sink that is down, a healthy one, big events.
func TestADownSinkWithBigEventsKeepsToTheBound(t *testing.T) {
	dead := &fakeSink{answer: down}
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("dead", dead), sinkOf("ok", drainAtOnce)}, Queue: QueueConfig{MaxBytes: 4 << 20}})
	track(t, d, "first")
	time.Sleep(400 * time.Millisecond)
	props := Props{}
	for i := range 10 {
		props[fmt.Sprint("k", i)] = strings.Repeat("word ", 10000) // 50 kB each
	}
	before := heap()
	for range 150 {
		if err := d.Enqueue(context.Background(), Event{Name: "big", Props: props}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(500 * time.Millisecond)
	if grown := int64(heap()-before) >> 20; grown > 16 {
		t.Errorf("a queue of 4 MiB: the heap grew by %d MiB", grown)
	}
	_ = d.Close(shortly(t))
}

// A sparse filter pins a chunk per kept event.
func TestASparseFilterDoesNotPinTheLog(t *testing.T) {
	dead := &fakeSink{answer: down}
	cfg := sinkOf("dead", dead)
	cfg.Events = []string{"rare"}
	cfg.Batch.MaxWait = time.Hour
	const bound = 4 << 20
	d := newTest(t, Config{Sinks: []SinkConfig{cfg}, Queue: QueueConfig{MaxBytes: bound}})
	before := heap()
	text := strings.Repeat("word ", 200)
	for i := range 60000 {
		name := "common"
		if i%500 == 0 {
			name = "rare"
		}
		if err := d.Enqueue(context.Background(), Event{Name: name, Props: Props{"t": text}}); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(300 * time.Millisecond)
	grown := int64(heap()-before) >> 20
	s := d.Stats().Sinks["dead"]
	t.Logf("heap grew %d MiB, %d in hand", grown, s.Queued)
	if grown > 12 {
		t.Errorf("a queue of 4 MiB with %d events in hand of 1 kB: the heap grew by %d MiB", s.Queued, grown)
	}
	_ = d.Close(shortly(t))
}
