package jetstream

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/headgate-dev/headgate/core"
)

// TestAServerThatIsKilledAgainAndAgainLosesNothingAndStoresNothingTwice kills a single server a few times, and
// 40 times with HEADGATE_LONG.
func TestAServerThatIsKilledAgainAndAgainLosesNothingAndStoresNothingTwice(t *testing.T) {
	t.Parallel()
	kills := 3
	if longForm() > 0 {
		kills = 40
	}
	c := startCluster(t, 1)
	a := newAdmin(t, c.url())
	c.await(a)
	r := started(t, Config{URL: core.NewSecret(c.url()), AckWait: time.Second}, "a")
	r.log.Cursor("b") // reads nothing, so that all stays in the stream
	stop := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { r.readUntil(stop) })
	w := startLoad(r.log, 4)
	for range kills {
		w.progress(t)
		time.Sleep(rand.N(400 * time.Millisecond))
		c.kill(0)
		c.start(0)
	}
	w.end()
	eventually(t, "all is read", func() bool { return r.position().Unread == 0 })
	close(stop)
	reading.Wait()
	r.balance(t)
	if n := w.missing(r); n > 0 || len(w.acked) == 0 {
		t.Errorf("%d of %d acknowledged records are lost", n, len(w.acked))
	}
	stored := storedRecords(t, a)
	for rec, n := range stored {
		if n > 1 {
			t.Errorf("%s is %d times in the stream", rec, n)
		}
	}
	again := 0
	for _, n := range r.seen {
		again += n - 1
	}
	t.Logf("%d kills: %d acknowledged, %d refused, %d stored, %d read more than once, the longest Append took %v",
		kills, len(w.acked), w.refused.Load(), len(stored), again, w.longest)
}

// storedRecords returns how often each record is in the stream.
func storedRecords(t *testing.T, a admin) map[string]int {
	t.Helper()
	consumer, err := a.stream().OrderedConsumer(context.Background(), natsjs.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int)
	for left := a.state().Msgs; left > 0; left-- {
		msg, err := consumer.Next(natsjs.FetchMaxWait(late))
		if err != nil {
			t.Fatal(err)
		}
		frames, n, ok := unpack(msg.Data())
		if !ok {
			t.Fatalf("a message of %d bytes cannot be read", len(msg.Data()))
		}
		for p := (part{data: frames, n: n}); p.n > 0; {
			head, _ := p.head(1, 0, true)
			found[string(head.data[frameHeader:])]++
			p = p.tail(head)
		}
	}
	return found
}
