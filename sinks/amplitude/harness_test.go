package amplitude

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func newSink(t testing.TB, endpoint string, c Config) *Sink {
	t.Helper()
	c.APIKey = core.NewSecret(testKey)
	if endpoint != "" {
		c.Endpoint = endpoint + "/base/"
	}
	s, err := New(t.Context(), registry.Env{Timeout: 5 * time.Second, EventPrefix: "langflow_"}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s.(*Sink)
}

func seal(t testing.TB, e core.Event) core.Sealed {
	t.Helper()
	if e.Name == "" {
		e.Name = "run"
	}
	s, err := core.Seal(core.Config{}, e)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sealN returns events e0, e1, … of users user-0, user-1, …
func sealN(t testing.TB, n int) (batch []core.Sealed) {
	t.Helper()
	for i := range n {
		batch = append(batch, seal(t, core.Event{
			ID: fmt.Sprint("e", i), UserID: fmt.Sprint("user-", i), AnonymousID: fmt.Sprint("device-", i), Props: core.Props{"n": i},
		}))
	}
	return batch
}

// mapped returns the event as the sink sends it, and the whole body.
func mapped(t testing.TB, c Config, e core.Event) (event, body map[string]any) {
	t.Helper()
	s := newSink(t, "", c)
	up := s.prepare([]core.Sealed{seal(t, e)}, testKey, new(core.BatchError))
	if _, problems := checkBody(up.body); len(problems) > 0 {
		t.Errorf("Amplitude would object to %s: %q", up.body, problems)
	}
	if err := json.Unmarshal(up.body, &body); err != nil {
		t.Fatal(err)
	}
	return body["events"].([]any)[0].(map[string]any), body
}

// outcomesOf returns for each event of a batch its class, "" for a delivered one, and wait.
func outcomesOf(err error, n int) (classes []core.Class, waits []time.Duration) {
	classes, waits = make([]core.Class, n), make([]time.Duration, n)
	var partial *core.BatchError
	for i := range classes {
		own := err
		if errors.As(err, &partial) {
			own = partial.Failed[i]
		}
		if own != nil {
			classes[i], waits[i] = core.Classify(own)
		}
	}
	return classes, waits
}

// hastened is a sink whose pauses are short, so that tests need not sit them out.
type hastened struct {
	core.Sink
}

func (h hastened) Limits() core.Limits { return h.Sink.(core.Limiter).Limits() }

func (h hastened) Send(ctx context.Context, batch []core.Sealed) error {
	err := h.Sink.Send(ctx, batch)
	var partial *core.BatchError
	if errors.As(err, &partial) {
		for i, own := range partial.Failed {
			partial.Failed[i] = hasten(own)
		}
		return err
	}
	return hasten(err)
}

func hasten(err error) error {
	if class, _ := core.Classify(err); err != nil && class == core.ClassRetryAfter {
		return core.RetryAfter(time.Millisecond, err)
	}
	return err
}

// dispatcher sends through the sink as a program would.
func dispatcher(t testing.TB, s core.Sink, opts ...core.Option) *core.Dispatcher {
	t.Helper()
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "amplitude", Reach: core.ReachThirdParty, Sink: hastened{s},
		Batch: core.BatchConfig{MaxWait: 5 * time.Millisecond}, Timeout: 300 * time.Millisecond,
		Retry: core.RetryConfig{Initial: time.Millisecond, Max: 2 * time.Millisecond},
	}}}, append([]core.Option{
		core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func flush(t testing.TB, d *core.Dispatcher) core.SinkStats {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.Flush(ctx); err != nil {
		t.Error(err)
	}
	stats := d.Stats()
	if s := stats.Sinks["amplitude"]; stats.Books.Accepted != s.Delivered+s.Filtered+s.SampledOut+s.DeadLettered+s.Expired+s.Overflowed+s.Queued {
		t.Errorf("the books do not balance: %+v", stats)
	}
	return stats.Sinks["amplitude"]
}

// journal is a log to search, while it is written, too.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}
