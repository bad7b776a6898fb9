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

func TestWithdrawingRemovesWhatThisProcessAppendedFromTheStream(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url())}
	leaves, stays := started(t, cfg, "a"), started(t, cfg, "a")
	second := &tally{log: leaves.log, cursor: leaves.log.Cursor("b").(*cursor), seen: map[string]int{}}
	leaves.append(t, 0, 30)
	stays.append(t, 30, 40)
	taken := leaves.await(t, 5)

	leaves.log.Pause()
	for _, r := range []*tally{leaves, second} {
		before := r.position()
		n := r.cursor.Discard()
		r.mu.Lock()
		r.ended += uint64(n)
		r.mu.Unlock()
		r.balance(t)
		if after := r.position(); after.Unread != 0 || uint64(n)+after.Handed != before.Unread {
			t.Errorf("discarded %d of %d, and stands at %+v", n, before.Unread, after)
		}
	}
	eventually(t, "the messages are purged", func() bool { return a.state().Msgs == 10 })
	stays.read(t, 10)
	for i := range 30 {
		if n := stays.seen[string(record(i))]; n > 0 {
			t.Errorf("record %d was withdrawn, and reached another process", i)
		}
	}
	leaves.finish(taken)
	if err := leaves.log.Resume(); err != nil {
		t.Fatal(err)
	}
	leaves.append(t, 40, 45)
	eventually(t, "what was appended since is read", func() bool {
		for _, r := range []*tally{leaves, stays} {
			if run := r.fetch(10); run.Len() > 0 {
				r.finish(run)
			}
			r.cursor.Want(1, 1)
		}
		n := 0
		for i := 40; i < 45; i++ {
			n += leaves.seen[string(record(i))] + stays.seen[string(record(i))]
		}
		return n == 5
	})
	leaves.balance(t)
	stays.balance(t)
}

func TestDiscardingForOneCursorLeavesTheOthersTheirs(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := started(t, Config{URL: core.NewSecret(s.url())}, "a")
	other := &tally{log: r.log, cursor: r.log.Cursor("b").(*cursor), seen: map[string]int{}}
	r.append(t, 0, 10)
	if n := r.cursor.Discard(); n != 10 {
		t.Errorf("discarded %d records, want 10", n)
	}
	r.append(t, 10, 12)
	other.read(t, 12)
	r.read(t, 2)
	other.balance(t)
	if r.seen[string(record(3))] > 0 {
		t.Error("what was discarded was read")
	}
}

func TestTheConsumerOfARemovedCursorGoesUnlessOthersUseIt(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: 2 * time.Second}
	first, second := started(t, cfg, "a"), started(t, cfg, "a")
	first.append(t, 0, 3)
	second.cursor.Want(1, 1)
	second.read(t, 3)
	stop := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { second.readUntil(stop) })
	eventually(t, "the second process asks for messages", func() bool { return a.consumer("a").NumWaiting > 0 })
	first.cursor.Remove()
	eventually(t, "the first process has looked", func() bool {
		first.log.mu.Lock()
		defer first.log.mu.Unlock()
		return len(first.log.leaving) == 0
	})
	if a.consumer("a").Name != "a" {
		t.Error("the consumer that the second process uses is gone")
	}
	close(stop)
	reading.Wait()
	second.cursor.Remove()
	eventually(t, "the consumer is gone", func() bool {
		_, err := a.stream().Consumer(context.Background(), "a")
		return errors.Is(err, natsjs.ErrConsumerNotFound)
	})
}

func TestWhatEveryCursorHasFinishedLeavesTheStream(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url())}, "a")
	slow := &tally{log: r.log, cursor: r.log.Cursor("b").(*cursor), seen: map[string]int{}}
	r.append(t, 0, 20)
	r.read(t, 20)
	if err := r.log.trim(context.Background()); err == nil {
		t.Error("the stream was trimmed of what a cursor has not read")
	}
	slow.read(t, 10)
	eventually(t, "what both have finished is gone", func() bool {
		_ = r.log.trim(context.Background())
		return a.state().Msgs == 20-uint64(len(slow.seen))
	})
	slow.read(t, 20)
	eventually(t, "the stream is trimmed without being asked to", func() bool { return a.state().Msgs == 0 })
}

func TestAStreamThatIsRemovedIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: time.Second}, "a")
	r.append(t, 0, 10)
	run := r.await(t, 4)
	if err := a.js.DeleteStream(context.Background(), defaultStream); err != nil {
		t.Fatal(err)
	}
	eventually(t, "records are taken again", func() bool { return r.log.Append(context.Background(), record(10)) == nil })
	r.append(t, 11, 14)
	r.finish(run) // its message is not mistaken for one of the new stream
	eventually(t, "what is there is read", func() bool {
		if run := r.fetch(10); run.Len() > 0 {
			r.finish(run)
		}
		r.cursor.Want(1, 1)
		return r.position().Unread == 0
	})
	for i := 10; i < 14; i++ {
		if n := r.seen[string(record(i))]; n != 1 {
			t.Errorf("record %d was read %d times", i, n)
		}
	}
	r.balance(t)
}

func TestAConsumerThatIsRemovedIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url())}, "a")
	r.append(t, 0, 5)
	r.read(t, 5)
	r.cursor.Want(1, 1)
	eventually(t, "it asks for messages", func() bool { return a.consumer("a").NumWaiting > 0 })
	if err := a.js.DeleteConsumer(context.Background(), defaultStream, "a"); err != nil {
		t.Fatal(err)
	}
	r.append(t, 5, 10)
	r.read(t, 10)
	for rec, n := range r.seen {
		if n != 1 {
			t.Errorf("%s was read %d times", rec, n)
		}
	}
	r.balance(t)
}

func TestAMessageOfSomebodyElseIsSkippedAndCounted(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url())}, "a")
	r.append(t, 0, 1)
	if _, err := a.js.Publish(context.Background(), "headgate.HEADGATE.all.x.1", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	r.append(t, 1, 2)
	r.read(t, 2)
	if at := r.position(); at.Damaged != 1 {
		t.Errorf("stands at %+v, want one damaged", at)
	}
	r.balance(t)
}

func TestAStreamOfSomebodyElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	if _, err := a.js.CreateStream(context.Background(), natsjs.StreamConfig{Name: defaultStream, Subjects: []string{"orders.>"}}); err != nil {
		t.Fatal(err)
	}
	r := started(t, Config{URL: core.NewSecret(s.url()), Patience: 500 * time.Millisecond}, "a")
	err := r.log.Append(context.Background(), record(0))
	if !errors.Is(err, queue.ErrUnavailable) {
		t.Errorf("Append returned %v, want ErrUnavailable", err)
	}
	eventually(t, "the reason is told", func() bool {
		return r.log.Health().Err != nil && r.log.Health().Err.Error() == "stream HEADGATE: there is one that is used for something else; give this one another name"
	})
	if err := Reach(context.Background(), Config{URL: core.NewSecret(s.url())}); !errors.Is(err, errNotOurs) {
		t.Errorf("looking from outside says %v", err)
	}
	if info := a.stream().CachedInfo(); len(info.Config.Subjects) != 1 || info.State.Consumers != 0 {
		t.Errorf("the stream was changed: %+v", info.Config)
	}
}
