package segment

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

func newSink(t testing.TB, endpoint string, c Config) *Sink {
	t.Helper()
	c.WriteKey = core.NewSecret(testKey)
	if endpoint != "" {
		c.Endpoint = endpoint + "/base/"
	}
	s, err := New(t.Context(), registry.Env{Timeout: 5 * time.Second}, c)
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
		batch = append(batch, seal(t, core.Event{ID: fmt.Sprint("e", i), UserID: fmt.Sprint("user-", i), Props: core.Props{"n": i}}))
	}
	return batch
}

// mapped returns the event as the sink sends it.
func mapped(t testing.TB, e core.Event) map[string]any {
	t.Helper()
	text, err := encode(seal(t, e), "")
	if err != nil {
		t.Fatal(err)
	}
	var checked, m map[string]any
	_ = json.Unmarshal(text, &m)
	_ = json.Unmarshal(text, &checked)
	if problems := checkMessage(checked); len(problems) > 0 {
		t.Errorf("Segment would object to %s: %q", text, problems)
	}
	return m
}

// dispatcher sends through the sink as a program would.
func dispatcher(t testing.TB, s core.Sink, opts ...core.Option) *core.Dispatcher {
	t.Helper()
	return sinktest.NewSinkDispatcher(t, core.SinkConfig{Sink: s, Timeout: 300 * time.Millisecond}, opts...)
}
