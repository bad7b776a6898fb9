package sinktest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Recorder is a sink that keeps what it is sent, for the tests of programs that report events.
// The zero Recorder is ready. It is safe for concurrent use.
type Recorder struct {
	mu     sync.Mutex
	events []core.Event
	fail   []error
	flush  func(context.Context) error // nil: nobody knows whether more is to come
}

// NewDispatcher returns a dispatcher and a Recorder behind it, beside the sinks of cfg. It ignores what the
// environment and the user of the machine say of tracking, keeps nothing on disk, and is closed when the test
// is over.
func NewDispatcher(t testing.TB, cfg core.Config, opts ...core.Option) (*core.Dispatcher, *Recorder) {
	t.Helper()
	r := &Recorder{}
	cfg.Sinks = append(slices.Clone(cfg.Sinks), core.SinkConfig{
		Name: "sinktest_recorder", Type: "sinktest_recorder", Reach: core.ReachLocal, Sink: r,
		Batch: core.BatchConfig{MaxWait: time.Millisecond}, Retry: core.RetryConfig{Initial: time.Millisecond, Max: time.Millisecond},
	})
	d, err := core.New(cfg, inTest(t, opts...)...)
	if err != nil {
		t.Fatalf("make a dispatcher: %v", err)
	}
	r.flush = d.Flush
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = d.Close(ctx) // what a test leaves undelivered is no concern of it
	})
	return d, r
}

// Send keeps the events, or fails as [Recorder.FailNext] has asked.
func (r *Recorder) Send(_ context.Context, batch []core.Sealed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.fail) > 0 {
		err := r.fail[0]
		r.fail = r.fail[1:]
		return err
	}
	for _, sealed := range batch {
		e, err := core.DecodeEvent(sealed.JSON())
		if err != nil {
			return core.Permanent(fmt.Errorf("read the sealed event: %w", err))
		}
		r.events = append(r.events, e)
	}
	return nil
}

// Close does nothing: what was recorded stays.
func (r *Recorder) Close(context.Context) error { return nil }

// FailNext makes the next Sends fail, one with each error.
func (r *Recorder) FailNext(errs ...error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = append(r.fail, errs...)
}

// Events returns what has arrived so far, in order. Numbers are of type [encoding/json.Number].
func (r *Recorder) Events() []core.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Reset forgets what has arrived.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = nil
}

// patience is how long an expectation waits for what is under way.
const patience = 10 * time.Second

// settled waits until what was reported has arrived, if the recorder knows the dispatcher.
func (r *Recorder) settled(t testing.TB) []core.Event {
	t.Helper()
	r.mu.Lock()
	flush := r.flush
	r.mu.Unlock()
	if flush != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := flush(ctx); err != nil {
			t.Errorf("wait for what was reported: %v", err)
		}
	}
	return r.Events()
}

// Expect fails the test unless exactly these events have arrived since the last Expect or
// Reset, in this order. Of an event those fields are compared that are set, and of its properties
// and its context those that are named; see [Any] and [Absent]. What was compared is forgotten.
//
// A Recorder from [NewDispatcher] waits for what was reported. For one behind a dispatcher
// of your own call its Flush first.
func (r *Recorder) Expect(t testing.TB, want ...core.Event) {
	t.Helper()
	if got := r.settled(t); !inOrder(got, want) {
		t.Errorf("the events that were reported are not those expected:\n%s", difference(got, want))
	}
	r.Reset()
}

// ExpectInAnyOrder is Expect for events of which nobody says which comes first.
func (r *Recorder) ExpectInAnyOrder(t testing.TB, want ...core.Event) {
	t.Helper()
	if got := r.settled(t); !inAnyOrder(got, want) {
		t.Errorf("the events that were reported, in whatever order, are not those expected:\n%s", difference(got, want))
	}
	r.Reset()
}

var _ core.Sink = (*Recorder)(nil)
