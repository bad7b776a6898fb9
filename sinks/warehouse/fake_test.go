package warehouse

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a driver in memory, which stands for the one called sqlite.
type fake struct {
	mu      sync.Mutex
	options Options
	calls   []string
	batches []Batch
	expired []time.Time

	onEnsure func(context.Context) error
	onWrite  func(Batch) error
	onExpire func(context.Context) (int64, error)
}

func (f *fake) note(call string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
}

func (f *fake) count(call string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c == call {
			n++
		}
	}
	return n
}

func (f *fake) Write(_ context.Context, b Batch) error {
	f.note("write")
	f.mu.Lock()
	f.batches = append(f.batches, b)
	f.mu.Unlock()
	if f.onWrite != nil {
		return f.onWrite(b)
	}
	return nil
}

func (f *fake) EnsureSchema(ctx context.Context) error {
	f.note("ensure")
	if f.onEnsure != nil {
		return f.onEnsure(ctx)
	}
	return nil
}

func (f *fake) Check(context.Context) error { f.note("check"); return errors.New("checked") }

func (f *fake) Expire(ctx context.Context, before time.Time) (int64, error) {
	f.note("expire")
	f.mu.Lock()
	f.expired = append(f.expired, before)
	f.mu.Unlock()
	if f.onExpire != nil {
		return f.onExpire(ctx)
	}
	return 0, nil
}

func (f *fake) Close(context.Context) error { f.note("close"); return nil }

// opened is the driver that New opens next.
var opened = &fake{}

func init() {
	Register(DriverInfo{
		Name: "sqlite", Summary: "A fake.", Parts: 1, Schema: SchemaCreate,
		Limits:   func(Config) core.Limits { return core.Limits{MaxEvents: 7} },
		Defaults: func(Config) registry.Defaults { return registry.Defaults{Timeout: time.Minute} },
		Warn:     func(Config) []error { return []error{registry.Field("path", "it is long")} },
		Validate: func(c Config) error {
			if c.Path == "wrong" {
				return registry.Field("path", "it is wrong")
			}
			return nil
		},
		DDL:       func(Options) []string { return []string{"CREATE TABLE x"} },
		Statement: func(o Options) string { return "INSERT INTO " + o.Table.Quoted(Quote) },
		Open: func(o Options) (Driver, error) {
			opened.options = o
			return opened, nil
		},
	})
}

// open makes a sink with a driver of its own.
func open(t *testing.T, c Config, f *fake) *Sink {
	t.Helper()
	if c.Driver == "" {
		c.Driver = "sqlite"
	}
	if c.Table == "" {
		c.Table = "telemetry_events"
	}
	opened = f
	s, err := New(t.Context(), registry.Env{Name: "store", Timeout: time.Second}, c)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*Sink)
}

func sealed(t *testing.T, events ...core.Event) (batch []core.Sealed) {
	t.Helper()
	for _, e := range events {
		s, err := core.Seal(core.Config{App: core.App{Name: "acme", Version: "1.2.3"}}, e)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, s)
	}
	return batch
}

func one(t *testing.T) []core.Sealed { return sealed(t, core.Event{ID: "a", Name: "run"}) }
