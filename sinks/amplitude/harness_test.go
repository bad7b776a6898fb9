package amplitude

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
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
	return sinktest.Seal(t, e)[0]
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
	return sinktest.NewSinkDispatcher(t, core.SinkConfig{Sink: hastened{s}, Timeout: 300 * time.Millisecond}, opts...)
}
