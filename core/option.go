package core

import (
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
}

// NewEnvironment applies options to the defaults.
func NewEnvironment(opts ...Option) Environment {
	env := Environment{Logger: slog.New(slog.DiscardHandler), Lookup: os.LookupEnv}
	for _, opt := range opts {
		opt(&env)
	}
	return env
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
