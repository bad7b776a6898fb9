package jetstream

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

func TestRewritingTakesWhatMatchesOutOfTheStreamAndOfItsFiles(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
	for i := range 10 {
		r.keep(t, 12*i, 12*i+12)
	}
	if len(traces(t, s.dir, taken)) == 0 {
		t.Fatal("the files are not where they are looked for")
	}
	r.rewrite(t)
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	if files := traces(t, s.dir, taken); len(files) > 0 {
		t.Errorf("it is still in %v", files)
	}
	before := a.state().LastSeq
	r.rewrite(t)
	if now := a.state().LastSeq; now != before {
		t.Errorf("doing it again stored %d more messages", now-before)
	}
	if at := r.position(); at.Unread != 120 || at.Recovered != 0 || at.Handed != 0 {
		t.Errorf("stands at %+v, want 120 unread: what is blank is to be counted by its sink", at)
	}
	r.readAll(t, 0, 120)
	r.checkSeen(t, 0, 120, 1)
	if r.ended != 120 {
		t.Errorf("%d records ended, want 120", r.ended)
	}
	r.balance(t)
}

func TestRewritingRepeatsNothingForACursorThatHasFinished(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
	second := &tally{log: r.log, cursor: r.log.Cursor("b").(*cursor), seen: map[string]int{}}
	r.keep(t, 0, 12)
	r.read(t, 12)
	eventually(t, "the servers know", func() bool { return a.consumer("a").NumAckPending == 0 })
	part := second.await(t, 5) // the message is in hand, and partly finished
	second.finish(part)
	r.keep(t, 12, 24) // nobody was given it
	r.rewrite(t)
	r.readAll(t, 0, 24)
	second.readAll(t, 0, 24)
	for i := range 24 { // record 0 and 3 were read by both before
		if n := r.seen[string(third(i))]; n > 1 || (i < 12 || i%3 != 0) && n == 0 {
			t.Errorf("the first cursor read record %d %d times", i, n)
		}
		if n := second.seen[string(third(i))]; n > 1 || (i < 5 || i%3 != 0) && n == 0 || i >= 5 && i%3 == 0 && n > 0 {
			t.Errorf("the second cursor read record %d %d times", i, n)
		}
	}
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	r.balance(t)
	second.balance(t)
}

func TestRewritingReachesWhatAnotherProcessHasInHand(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: patientWait}
	here, there := started(t, cfg, "a"), started(t, cfg, "a")
	there.log.OnRewrite(func(settle func()) { settle() })
	here.keep(t, 0, 12)
	there.finish(there.await(t, 4))
	in := there.await(t, 4)
	here.rewrite(t)
	in.Done() // to no effect: it was given back
	there.mu.Lock()
	there.inHand -= 4
	there.mu.Unlock()
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	eventually(t, "the rest is read", func() bool {
		for _, r := range []*tally{here, there} {
			if run := r.fetch(100); run.Len() > 0 {
				r.finish(run)
			}
			r.cursor.Want(1, 1)
		}
		return here.ended+there.ended == 12
	})
	for i := 4; i < 12; i++ {
		n := here.seen[string(third(i))] + there.seen[string(third(i))]
		if i%3 == 0 && n > 0 || i%3 != 0 && n != 1 {
			t.Errorf("record %d was read %d times", i, n)
		}
	}
	eventually(t, "nothing is left", func() bool { return here.position().Unread == 0 })
	here.balance(t)
	there.balance(t)
}

// A process that is dead cannot say what it has finished: others' records may come again, and none is lost.
func TestRewritingLosesNothingOfWhatADeadProcessHadInHand(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: patientWait}
	dead := started(t, cfg, "a")
	dead.keep(t, 0, 12)
	dead.finish(dead.await(t, 5))
	dead.die()
	r := started(t, cfg, "a")
	eventually(t, "the servers are there", r.log.isReady)
	r.rewrite(t)
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	r.read(t, 9) // those of others, and what is blank
	r.checkSeen(t, 0, 12, 1)
	r.balance(t)
}

// Who could not be told while it had a message in hand finds out when it is back.
func TestRewritingReachesWhoCouldNotBeReachedWhenItIsBack(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	way := startProxy(t, s.url()[len("nats://"):])
	here := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
	there := started(t, Config{URL: core.NewSecret(way.url()), AckWait: patientWait}, "a")
	yielded := make(chan struct{}, 1)
	there.log.OnRewrite(func(settle func()) {
		settle()
		yielded <- struct{}{}
	})
	here.keep(t, 0, 12)
	run := there.await(t, 6)
	way.deaf.Store(true)
	here.rewrite(t)
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	way.cut()
	way.deaf.Store(false)
	select {
	case <-yielded:
	case <-time.After(late):
		t.Fatal("it was not told")
	}
	run.Done() // to no effect: it was given back
	there.mu.Lock()
	there.inHand -= 6
	there.mu.Unlock()
	eventually(t, "everything is read", func() bool {
		for _, r := range []*tally{here, there} {
			if run := r.fetch(100); run.Len() > 0 {
				r.finish(run)
			}
			r.cursor.Want(1, 1)
		}
		return here.ended+there.ended == 12
	})
	for i := range 12 {
		n := here.seen[string(third(i))] + there.seen[string(third(i))]
		if i%3 == 0 && n > 0 || i%3 != 0 && n != 1 {
			t.Errorf("record %d was read %d times", i, n)
		}
	}
	eventually(t, "nothing is left", func() bool { return here.position().Unread == 0 && there.position().Unread == 0 })
	here.balance(t)
	there.balance(t)
}

func TestARewritingThatIsKilledIsDoneAnew(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"copied", "erased"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			a := newAdmin(t, s.url())
			r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
			for i := range 4 {
				r.keep(t, 12*i, 12*i+12)
			}
			r.finish(r.await(t, 5))
			killed := errors.New("killed")
			kills := 0
			for err := killed; err != nil; kills++ { // at the first message, then at the second, …
				times := 0
				err = rewriteKilledAt(a, func(at string) error {
					if at == step {
						times++
					}
					if times > kills {
						return killed
					}
					return nil
				})
				if err != nil && !errors.Is(err, killed) {
					t.Fatal(err)
				}
			}
			if kills < 3 {
				t.Errorf("it was killed %d times", kills-1)
			}
			if a.holds() {
				t.Error("the stream still has what was to be taken out of it")
			}
			r.readAll(t, 5, 48)
			for i := 5; i < 48; i++ {
				if n := r.seen[string(third(i))]; i%3 != 0 && n != 1 || i%3 == 0 && n > 0 {
					t.Errorf("record %d was read %d times", i, n)
				}
			}
			r.balance(t)
		})
	}
}

// Servers remember ids for a while only; what was copied is known by being there.
func TestWhatWasCopiedLongAgoIsNotCopiedAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
	r.keep(t, 0, 12)
	cfg := a.stream().CachedInfo().Config
	cfg.Duplicates = 100 * time.Millisecond // the least
	if _, err := a.js.UpdateStream(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	killed := errors.New("killed")
	if err := rewriteKilledAt(a, func(string) error { return killed }); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	eventually(t, "the servers have forgotten the ids", func() bool {
		const id = "of the test"
		first, err1 := a.js.Publish(context.Background(), "headgate.HEADGATE.test", nil, natsjs.WithMsgID(id))
		time.Sleep(150 * time.Millisecond)
		second, err2 := a.js.Publish(context.Background(), "headgate.HEADGATE.test", nil, natsjs.WithMsgID(id))
		return err1 == nil && err2 == nil && !first.Duplicate && !second.Duplicate
	})
	r.rewrite(t)
	r.readAll(t, 0, 12)
	r.checkSeen(t, 0, 12, 1)
	r.balance(t)
}

// rewriteKilledAt is a Rewrite by a process that has no log, which dies after a step.
func rewriteKilledAt(a admin, killed func(step string) error) error {
	r := rewriting{js: a.js, stream: defaultStream, subjects: subjectsOf(defaultStream), match: isForgotten, edit: forget, step: killed}
	return r.run(context.Background())
}

func TestRewritingWaitsForRoomAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), MaxBytes: leastBytes, OnFull: queue.DropNewest, AckWait: patientWait}, "a")
	n := 0
	for ; ; n += 300 {
		var recs [][]byte
		for i := n; i < n+300; i++ {
			recs = append(recs, third(i))
		}
		if _, err := r.log.AppendAll(context.Background(), recs); errors.Is(err, queue.ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.log.Rewrite(isForgotten, forget); !errors.Is(err, queue.ErrFull) {
		t.Fatalf("rewriting a full stream returned %v", err)
	}
	r.finish(r.await(t, 300)) // the first 300 records may go
	eventually(t, "there is room", func() bool { return r.log.Rewrite(isForgotten, forget) == nil })
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	r.readAll(t, 300, n)
	r.checkSeen(t, 300, n, 1)
	r.balance(t)
}

func TestRewritingBesideEverythingElseKeepsTheBooks(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: patientWait}
	both := []*tally{started(t, cfg, "a"), started(t, cfg, "a")}
	var hands [2]sync.Mutex // held while a reader has something in hand, as a dispatcher does
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for i, r := range both {
		eventually(t, "the servers are there", r.log.isReady)
		hand := &hands[i]
		rewrite := func() error {
			hand.Lock()
			defer hand.Unlock()
			return r.log.Rewrite(isForgotten, forget)
		}
		r.log.OnRewrite(func(settle func()) {
			hand.Lock()
			defer hand.Unlock()
			settle()
		})
		readers.Go(func() {
			for {
				hand.Lock()
				run := r.fetch(200)
				if run.Len() > 0 {
					r.finish(run)
				}
				hand.Unlock()
				r.cursor.Want(1, 1)
				select {
				case <-r.cursor.Ready():
				case <-stop:
					return
				}
			}
		})
		writers.Go(func() {
			for n := range 100 {
				r.keep(t, 1_000_000*i+6*n, 1_000_000*i+6*n+6)
			}
		})
		writers.Go(func() {
			for range 5 {
				if err := rewrite(); err != nil {
					t.Error(err)
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	writers.Wait()
	hands[0].Lock()
	both[0].rewrite(t)
	hands[0].Unlock()
	if a.holds() {
		t.Error("the stream still has what was to be taken out of it")
	}
	eventually(t, "everything of others is read", func() bool {
		n := 0
		for i := range both {
			for k := range 600 {
				rec := third(1_000_000*i + k)
				for _, r := range both {
					r.mu.Lock()
					if (1_000_000*i+k)%3 != 0 && r.seen[string(rec)] > 0 {
						n++
						r.mu.Unlock()
						break
					}
					r.mu.Unlock()
				}
			}
		}
		return n == 800
	})
	eventually(t, "nothing is left", func() bool { return both[0].position().Unread+both[1].position().Unread == 0 })
	close(stop)
	readers.Wait()
	for _, r := range both {
		r.balance(t)
	}
}

func TestRewritingAStreamThatIsNotThereOrCannotBeReached(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	cfg := Config{URL: core.NewSecret(s.url())}
	if err := Rewrite(context.Background(), cfg, isForgotten, forget); err != nil {
		t.Errorf("a stream that is not there: %v", err)
	}
	l := open(t, cfg)
	if err := l.Rewrite(isForgotten, forget); !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("a log that was not resumed: %v", err)
	}
	_ = l.Close()
	if err := l.Rewrite(isForgotten, forget); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("a log that is closed: %v", err)
	}
}
