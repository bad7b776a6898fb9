package core

import (
	"context"
	"log/slog"
	"os"
)

// Option supplies what only code can.
type Option func(*Environment)

// Environment is what the options of a Dispatcher come to. Packages that build a
// [Config] from a file take the same options, and read them with [NewEnvironment].
type Environment struct {
	// Logger takes the dispatcher's own reports; it discards them unless one was given.
	Logger *slog.Logger
	// Lookup reads an environment variable.
	Lookup func(key string) (string, bool)
	// StateDir holds the installation id and the person's choice; empty for the
	// default, <user config directory>/headgate.
	StateDir string
	// StoreOnly has another process deliver, see [WithoutDelivery].
	StoreOnly bool
}

// NewEnvironment applies options to the defaults. A nil option, logger or lookup is the
// default; a logger whose handler panics logs nothing, and hurts nobody.
func NewEnvironment(opts ...Option) Environment {
	var env Environment
	for _, opt := range opts {
		if opt != nil {
			opt(&env)
		}
	}
	if env.Logger == nil {
		env.Logger = slog.New(slog.DiscardHandler)
	}
	if env.Lookup == nil {
		env.Lookup = os.LookupEnv
	}
	env.Logger = slog.New(contained{env.Logger.Handler()})
	return env
}

// contained is a handler whose panics do not reach whoever logs.
type contained struct{ slog.Handler }

func (c contained) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() { _ = recover() }()
	return c.Handler.Handle(ctx, r)
}

func (c contained) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return c.Handler.Enabled(ctx, level)
}

func (c contained) WithAttrs(attrs []slog.Attr) (h slog.Handler) {
	defer c.instead(&h)
	return contained{c.Handler.WithAttrs(attrs)}
}

func (c contained) WithGroup(name string) (h slog.Handler) {
	defer c.instead(&h)
	return contained{c.Handler.WithGroup(name)}
}

// instead makes c the result of a method that panicked.
func (c contained) instead(h *slog.Handler) {
	if recover() != nil {
		*h = c
	}
}

// WithLogger sets where the dispatcher reports trouble: one line when a sink's
// state changes, never an event's values. Nothing is logged without it.
func WithLogger(l *slog.Logger) Option { return func(env *Environment) { env.Logger = l } }

// WithEnviron replaces the environment in which opt-outs are looked up.
func WithEnviron(lookup func(key string) (string, bool)) Option {
	return func(env *Environment) { env.Lookup = lookup }
}

// WithStateDir replaces the directory of the installation id and of the choice
// made by "headgate telemetry", <user config directory>/headgate.
func WithStateDir(dir string) Option { return func(env *Environment) { env.StateDir = dir } }

// WithoutDelivery has the dispatcher gate, seal and store events, and leave their delivery to
// another dispatcher that opens the same queue later: no sink is opened, nothing goes over the
// network, and Close does not wait for any. It needs a queue that keeps its events.
func WithoutDelivery() Option { return func(env *Environment) { env.StoreOnly = true } }
