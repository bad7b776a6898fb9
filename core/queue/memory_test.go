package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newMemory makes a log that takes records.
func newMemory(maxBytes int64, onFull OnFull) *Memory {
	log := NewMemory(maxBytes, onFull)
	_ = log.Resume()
	return log
}

func record(i, size int) []byte {
	rec := fmt.Appendf(nil, "%08d", i)
	for len(rec) < size {
		rec = append(rec, byte('a'+i%26))
	}
	return rec
}

// numbered stands for the time at which a record was accepted.
func numbered(rec []byte) time.Time {
	i, _ := strconv.Atoi(string(rec[:8]))
	return time.Unix(int64(i), 0)
}

// modelCursor is what a cursor of a trivially correct log would have.
type modelCursor struct {
	cursor Cursor
	unread []placed
	lost   uint64
	before uint64
	back   int // how many of unread were given back
	hand   []hand
	held   []placed
	stale  []Run // given back
}

type placed struct {
	place uint64
	rec   []byte
}

type hand struct {
	run  Run
	want []placed
}

func TestTheMemoryLogBehavesLikeAListPerCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 40 << 10
		log := newMemory(limit, DropOldest)
		var model []*modelCursor
		appended := 0
		bytesOf := func(c *modelCursor) (n int) {
			for _, r := range c.unread {
				n += len(r.rec) + frameHeader
			}
			return n
		}
		fresh := func(c *modelCursor) *modelCursor { return &modelCursor{unread: c.unread[c.back:]} }
		pick := func(t *rapid.T) *modelCursor {
			if len(model) == 0 {
				t.Skip("no cursor")
			}
			return rapid.SampledFrom(model).Draw(t, "cursor")
		}
		finish := func(t *rapid.T, c *modelCursor, i int) {
			h := c.hand[i]
			c.hand = append(c.hand[:i:i], c.hand[i+1:]...)
			run := h.run
			for _, want := range h.want {
				if got := run.Next(); string(got) != string(want.rec) {
					t.Fatalf("a record in hand changed: got %.20q, want %.20q", got, want.rec)
				}
			}
			run.Done()
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "records") {
					rec := record(appended, rapid.SampledFrom([]int{8, 100, 700, 6000}).Draw(t, "size"))
					if err := log.Append(context.Background(), rec); err != nil {
						t.Fatal(err)
					}
					for _, c := range model {
						c.unread = append(c.unread, placed{uint64(appended), rec})
					}
					appended++
					for { // what does not fit is lost to whoever is farthest behind
						most := 0
						for _, c := range model {
							most = max(most, bytesOf(fresh(c)))
						}
						if most <= limit {
							break
						}
						for _, c := range model {
							if bytesOf(fresh(c)) == most {
								c.unread = slices.Delete(slices.Clone(c.unread), c.back, c.back+1)
								c.lost++
							}
						}
					}
				}
			},
			"add cursor": func(t *rapid.T) {
				if len(model) < 4 {
					model = append(model, &modelCursor{cursor: log.Cursor(""), before: uint64(appended)})
				}
			},
			"fetch": func(t *rapid.T) {
				c := pick(t)
				maxRecords := rapid.IntRange(1, 20).Draw(t, "max records")
				maxBytes := rapid.IntRange(1, 8000).Draw(t, "max bytes")
				oversize := rapid.Bool().Draw(t, "oversize")
				run, more := c.cursor.Fetch(maxRecords, maxBytes, oversize)
				none := len(c.unread) == 0 || !oversize && len(c.unread[0].rec)+frameHeader > maxBytes
				if (run.Len() == 0) != none {
					t.Fatalf("fetched %d of %d", run.Len(), len(c.unread))
				}
				if run.Len() > 1 && len(run.data) > maxBytes {
					t.Fatalf("fetched %d bytes, more than %d", len(run.data), maxBytes)
				}
				if run.Len() > 0 && run.First != c.unread[0].place {
					t.Fatalf("the run starts at %d, want %d", run.First, c.unread[0].place)
				}
				if run.Len() > maxRecords {
					t.Fatalf("fetched %d, more than %d", run.Len(), maxRecords)
				}
				n := run.Len()
				if more != (len(c.unread) > n) {
					t.Fatalf("more is %v with %d of %d fetched", more, n, len(c.unread))
				}
				c.hand = append(c.hand, hand{run, c.unread[:n:n]})
				c.unread = c.unread[n:]
				c.back = max(0, c.back-n)
			},
			"hold": func(t *rapid.T) {
				c := pick(t)
				if len(c.hand) == 0 || len(c.hand[0].want) == 0 {
					t.Skip("nothing in hand")
				}
				r := rapid.SampledFrom(c.hand[0].want).Draw(t, "record")
				if got := c.cursor.Hold(r.place, r.rec); string(got) != string(r.rec) {
					t.Fatalf("holding %.20q returned %.20q", r.rec, got)
				}
				if !slices.ContainsFunc(c.held, func(h placed) bool { return h.place == r.place }) {
					c.held = append(c.held, r)
				}
			},
			"release": func(t *rapid.T) {
				if c := pick(t); len(c.held) > 0 {
					c.cursor.Release(c.held[0].place)
					c.held = c.held[1:]
				}
			},
			"rewind": func(t *rapid.T) {
				c := pick(t)
				c.cursor.Rewind()
				back := slices.Clone(c.unread[:c.back])
				for _, h := range c.hand {
					back = append(back, h.want...)
					c.stale = append(c.stale, h.run)
				}
				for _, h := range c.held {
					if !slices.ContainsFunc(back, func(r placed) bool { return r.place == h.place }) {
						back = append(back, h)
					}
				}
				slices.SortFunc(back, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
				c.unread, c.back, c.hand, c.held = append(back, c.unread[c.back:]...), len(back), nil, nil
			},
			"done too late": func(t *rapid.T) {
				if c := pick(t); len(c.stale) > 0 {
					c.stale[0].Done()
					c.stale = c.stale[1:]
				}
			},
			"done": func(t *rapid.T) {
				if c := pick(t); len(c.hand) > 0 {
					finish(t, c, rapid.IntRange(0, len(c.hand)-1).Draw(t, "which"))
				}
			},
			"discard": func(t *rapid.T) {
				c := pick(t)
				if got := c.cursor.Discard(); got != len(c.unread) {
					t.Fatalf("discarded %d, want %d", got, len(c.unread))
				}
				c.unread, c.back = nil, 0
			},
			"remove": func(t *rapid.T) {
				c := pick(t)
				c.cursor.Remove()
				for i := range model {
					if model[i] == c {
						model = append(model[:i:i], model[i+1:]...)
						break
					}
				}
				for len(c.hand) > 0 {
					finish(t, c, 0)
				}
			},
			"": func(t *rapid.T) {
				cursors, positions := []Cursor{}, make([]Position, len(model))
				for _, c := range model {
					cursors = append(cursors, c.cursor)
				}
				if end, got := log.Snapshot(cursors, positions); got != uint64(appended) || end != got {
					t.Fatalf("appended %d, want %d", got, appended)
				}
				for i, c := range model {
					next := uint64(appended)
					if len(c.unread) > 0 {
						next = c.unread[0].place
					}
					want := Position{Next: next, Unread: uint64(len(c.unread)), Overflowed: c.lost, Before: c.before, Bytes: int64(bytesOf(c))}
					if positions[i] != want {
						t.Fatalf("cursor %d: got %+v, want %+v", i, positions[i], want)
					}
					var accepted time.Time
					if len(c.unread) > 0 {
						accepted = numbered(c.unread[0].rec)
					}
					if place, at := c.cursor.(Peeker).Peek(numbered); place != next || !at.Equal(accepted) {
						t.Fatalf("cursor %d: the oldest is at %d, accepted at %v, want %d, %v", i, place, at, next, accepted)
					}
				}
			},
		})
	})
}

func TestReadyFiresWhenWhatWasWantedIsThere(t *testing.T) {
	log := newMemory(1<<20, DropOldest)
	c := log.Cursor("a")
	fired := func() bool {
		select {
		case <-c.Ready():
			return true
		default:
			return false
		}
	}
	c.Want(3, 1<<20)
	for i := range 3 {
		if fired() {
			t.Fatalf("ready after %d of 3 records", i)
		}
		_ = log.Append(context.Background(), record(i, 10))
	}
	if !fired() {
		t.Fatal("not ready after 3 records")
	}
	c.Want(1, 1)
	if !fired() {
		t.Fatal("not ready although records are there already")
	}
	c.Fetch(10, 1<<20, true)
	c.Want(100, 50)
	_ = log.Append(context.Background(), record(9, 60))
	if !fired() {
		t.Fatal("not ready after enough bytes")
	}
}

func TestDropNewestRefusesAndKeepsWhatIsThere(t *testing.T) {
	log := newMemory(100, DropNewest)
	c := log.Cursor("a")
	var taken int
	for i := range 20 {
		if err := log.Append(context.Background(), record(i, 16)); err == nil {
			taken++
		} else if !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	if taken != 5 { // 5 × (16 + 4) bytes
		t.Fatalf("took %d records into 100 bytes, want 5", taken)
	}
	run, _ := c.Fetch(100, 1<<20, true)
	if run.Len() != taken {
		t.Fatalf("kept %d, want %d", run.Len(), taken)
	}
	if err := log.Append(context.Background(), make([]byte, 97)); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("a record larger than the log: got %v, want ErrTooLarge", err)
	}
}

func TestBlockWaitsForRoomTheContextOrClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newMemory(64, Block)
		c := log.Cursor("a")
		fill := func() {
			for range 3 {
				if err := log.Append(context.Background(), make([]byte, 16)); err != nil {
					t.Fatal(err)
				}
			}
		}
		fill()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := log.Append(ctx, make([]byte, 16)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's error", err)
		}
		done := make(chan error, 1)
		go func() { done <- log.Append(context.Background(), make([]byte, 16)) }()
		synctest.Wait()
		c.Fetch(1, 1, true)
		if err := <-done; err != nil {
			t.Fatalf("after a fetch made room: %v", err)
		}
		go func() { done <- log.Append(context.Background(), make([]byte, 16)) }()
		synctest.Wait()
		log.Stop()
		if err := <-done; !errors.Is(err, ErrClosed) {
			t.Fatalf("after Close: got %v, want ErrClosed", err)
		}
	})
}

func TestASteadyFlowAllocatesNothing(t *testing.T) {
	log := newMemory(1<<20, DropOldest)
	cursors := []Cursor{log.Cursor("a"), log.Cursor("b")}
	rec := record(1, 500)
	flow := func() {
		for range 100 {
			_ = log.Append(context.Background(), rec)
		}
		for _, c := range cursors {
			for run, _ := c.Fetch(1000, 1<<20, true); run.Len() > 0; run, _ = c.Fetch(1000, 1<<20, true) {
				run.Done()
			}
		}
	}
	for range 50 {
		flow()
	}
	if got := testing.AllocsPerRun(200, flow); got > 0 {
		t.Fatalf("100 records appended and read twice allocate %v times, want 0", got)
	}
}

func TestAppendersAndReadersTogetherLoseNothing(t *testing.T) {
	log := newMemory(64<<20, DropOldest)
	const producers, each = 4, 5000
	var wg sync.WaitGroup
	seen := make([]map[string]bool, 3)
	for i := range seen {
		c := log.Cursor(fmt.Sprint(i))
		seen[i] = map[string]bool{}
		wg.Go(func() {
			for len(seen[i]) < producers*each {
				c.Want(1, 1)
				<-c.Ready()
				for run, _ := c.Fetch(64, 1<<16, true); run.Len() > 0; run, _ = c.Fetch(64, 1<<16, true) {
					for rec := run.Next(); rec != nil; rec = run.Next() {
						seen[i][string(rec)] = true
					}
					run.Done()
				}
			}
		})
	}
	for p := range producers {
		wg.Go(func() {
			for i := range each {
				if err := log.Append(context.Background(), fmt.Appendf(nil, "%d-%d", p, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestARemovedCursorFetchesNothing(t *testing.T) {
	log := newMemory(64<<10, DropOldest)
	c := log.Cursor("a")
	other := log.Cursor("b")
	_ = log.Append(context.Background(), record(0, 100))
	c.Remove()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("panicked: %v", r)
		}
	}()
	for i := range 2000 {
		_ = log.Append(context.Background(), record(i, 100+i%50))
		if i%100 == 0 {
			for run, _ := other.Fetch(1000, 1<<20, true); run.Len() > 0; run, _ = other.Fetch(1000, 1<<20, true) {
				run.Done()
			}
		}
	}
	if run, _ := c.Fetch(10, 1<<20, true); run.Len() > 0 {
		t.Errorf("fetched %d records through a cursor that is not in the log", run.Len())
	}
}

func TestAfterStopAMemoryLogIsReadOnAndAfterCloseItsBooksStand(t *testing.T) {
	log := newMemory(64<<10, DropOldest)
	c := log.Cursor("a")
	for i := range 5 {
		if err := log.Append(context.Background(), record(i, 10)); err != nil {
			t.Fatal(err)
		}
	}
	log.Stop()
	if err := log.Append(context.Background(), record(9, 10)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Stop: got %v, want ErrClosed", err)
	}
	run, more := c.Fetch(2, 1<<20, true)
	if run.Len() != 2 || !more {
		t.Fatalf("after Stop: fetched %d, more %v", run.Len(), more)
	}
	for range 2 { // a second time, too
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		if run, more := c.Fetch(2, 1<<20, true); run.Len() != 0 || more {
			t.Errorf("after Close: fetched %d, more %v", run.Len(), more)
		}
		c.Rewind() // what is in hand comes no more, either
		if run, more := c.Fetch(2, 1<<20, true); run.Len() != 0 || more {
			t.Errorf("after Close: fetched %d that were given back, more %v", run.Len(), more)
		}
	}
	if err := log.Resume(); !errors.Is(err, ErrClosed) {
		t.Errorf("resumed after Close: got %v, want ErrClosed", err)
	}
	if got := string(run.Next()); got != string(record(0, 10)) {
		t.Errorf("what is in hand changed: %q", got)
	}
	run.Done()
	var at [1]Position
	if end, appended := log.Snapshot([]Cursor{c}, at[:]); end != 5 || appended != 5 || at[0].Unread != 5 {
		t.Errorf("after Close: end %d, appended %d, %+v", end, appended, at[0])
	}
}
