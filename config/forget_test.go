package config_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

// down is a sink that delivers nothing.
type down struct{}

func (down) Send(context.Context, []core.Sealed) error { return errors.New("it is down") }
func (down) Close(context.Context) error               { return nil }

// elsewhere has a type of queue that outlives its processes, as a stream does, and its log.
func elsewhere(t *testing.T, log *queue.Memory, rewrite func(context.Context, registry.QueueOptions, func([]byte) bool, func([]byte)) error) *config.File {
	t.Helper()
	r := registry.NewRegistry()
	registry.RegisterQueueIn(r, registry.Queue{
		Type:    "jetstream",
		Check:   func(int64, registry.QueueOptions) error { return nil },
		Open:    func(registry.QueueEnv, registry.QueueOptions) (queue.Log, error) { return log, nil },
		Reach:   func(context.Context, registry.QueueOptions) error { return nil },
		Purge:   func(context.Context, registry.QueueOptions) (uint64, error) { return 0, nil },
		Rewrite: rewrite,
	})
	registry.RegisterIn(r, registry.Sink[struct{}]{
		Type: "nowhere", Summary: "drops events",
		New: func(context.Context, registry.Env, struct{}) (core.Sink, error) { return down{}, nil },
	})
	f, problems := config.Load([]byte("queue: {type: jetstream}\nsinks: {nowhere: {}}\n"), config.Options{Registry: r, LookupEnv: environ{}.lookup})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return f
}

func TestAPersonIsTakenOutOfAQueueThatIsElsewhere(t *testing.T) {
	log := queue.NewMemory(1<<20, queue.DropNewest)
	f := elsewhere(t, log, func(_ context.Context, _ registry.QueueOptions, match func([]byte) bool, edit func([]byte)) error {
		return log.Rewrite(match, edit)
	})
	d, err := core.New(f.Core(), core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = d.Close(ctx)
	}()
	for _, user := range []string{"ada", "bob", "ada"} {
		if err := d.Enqueue(t.Context(), core.Event{Name: "run", UserID: user}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.Forget(t.Context(), core.Person{UserID: "ada"})
	if err != nil || got.Events != 2 {
		t.Errorf("%+v, %v; want 2 events", got, err)
	}
	if got, err := f.Forget(t.Context(), core.Person{UserID: "ada"}); err != nil || got.Events != 0 {
		t.Errorf("and once more %+v, %v", got, err)
	}
}

func TestAQueueThatCannotForgetSaysSo(t *testing.T) {
	f := elsewhere(t, queue.NewMemory(1<<20, queue.DropNewest), nil)
	if _, err := f.Forget(t.Context(), core.Person{UserID: "ada"}); err == nil || !strings.Contains(err.Error(), "queue of type jetstream") {
		t.Errorf("forgetting returned %v", err)
	}
}
