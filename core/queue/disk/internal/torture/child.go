package torture

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// childVariable has the work of a child in the environment.
const childVariable = "HEADGATE_TORTURE_CHILD"

// work is what a child does until it is killed.
type work struct {
	Dir   string
	Cycle int
	Seed  uint64
	// Drain: nothing is appended, every sink is up, and the child exits when all is delivered.
	Drain bool
	// Down: the third sink takes a batch and does not come back.
	Down     bool
	Interval bool
}

const (
	producers = 4
	sinks     = 3
)

// inHand is how much each sink has in hand at most: a batch, and what it holds of the one before.
var inHand = [sinks]int{200, 50 + 5, 100}

// What a child tells its parent: a kind, a sink, and a number of values.
const (
	tellReady     = 'R' // nanoseconds that opening took
	tellAcked     = 'A' // ids
	tellDelivered = 'D' // ids
	tellLoss      = 'L' // records damaged and overflowed for a sink
	tellCorrupt   = 'C' // records that are not what they were
)

// teller writes to the parent. What it has written is the parent's, whatever becomes of the child.
type teller struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *teller) tell(kind byte, sink int, values ...uint64) {
	b := append(make([]byte, 0, 6+8*len(values)), kind, byte(sink))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(values)))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, err := t.w.Write(b); err != nil {
		os.Exit(1) // the parent is gone
	}
}

// listen reads what a child tells until it ends, which may be in mid-word.
func listen(r io.Reader, heard func(kind byte, sink int, values []uint64)) {
	in := bufio.NewReaderSize(r, 1<<16)
	head := make([]byte, 6)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		raw := make([]byte, 8*binary.LittleEndian.Uint32(head[2:]))
		if _, err := io.ReadFull(in, raw); err != nil {
			return
		}
		values := make([]uint64, len(raw)/8)
		for i := range values {
			values[i] = binary.LittleEndian.Uint64(raw[8*i:])
		}
		heard(head[0], int(head[1]), values)
	}
}

// Child does the work of a child if this process is one, and does not return then.
func Child() {
	encoded := os.Getenv(childVariable)
	if encoded == "" {
		return
	}
	var w work
	if err := json.Unmarshal([]byte(encoded), &w); err != nil {
		fail(err)
	}
	w.do(&teller{w: os.Stdout})
	os.Exit(0)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "torture:", err)
	os.Exit(3)
}

func (w work) do(t *teller) {
	start := time.Now()
	cfg := disk.Config{Dir: w.Dir, MaxBytes: 256 << 20, OnFull: queue.Block, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if w.Interval {
		cfg.Sync = disk.SyncInterval
	}
	log, err := disk.Open(cfg)
	if err != nil {
		fail(err)
	}
	cursors := make([]queue.Cursor, sinks)
	for i := range cursors {
		cursors[i] = log.Cursor(fmt.Sprint("sink", i))
	}
	if err := log.Resume(); err != nil {
		fail(err)
	}
	t.tell(tellReady, 0, uint64(time.Since(start)))
	var group sync.WaitGroup
	for i, c := range cursors {
		group.Go(func() { w.sink(t, c, i) })
	}
	if !w.Drain {
		for p := range producers {
			group.Go(func() { w.produce(t, log, p) })
		}
	}
	group.Wait()
	at := make([]queue.Position, sinks)
	log.Snapshot(cursors, at)
	for i, p := range at {
		t.tell(tellLoss, i, p.Damaged, p.Overflowed)
	}
	if err := log.Close(); err != nil {
		fail(err)
	}
}

// produce appends until the process is killed: one by one, or several at once.
func (w work) produce(t *teller, log *disk.Log, p int) {
	rng := rand.New(rand.NewPCG(w.Seed, uint64(p)))
	next := uint64(w.Cycle)<<40 | uint64(p)<<32
	for {
		n := 1
		if rng.IntN(2) == 0 {
			n = 1 + rng.IntN(60)
		}
		ids, recs := make([]uint64, n), make([][]byte, n)
		for i := range recs {
			ids[i] = next
			recs[i] = recordOf(next)
			next++
		}
		if _, err := log.AppendAll(context.Background(), recs); err != nil {
			fail(err)
		}
		t.tell(tellAcked, 0, ids...)
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
	}
}

// sink delivers what its cursor fetches: it tells the parent, and is done with it.
func (w work) sink(t *teller, c queue.Cursor, i int) {
	rng := rand.New(rand.NewPCG(w.Seed, uint64(100+i)))
	var held []heldRecord
	for {
		run, _ := c.Fetch([]int{200, 50, 100}[i], 64<<10, true)
		if run.Len() == 0 {
			held = release(t, c, i, held)
			if w.Drain {
				return
			}
			c.Want(1, 1)
			<-c.Ready()
			continue
		}
		if i == 2 && w.Down {
			select {} // in hand until the process is killed
		}
		if i == 1 && !w.Drain {
			time.Sleep(time.Duration(rng.IntN(10)) * time.Millisecond)
		}
		var ids []uint64
		var later []heldRecord
		place := run.First
		for rec := run.Next(); rec != nil; rec = run.Next() {
			id, ok := idOf(rec)
			switch {
			case !ok:
				t.tell(tellCorrupt, i, place)
			case i == 1 && id%10 == 0 && len(later) < 5: // it goes with the next batch
				later = append(later, heldRecord{place, c.Hold(place, rec)})
			default:
				ids = append(ids, id)
			}
			place++
		}
		t.tell(tellDelivered, i, ids...)
		run.Done()
		release(t, c, i, held)
		held = later
	}
}

type heldRecord struct {
	place uint64
	rec   []byte
}

// release delivers what was held.
func release(t *teller, c queue.Cursor, sink int, held []heldRecord) []heldRecord {
	for _, h := range held {
		id, _ := idOf(h.rec)
		t.tell(tellDelivered, sink, id)
		c.Release(h.place)
	}
	return nil
}
