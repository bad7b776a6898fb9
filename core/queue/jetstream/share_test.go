package jetstream

import (
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

func TestProcessesShareWhatEachAppends(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url())}
	readers := []*tally{started(t, cfg, "a"), started(t, cfg, "a"), started(t, cfg, "a")}
	const each = 600
	stop := make(chan struct{})
	var reading, appending sync.WaitGroup
	for i, r := range readers {
		reading.Go(func() { r.readUntil(stop) })
		appending.Go(func() {
			for n := 0; n < each; n += 3 {
				r.appendTogether(t, i*each+n, i*each+n+3)
			}
		})
	}
	appending.Wait()
	total := func(count func(*tally, queue.Position) uint64) (n uint64) {
		for _, r := range readers {
			r.mu.Lock()
			n += count(r, r.position())
			r.mu.Unlock()
		}
		return n
	}
	eventually(t, "every record is finished, and nobody counts it as unread", func() bool {
		return total(func(r *tally, _ queue.Position) uint64 { return r.ended }) == 3*each &&
			total(func(_ *tally, at queue.Position) uint64 { return at.Unread }) == 0
	})
	close(stop)
	reading.Wait()
	seen := make(map[string]int)
	for i, r := range readers {
		r.balance(t)
		for rec, n := range r.seen {
			seen[rec] += n
		}
		t.Logf("process %d finished %d, %+v", i, r.ended, r.position())
	}
	if len(seen) != 3*each {
		t.Errorf("%d records were read, want %d", len(seen), 3*each)
	}
	for rec, n := range seen {
		if n != 1 {
			t.Errorf("%s was read %d times", rec, n)
		}
	}
	handed := total(func(_ *tally, at queue.Position) uint64 { return at.Handed })
	recovered := total(func(_ *tally, at queue.Position) uint64 { return at.Recovered })
	if handed != recovered {
		t.Errorf("%d records were handed over, and %d recovered", handed, recovered)
	}
}

func TestWhatADeadProcessHadInHandComesToAnother(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: time.Second}
	dead := started(t, cfg, "a")
	dead.appendTogether(t, 0, 10)
	dead.append(t, 10, 20)
	run := dead.await(t, 3)
	dead.fetch(100)
	_ = run
	dead.die()
	alive := started(t, cfg, "a")
	alive.read(t, 20)
	alive.balance(t)
	if at := alive.position(); at.Recovered != 20 || at.Unread != 0 {
		t.Errorf("stands at %+v, want 20 recovered", at)
	}
}

func TestWhatIsInHandStaysThereWhileItsProcessLives(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: patientWait}
	a, b := started(t, cfg, "a"), started(t, cfg, "a")
	a.appendTogether(t, 0, 5)
	a.appendTogether(t, 5, 8)
	held, rest := a.await(t, 1), a.await(t, 1)
	first := held.Next()
	kept := a.cursor.Hold(held.First, first)
	held.Done()
	for end := time.Now().Add(patientWait + 2*time.Second); time.Now().Before(end); {
		b.cursor.Want(1, 1)
		if run := b.fetch(10); run.Len() > 0 && run.First < rest.First+7 {
			for rec := run.Next(); rec != nil; rec = run.Next() {
				if string(rec) < string(record(5)) {
					t.Fatalf("%s was given to another process", rec)
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	if string(kept) != string(record(0)) {
		t.Errorf("what is held has become %q", kept)
	}
	a.cursor.Release(held.First)
	a.balance(t)
}

func TestEndingInOrderRepeatsNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url())}
	a := started(t, cfg, "a")
	other := a.log.Cursor("b").(*cursor)
	a.appendTogether(t, 0, 100)
	a.appendTogether(t, 100, 110)
	a.finish(a.await(t, 30)) // of the first message
	run := a.await(t, 10)    // is held in part
	place := run.First
	a.cursor.Hold(place, run.Next())
	for run.Next() != nil {
		place++
	}
	run.Done() // but for the first, which is held
	a.await(t, 20)
	_ = a.log.Close()

	b := started(t, cfg, "a")
	b.read(t, 71)
	none := b.fetch(10)
	if none.Len() > 0 {
		t.Errorf("fetched %d more", none.Len())
	}
	for i := range 110 {
		want := 1
		if i < 30 || i > 30 && i < 40 {
			want = 0
		}
		if n := b.seen[string(record(i))]; n != want {
			t.Errorf("record %d was read %d times by the next process, want %d", i, n, want)
		}
	}
	b.balance(t)
	c := &tally{log: b.log, cursor: b.log.Cursor("b").(*cursor), seen: map[string]int{}}
	c.read(t, 110) // the rest was stored for the other cursor alone
	if n := c.fetch(10); n.Len() > 0 {
		t.Errorf("the other cursor fetched %d more", n.Len())
	}
	_ = other
}

func TestWhatAnIdleReaderHasAtHandGoesToOthers(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: patientWait}
	idle := started(t, cfg, "a")
	idle.append(t, 0, 20)
	run := idle.await(t, 1) // and then never again: its sink cannot be reached
	eventually(t, "the rest is at hand", func() bool {
		idle.log.mu.Lock()
		defer idle.log.mu.Unlock()
		return idle.cursor.atHand() == 19
	})
	time.Sleep(patientWait/2 + 500*time.Millisecond)
	if at := idle.position(); at.Unread != 19 || at.Handed != 0 {
		t.Errorf("nobody else is there, and it stands at %+v", at)
	}
	busy := started(t, cfg, "a")
	busy.read(t, 19)
	busy.balance(t)
	eventually(t, "the first process knows", func() bool { return idle.position().Handed == 19 })
	idle.finish(run)
	idle.balance(t)
	if busy.seen[string(record(0))] > 0 {
		t.Error("what was in hand was given away")
	}
}

// A reader that is about to end waits for what there is to fetch, and is to learn that it is another's.
func TestAReaderIsWokenWhenWhatItWaitsForIsAnothers(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url())}
	a, b := started(t, cfg, "a"), started(t, cfg, "a")
	b.append(t, 0, 1)
	b.read(t, 1)
	b.cursor.Want(1, 1)
	admin := newAdmin(t, s.url())
	eventually(t, "the other process asks for messages", func() bool { return admin.consumer("a").NumWaiting == 1 })
	a.append(t, 1, 2)
	b.read(t, 2)
	select {
	case <-a.cursor.Ready():
	case <-time.After(late):
		t.Fatal("the reader was not woken")
	}
	if at := a.position(); at.Unread != 0 || at.Handed != 1 {
		t.Errorf("stands at %+v", at)
	}
}
