package endurance

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("connection refused")

// isolated keeps a dispatcher away from the environment and the person of this machine.
func isolated(t *testing.T) []core.Option {
	return []core.Option{core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false })}
}

func newTest(t *testing.T, cfg core.Config) *core.Dispatcher {
	t.Helper()
	d, err := core.New(cfg, isolated(t)...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sinkOf is a local sink, so that consent does not matter to it.
func sinkOf(name string, s core.Sink) core.SinkConfig {
	return core.SinkConfig{Name: name, Sink: s, Reach: core.ReachLocal}
}

func closeOrFail(t *testing.T, d *core.Dispatcher) {
	t.Helper()
	if err := d.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func checkBalance(t *testing.T, s core.Stats) {
	t.Helper()
	b := s.Books
	if b.Received != b.Accepted+b.Denied+b.Rejected+b.Duplicates {
		t.Errorf("the books do not balance at the gate: %+v", b)
	}
	for name, k := range s.Sinks {
		if b.Accepted+k.Recovered != k.Delivered+k.Filtered+k.SampledOut+k.DeadLettered+k.Expired+k.Overflowed+k.Queued {
			t.Errorf("the books do not balance at %s: %+v, %+v", name, b, k)
		}
	}
}

// often is a number of repetitions, more of them with HEADGATE_LONG=1.
func often(usual, long int) int {
	if os.Getenv("HEADGATE_LONG") != "" {
		return long
	}
	return usual
}

// heapInUse is what is in use once what can be freed is.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
