package registry_test

import (
	"context"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

func inMemory() registry.Queue {
	return registry.Queue{
		Type:  "elsewhere",
		Check: func(int64, registry.QueueOptions) error { return nil },
		Open: func(env registry.QueueEnv, _ registry.QueueOptions) (queue.Log, error) {
			return queue.NewMemory(env.MaxBytes, env.OnFull), nil
		},
		Reach: func(context.Context, registry.QueueOptions) error { return nil },
		Purge: func(context.Context, registry.QueueOptions) (uint64, error) { return 0, nil },
	}
}

func TestAQueueIsFoundByItsType(t *testing.T) {
	r := registry.NewRegistry()
	registry.RegisterQueueIn(r, inMemory())
	if _, ok := r.LookupQueue("elsewhere"); !ok {
		t.Error("it is not found")
	}
	if _, ok := r.LookupQueue("nowhere"); ok {
		t.Error("one is found that nobody registered")
	}
}

func TestAQueueThatIsNotWellFormedIsAMistakeOfTheProgram(t *testing.T) {
	for want, change := range map[string]func(*registry.Queue){
		"lower case":          func(q *registry.Queue) { q.Type = "Else where" },
		"every program":       func(q *registry.Queue) { q.Type = "disk" },
		"it needs Check":      func(q *registry.Queue) { q.Check = nil },
		"Check, Open":         func(q *registry.Queue) { q.Open = nil },
		"Open, Reach":         func(q *registry.Queue) { q.Reach = nil },
		"and Purge":           func(q *registry.Queue) { q.Purge = nil },
		"it is registered tw": func(*registry.Queue) {},
	} {
		r := registry.NewRegistry()
		registry.RegisterQueueIn(r, inMemory())
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, want) {
					t.Errorf("it panicked with %q, want %q", text, want)
				}
			}()
			q := inMemory()
			change(&q)
			registry.RegisterQueueIn(r, q)
		}()
	}
}
