package usage_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// environ stands for the environment.
type environ map[string]string

func (e environ) lookup(key string) (string, bool) {
	value, ok := e[key]
	return value, ok
}

// dispatch makes a dispatcher with a tap, in an environment of its own. A test that does not
// close it has it closed.
func dispatch(t testing.TB, cfg core.Config, env environ) (*core.Dispatcher, *usage.Tap) {
	t.Helper()
	tap := usage.NewTap(100_000)
	cfg.Sinks = append(cfg.Sinks, core.SinkConfig{Name: "tap", Sink: tap, Reach: core.ReachLocal})
	d, err := core.New(cfg, core.WithEnviron(env.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close(context.Background()) })
	return d, tap
}

// langflow is the program that most tests are about.
var langflow = core.App{Name: "langflow", Version: "1.8.0"}

// open makes a service, its dispatcher and a tap.
func open(t testing.TB, o usage.Options) (*usage.Service, *core.Dispatcher, *usage.Tap) {
	t.Helper()
	d, tap := dispatch(t, core.Config{App: o.App}, nil)
	if o.Lookup == nil {
		o.Lookup = environ{}.lookup
	}
	return usage.New(d, o), d, tap
}

// event is what arrived of an event.
type event struct {
	Name  string
	Time  time.Time
	Props map[string]any
}

// arrived waits for what was logged, and returns it.
func arrived(t testing.TB, d *core.Dispatcher, tap *usage.Tap) []event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	return popped(t, tap)
}

func popped(t testing.TB, tap *usage.Tap) (events []event) {
	t.Helper()
	for _, e := range tap.PopAll() {
		var props map[string]any
		if err := json.Unmarshal(e.Properties, &props); err != nil {
			t.Fatal(err)
		}
		events = append(events, event{e.Name, e.Time, props})
	}
	return events
}

func wantNil(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
