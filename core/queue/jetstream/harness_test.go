package jetstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/headgate-dev/headgate/core/queue"
)

// patientWait is the AckWait of tests in which nothing is to be given twice: on a machine that is busy with
// other things a process may not be heard of for a second or two.
const patientWait = 4 * time.Second

// late is how long anything may take on a machine that is busy with other things.
const late = 30 * time.Second

func open(t testing.TB, cfg Config) *Log {
	t.Helper()
	l, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// tally reads a cursor, and counts as a sink would.
type tally struct {
	log    *Log
	cursor *cursor

	mu            sync.Mutex
	inHand, ended uint64
	seen          map[string]int
}

// started opens a log with a cursor, and has it take records.
func started(t testing.TB, cfg Config, name string) *tally {
	t.Helper()
	orDefault(&cfg.Patience, late) // on a busy machine the servers are slow
	l := open(t, cfg)
	r := &tally{log: l, cursor: l.Cursor(name).(*cursor), seen: make(map[string]int)}
	if err := l.Resume(); err != nil {
		t.Fatal(err)
	}
	return r
}

// fetch takes a run into the hand.
func (r *tally) fetch(most int) queue.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	run, _ := r.cursor.Fetch(most, 1<<20, true)
	r.inHand += uint64(run.Len())
	return run
}

// await fetches, and waits until there is something.
func (r *tally) await(t testing.TB, most int) queue.Run {
	t.Helper()
	for deadline := time.Now().Add(late); ; {
		if run := r.fetch(most); run.Len() > 0 {
			return run
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing to fetch within %v; the cursor stands at %+v", late, r.position())
		}
		r.cursor.Want(1, 1)
		select {
		case <-r.cursor.Ready():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// finish reads a run to its end.
func (r *tally) finish(run queue.Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := uint64(run.Len())
	for rec := run.Next(); rec != nil; rec = run.Next() {
		r.seen[string(rec)]++
	}
	run.Done()
	r.inHand -= n
	r.ended += n
}

// read reads until so many different records were seen.
func (r *tally) read(t testing.TB, want int) {
	t.Helper()
	for len(r.seen) < want {
		r.finish(r.await(t, 100))
	}
}

// readUntil reads until it is told to stop.
func (r *tally) readUntil(stop <-chan struct{}) {
	for {
		if run := r.fetch(200); run.Len() > 0 {
			r.finish(run)
			continue
		}
		r.cursor.Want(1, 1)
		select {
		case <-r.cursor.Ready():
		case <-stop:
			return
		}
	}
}

func (r *tally) position() queue.Position {
	var at [1]queue.Position
	r.log.Snapshot([]queue.Cursor{r.cursor}, at[:])
	return at[0]
}

// balance holds the books to their equation.
func (r *tally) balance(t testing.TB) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var at [1]queue.Position
	_, appended := r.log.Snapshot([]queue.Cursor{r.cursor}, at[:])
	p := at[0]
	if err := accounted(r.cursor); err != nil {
		t.Error(err)
	}
	if in, out := appended+p.Recovered, r.ended+r.inHand+p.Unread+p.Overflowed+p.Damaged+p.Before+p.Handed; in != out {
		t.Errorf("%d appended and %d recovered, but %d ended, %d in hand, and %+v", appended, p.Recovered, r.ended, r.inHand, p)
	}
}

// accounted holds every message that is not acknowledged to the records that are left of it: one of which
// nothing is left would be kept from the servers for ever.
func accounted(c *cursor) error {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	left := make(map[*message]int)
	for m, parts := range c.unfinished() {
		for _, p := range parts {
			left[m] += p.n
		}
	}
	for number, m := range c.messages {
		if m.left == 0 || left[m] != m.left {
			return fmt.Errorf("message %d has %d records that are not finished, of which there are %d", number, m.left, left[m])
		}
	}
	return nil
}

// append appends the records from one number to another.
func (r *tally) append(t testing.TB, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := r.log.Append(context.Background(), record(i)); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
}

// appendTogether appends records in one message.
func (r *tally) appendTogether(t testing.TB, from, to int) {
	t.Helper()
	var recs [][]byte
	for i := from; i < to; i++ {
		recs = append(recs, record(i))
	}
	if n, err := r.log.AppendAll(context.Background(), recs); n != len(recs) || err != nil {
		t.Fatalf("stored %d of %d records: %v", n, len(recs), err)
	}
}

func record(i int) []byte { return fmt.Appendf(nil, `{"number":%08d,"padding":"0123456789"}`, i) }

// die ends a log as the end of its process would: nothing is given back.
func (r *tally) die() {
	r.log.mu.Lock()
	conn := r.log.link.conn
	r.log.mu.Unlock()
	conn.Close()
	_ = r.log.Close()
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(late); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", late, what)
		}
	}
}

// admin looks at the servers from outside.
type admin struct {
	t  testing.TB
	js natsjs.JetStream
}

func newAdmin(t testing.TB, url string) admin {
	t.Helper()
	conn, err := nats.Connect(url, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return admin{t, js}
}

// again asks until there is an answer: a server that has just been started does not give one to what was
// asked of it before.
func again[T any](t testing.TB, ask func(context.Context) (T, error)) T {
	t.Helper()
	for deadline := time.Now().Add(late); ; {
		ctx, cancel := contextFor(2 * time.Second)
		answer, err := ask(ctx)
		cancel()
		if err == nil {
			return answer
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func (a admin) stream() natsjs.Stream {
	a.t.Helper()
	return again(a.t, func(ctx context.Context) (natsjs.Stream, error) { return a.js.Stream(ctx, defaultStream) })
}

func (a admin) state() natsjs.StreamState { a.t.Helper(); return a.stream().CachedInfo().State }

func (a admin) consumer(name string) *natsjs.ConsumerInfo {
	a.t.Helper()
	return again(a.t, func(ctx context.Context) (natsjs.Consumer, error) {
		return a.js.Consumer(ctx, defaultStream, name)
	}).CachedInfo()
}

// proxy stands between a log and its server.
type proxy struct {
	listener net.Listener
	to       string
	deaf     atomic.Bool // what the server says is swallowed
	slow     sync.Mutex  // while it is held, what the server says waits

	mu    sync.Mutex
	conns []net.Conn
}

func startProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = conn.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, conn, server)
			p.mu.Unlock()
			serving.Go(func() { p.copy(server, conn, nil) })
			serving.Go(func() { p.copy(conn, server, &p.deaf) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		serving.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) copy(to, from net.Conn, swallow *atomic.Bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err == nil && swallow != nil {
			p.slow.Lock()
			if !swallow.Load() {
				_, err = to.Write(buf[:n])
			}
			p.slow.Unlock()
		} else if err == nil {
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// cut breaks every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}
