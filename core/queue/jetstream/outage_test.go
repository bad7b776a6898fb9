package jetstream

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

func TestServersThatAreAwayDoNotKeepALogFromStarting(t *testing.T) {
	t.Parallel()
	s := &testServer{dir: t.TempDir(), port: freePort(t)}
	began := time.Now()
	r := started(t, Config{URL: core.NewSecret(s.url()), Patience: 200 * time.Millisecond}, "a")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Resume took %v", took)
	}
	err := r.log.Append(context.Background(), record(0))
	if !errors.Is(err, queue.ErrUnavailable) {
		t.Fatalf("Append returned %v, want ErrUnavailable", err)
	}
	if !strings.Contains(err.Error(), defaultStream) {
		t.Errorf("the error does not say which stream: %v", err)
	}
	if h := r.log.Health(); !h.Unavailable || h.Err == nil {
		t.Errorf("the log says that it is well: %+v", h)
	}
	s.start(t)
	defer s.stop()
	eventually(t, "records are taken", func() bool { return r.log.Append(context.Background(), record(1)) == nil })
	r.read(t, 1)
	r.balance(t)
	if h := r.log.Health(); h.Unavailable {
		t.Errorf("the log says that it is not well: %+v", h)
	}
	_ = r.log.Close() // before the server
}

// load appends records from several goroutines until it is stopped, and keeps those that
// were acknowledged.
type load struct {
	mu      sync.Mutex
	acked   map[string]bool
	refused atomic.Int64
	longest time.Duration // that an Append took
	working sync.WaitGroup
	stop    chan struct{}
}

func startLoad(l *Log, producers int) *load {
	w := &load{acked: make(map[string]bool), stop: make(chan struct{})}
	var number atomic.Int64
	for range producers {
		w.working.Go(func() {
			for {
				select {
				case <-w.stop:
					return
				default:
				}
				w.append(l, &number)
			}
		})
	}
	return w
}

func (w *load) append(l *Log, number *atomic.Int64) {
	var recs [][]byte
	for range 10 {
		recs = append(recs, record(int(number.Add(1))))
	}
	began := time.Now()
	n, err := l.AppendAll(context.Background(), recs)
	took := time.Since(began)
	w.mu.Lock()
	w.longest = max(w.longest, took)
	for _, rec := range recs[:n] {
		w.acked[string(rec)] = true
	}
	w.mu.Unlock()
	if err != nil {
		w.refused.Add(int64(len(recs) - n))
		time.Sleep(10 * time.Millisecond)
	}
}

func (w *load) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

// progress waits until more is acknowledged.
func (w *load) progress(t testing.TB) {
	t.Helper()
	before := w.count()
	eventually(t, "records are taken", func() bool { return w.count() > before+100 })
}

func (w *load) end() {
	close(w.stop)
	w.working.Wait()
}

// missing returns how many acknowledged records were not seen.
func (w *load) missing(readers ...*tally) (missing int) {
	for rec := range w.acked {
		seen := false
		for _, r := range readers {
			seen = seen || r.seen[rec] > 0
		}
		if !seen {
			missing++
		}
	}
	return missing
}

func TestAServerThatIsStartedAgainInMidLoadLosesNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: time.Second}, "a")
	stop := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { r.readUntil(stop) })
	w := startLoad(r.log, 4)
	for range 2 {
		w.progress(t)
		s.stop()
		time.Sleep(100 * time.Millisecond)
		s.start(t)
	}
	w.progress(t)
	w.end()
	eventually(t, "all is read", func() bool { return r.position().Unread == 0 })
	close(stop)
	reading.Wait()
	r.balance(t)
	if n := w.missing(r); n > 0 || len(w.acked) == 0 {
		t.Errorf("%d of %d acknowledged records are lost", n, len(w.acked))
	}
	t.Logf("%d acknowledged, %d refused, the longest Append took %v; %+v", len(w.acked), w.refused.Load(), w.longest, r.position())
	_ = r.log.Close()
}

func TestALostAcknowledgementStoresNothingTwice(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := startProxy(t, s.url()[len("nats://"):])
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(p.url())}, "a")
	r.append(t, 0, 1)
	const rounds = 3
	for i := 1; i <= rounds; i++ {
		p.deaf.Store(true)
		appended := make(chan error, 1)
		go func() { appended <- r.log.Append(context.Background(), record(i)) }()
		eventually(t, "the message is in the stream", func() bool { return a.state().LastSeq == uint64(i+1) })
		select {
		case err := <-appended:
			t.Fatalf("Append returned %v before the server could be heard", err)
		default:
		}
		p.deaf.Store(false)
		p.cut()
		if err := <-appended; err != nil {
			t.Fatalf("the record is stored, and Append returned %v", err)
		}
	}
	if n := a.state().LastSeq; n != rounds+1 {
		t.Errorf("%d messages were stored, want %d", n, rounds+1)
	}
	r.read(t, rounds+1)
	r.balance(t)
	for rec, n := range r.seen {
		if n > 1 {
			t.Errorf("%s was read %d times", rec, n)
		}
	}
}

func TestARecordThatComesBackWasStored(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := startProxy(t, s.url()[len("nats://"):])
	r := started(t, Config{URL: core.NewSecret(p.url())}, "a")
	r.append(t, 0, 1)
	r.read(t, 1)
	l := r.log
	l.mu.Lock() // the servers' answer must wait
	b := &batch{key: 99, id: "x", records: 1, requests: nil, message: appendFrame(pack(nil, 1), record(1)), cancel: func() {}}
	req := &request{recs: [][]byte{record(1)}, done: make(chan error, 1)}
	b.requests = []*request{req}
	l.commit.flying[b.key] = b
	l.arrived("x", 7)
	l.mu.Unlock()
	if err := <-req.done; err != nil {
		t.Fatal(err)
	}
	if _, appended := l.Snapshot(nil, nil); appended != 2 {
		t.Errorf("%d records were appended, want 2", appended)
	}
}

func TestACallerThatGivesUpLeavesTheBooksBalanced(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := startProxy(t, s.url()[len("nats://"):])
	r := started(t, Config{URL: core.NewSecret(p.url())}, "a")
	a := newAdmin(t, s.url())
	r.append(t, 0, 1)
	p.deaf.Store(true)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		for deadline := time.Now().Add(late); a.state().LastSeq < 2 && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if err := r.log.Append(ctx, record(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("Append returned %v, want the context's error", err)
	}
	p.deaf.Store(false)
	p.cut()
	r.read(t, 2) // it was stored all the same
	r.balance(t)
	if at := r.position(); at.Recovered != 1 {
		t.Errorf("stands at %+v, want the record that was given up as recovered", at)
	}
	if _, appended := r.log.Snapshot(nil, nil); appended != 1 {
		t.Errorf("%d records were appended, want the one that was acknowledged", appended)
	}
}

func TestPausingEndsWhatIsBeingAppendedAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := startProxy(t, s.url()[len("nats://"):])
	r := started(t, Config{URL: core.NewSecret(p.url())}, "a")
	r.append(t, 0, 1)
	p.deaf.Store(true)
	appended := make(chan error, 1)
	go func() { appended <- r.log.Append(context.Background(), record(1)) }()
	eventually(t, "the record is on its way", func() bool {
		r.log.mu.Lock()
		defer r.log.mu.Unlock()
		return len(r.log.commit.flying) == 1
	})
	began := time.Now()
	r.log.Pause()
	if took := time.Since(began); took > time.Second {
		t.Errorf("Pause took %v", took)
	}
	if err := <-appended; !errors.Is(err, queue.ErrPaused) {
		t.Errorf("Append returned %v, want ErrPaused", err)
	}
	r.balance(t)
	p.deaf.Store(false)
}

// A server that does not sync always may lose its last messages to a loss of power, and give their
// numbers to others.
func TestMessagesWhoseNumbersWereUsedBeforeAreNotMistakenForOthers(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: time.Second}, "a")
	r.append(t, 0, 10)
	r.read(t, 10)
	s.stop()
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	r.append(t, 10, 20)
	r.read(t, 20)
	s.stop()
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	r.append(t, 20, 26)
	r.read(t, 26)
	for i := 20; i < 26; i++ {
		if n := r.seen[string(record(i))]; n != 1 {
			t.Errorf("record %d was read %d times", i, n)
		}
	}
	r.balance(t)
	_ = r.log.Close()
}
