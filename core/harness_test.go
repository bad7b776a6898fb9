package core

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeSink records what it was given, and answers as its script says.
type fakeSink struct {
	mu       sync.Mutex
	answer   func(ctx context.Context, names []string) error // nil: take everything
	calls    [][]string                                      // names, by call
	at       []time.Time
	took     []string // names of events for which nil, or no error of their own, was returned
	json     []string
	sending  int
	most     int // Sends at once
	closed   int
	limits   Limits
	lateUses int
}

func (f *fakeSink) Send(ctx context.Context, batch []Sealed) error {
	names := make([]string, len(batch))
	texts := make([]string, len(batch))
	for i := range batch {
		names[i] = batch[i].Name()
		texts[i] = string(batch[i].JSON())
	}
	f.mu.Lock()
	f.calls = append(f.calls, names)
	f.at = append(f.at, time.Now())
	f.sending++
	f.most = max(f.most, f.sending)
	answer := f.answer
	if f.closed > 0 {
		f.lateUses++
	}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.sending--
		f.mu.Unlock()
	}()
	var err error
	if answer != nil {
		err = answer(ctx, names)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var partial *BatchError
	for i := range names {
		_, bad := 0, err != nil
		if errors.As(err, &partial) {
			_, bad = partial.Failed[i]
		}
		if !bad {
			f.took = append(f.took, names[i])
			f.json = append(f.json, texts[i])
		}
	}
	return err
}

func (f *fakeSink) Close(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	return nil
}

func (f *fakeSink) Limits() Limits { return f.limits }

func (f *fakeSink) set(answer func(ctx context.Context, names []string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fakeSink) taken() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.took...)
}

func (f *fakeSink) times() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.at...)
}

func (f *fakeSink) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

var errDown = errors.New("connection refused")

func down(context.Context, []string) error { return errDown }

func hang(ctx context.Context, _ []string) error {
	<-ctx.Done()
	return ctx.Err()
}

// newTest makes a Dispatcher whose environment is empty and whose state is in a directory of its own.
func newTest(t testing.TB, cfg Config, opts ...Option) *Dispatcher {
	t.Helper()
	d, err := New(cfg, append(isolated(t), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func isolated(t testing.TB) []Option {
	return []Option{
		WithStateDir(filepath.Join(t.TempDir(), "state")),
		WithEnviron(func(string) (string, bool) { return "", false }),
	}
}

// sinkOf is a local sink, so that consent does not matter to it.
func sinkOf(name string, s Sink) SinkConfig {
	return SinkConfig{Name: name, Sink: s, Reach: ReachLocal}
}

func closeOrFail(t testing.TB, d *Dispatcher) {
	t.Helper()
	if err := d.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// checkBalance holds the books against the equations of Books and SinkStats.
func checkBalance(t testing.TB, s Stats) {
	t.Helper()
	if problem := imbalance(s); problem != "" {
		t.Errorf("the books do not balance: %s: %+v", problem, s)
	}
}

func imbalance(s Stats) string {
	b := s.Books
	if b.Received != b.Accepted+b.Denied+b.Rejected+b.Duplicates {
		return "at the gate"
	}
	for name, k := range s.Sinks {
		if b.Accepted+k.Recovered != k.Delivered+k.Filtered+k.SampledOut+k.DeadLettered+k.Expired+k.Overflowed+k.Queued {
			return "at " + name
		}
	}
	return ""
}

// capture is a logger to look into.
type capture struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.Write(p)
}

func (c *capture) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.String()
}

func (c *capture) option() Option { return WithLogger(slog.New(slog.NewTextHandler(c, nil))) }
