package jetstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, cfg Config) *Log {
	t.Helper()
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestSmoke(t *testing.T) {
	s := startServer(t)
	l := open(t, Config{URL: s.url()})
	c := l.Cursor("a")
	begin := time.Now()
	_ = l.Resume()
	for i := range 10 {
		if err := l.Append(context.Background(), fmt.Appendf(nil, "rec %d", i)); err != nil {
			t.Fatal(err)
		}
		t.Log(time.Since(begin))
	}
	got := 0
	for got < 10 {
		c.Want(1, 1)
		<-c.Ready()
		run, _ := c.Fetch(100, 1000, true)
		for rec := run.Next(); rec != nil; rec = run.Next() {
			t.Logf("%s", rec)
			got++
		}
		run.Done()
	}
	at := make([]queue.Position, 1)
	end, n := l.Snapshot([]queue.Cursor{c}, at)
	t.Log(end, n, at, time.Since(begin))
	l.Close()
	t.Log(time.Since(begin))
}
