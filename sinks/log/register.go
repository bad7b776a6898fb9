package log

import (
	"context"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func init() { register(registry.Default) }

func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Options]{
		Type:    "log",
		Summary: "Lines on stderr, on stdout or in rotated files; nothing leaves the machine.",
		Reach:   core.ReachLocal,
		Example: "format: json\npath: /var/log/headgate/events.log\nmax_size: 100MiB\nmax_age: 720h\n",
		New: func(_ context.Context, _ registry.Env, o Options) (core.Sink, error) {
			return New(o)
		},
	})
}
