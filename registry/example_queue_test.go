package registry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

// ring is a type of queue. This one keeps its events in memory; another would keep them on servers.
func ring() registry.Queue {
	return registry.Queue{
		Type:     "ring",
		MaxBytes: 16 << 20,
		Check: func(_ int64, o registry.QueueOptions) error {
			if o.TLS.CertFile != "" && o.TLS.KeyFile == "" {
				return registry.Field("tls.key_file", "is missing: a certificate is shown with its key")
			}
			return nil
		},
		Open: func(env registry.QueueEnv, o registry.QueueOptions) (queue.Log, error) {
			env.Logger.Info("opening", "stream", o.Stream)
			return queue.NewMemory(env.MaxBytes, env.OnFull), nil
		},
		Reach: func(context.Context, registry.QueueOptions) error { return errors.New("the servers are away") },
		Purge: func(context.Context, registry.QueueOptions) (uint64, error) { return 0, nil },
	}
}

// A type of queue of one's own is chosen by queue.type in sinks.yaml, once it is registered.
func ExampleQueue() {
	r := registry.NewRegistry() // a module registers in the one that all programs use, with RegisterQueue
	registry.RegisterQueueIn(r, ring())

	q, ok := r.LookupQueue("ring")
	fmt.Println(ok, q.MaxBytes)
	fmt.Println(q.Check(1<<20, registry.QueueOptions{TLS: registry.QueueTLS{CertFile: "client.pem"}}))
	env := registry.QueueEnv{MaxBytes: int64(q.MaxBytes), OnFull: queue.DropOldest, Logger: slog.New(slog.DiscardHandler)}
	log, err := q.Open(env, registry.QueueOptions{Stream: "EVENTS"})
	fmt.Println(log != nil, err)
	// Output:
	// true 16MiB
	// tls.key_file: is missing: a certificate is shown with its key
	// true <nil>
}
