package queuetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

func testReopen(t *testing.T, h Harness) {
	open := h.New(queue.DropOldest, plenty)
	log, err := open()
	must(t, err)
	if !log.Durable() {
		must(t, log.Close())
		t.Skip("this log keeps nothing beyond the process")
	}
	cursors := withCursors(log, []string{"a", "b"})
	must(t, log.Resume())
	appendN(t, log, 0, 20, 40)
	h.finish(t, cursors[0], 5)
	got, runs := h.take(t, cursors[0], 5) // of which two are held, and the others finished
	cursors[0].Hold(got[1].place, []byte(got[1].rec))
	cursors[0].Hold(got[3].place, []byte(got[3].rec))
	done(runs)
	h.take(t, cursors[0], 2) // in hand
	h.finish(t, cursors[1], 20)
	must(t, log.Close())

	log, err = open()
	must(t, err)
	defer log.Close()
	cursors = withCursors(log, []string{"a", "b", "c"})
	must(t, log.Resume())
	want := map[string]bool{}
	for _, i := range []int{6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19} {
		want[string(record(i, 40))] = true
	}
	for _, r := range h.finish(t, cursors[0], len(want)) {
		if !want[r.rec] {
			t.Fatalf("fetched %.20q, which was finished or fetched before", r.rec)
		}
		delete(want, r.rec)
	}
	if at := position(log, cursors[0]); at.Recovered != 12 || at.Unread != 0 {
		t.Fatalf("stands at %+v, want 12 recovered and none unread", at)
	}
	none(t, cursors[1])
	none(t, cursors[2])
	appendN(t, log, 20, 22, 40)
	for _, c := range cursors {
		expect(t, h.finish(t, c, 2), 20, 40)
	}
	if _, appended := log.Snapshot(nil, nil); appended != 2 {
		t.Fatalf("this process appended 2 records, the log says %d", appended)
	}
}

// testTogether has appenders and readers at work, and looks at the books all the while.
func testTogether(t *testing.T, h Harness) {
	const producers, each = 4, 1500
	log, cursors := h.opened(t, queue.DropOldest, plenty, "a", "b", "c")
	var working sync.WaitGroup
	readers := make([]*reader, len(cursors))
	for i, c := range cursors {
		readers[i] = &reader{cursor: c, seen: make(map[string]int)}
		working.Go(func() { readers[i].run(h, producers*each) })
	}
	for p := range producers {
		working.Go(func() {
			for i := 0; i < each; {
				var recs [][]byte
				for range min(1+i%70, each-i) {
					recs = append(recs, fmt.Appendf(nil, "%d-%d", p, i+len(recs)))
				}
				n, err := log.AppendAll(context.Background(), recs)
				if err != nil {
					t.Error(err)
					return
				}
				i += n
			}
		})
	}
	stop := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				for i, r := range readers {
					if err := r.balance(log); err != "" {
						t.Errorf("cursor %d: %s", i, err)
						return
					}
				}
			}
		}
	})
	working.Wait()
	close(stop)
	looking.Wait()
	for i, r := range readers {
		if err := r.balance(log); err != "" {
			t.Errorf("cursor %d: %s", i, err)
		}
		if len(r.seen) != producers*each {
			t.Errorf("cursor %d saw %d records, want %d", i, len(r.seen), producers*each)
		}
		for rec, n := range r.seen {
			if n != 1 {
				t.Errorf("cursor %d saw %s %d times", i, rec, n)
			}
		}
	}
}

// reader reads, and counts as a sink would.
type reader struct {
	cursor queue.Cursor
	mu     sync.Mutex // as that of a lane: what is fetched is in hand at once
	inHand uint64
	ended  uint64
	seen   map[string]int
}

func (r *reader) run(h Harness, want int) {
	deadline := time.Now().Add(h.Late + patience)
	for len(r.seen) < want && time.Now().Before(deadline) {
		r.mu.Lock()
		run, _ := r.cursor.Fetch(100, 1<<16, true)
		n := uint64(run.Len())
		r.inHand += n
		r.mu.Unlock()
		if n == 0 {
			r.cursor.Want(1, 1)
			select {
			case <-r.cursor.Ready():
			case <-time.After(time.Second):
			}
			continue
		}
		for _, got := range read(&run) {
			r.seen[got.rec]++
		}
		run.Done()
		r.mu.Lock()
		r.inHand -= n
		r.ended += n
		r.mu.Unlock()
	}
}

// balance says what is wrong with the books, if anything is.
func (r *reader) balance(log queue.Log) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var at [1]queue.Position
	_, appended := log.Snapshot([]queue.Cursor{r.cursor}, at[:])
	p := at[0]
	if in, out := appended+p.Recovered, r.ended+r.inHand+p.Unread+p.Overflowed+p.Damaged+p.Before+p.Handed; in != out {
		return fmt.Sprintf("%d appended and recovered, but %d ended, in hand, unread or given up: %d ended, %d in hand, %+v", in, out, r.ended, r.inHand, p)
	}
	return ""
}
