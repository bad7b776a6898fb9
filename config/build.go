package config

import (
	"context"
	"errors"
	"log/slog"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/registry"

	_ "github.com/headgate-dev/headgate/sinks/log" // runs when the file names no sink
)

// Core returns what a dispatcher needs to know. It does nothing else: a sink is made
// by the Open function of its [core.SinkConfig], which the dispatcher calls only when
// tracking is on. Each call returns a configuration of its own.
func (f *File) Core() core.Config {
	cfg := core.Config{
		App:             core.App(f.App),
		DoNotTrack:      f.DoNotTrack || f.unresolved,
		Mode:            f.Mode,
		ConsentRequired: f.ConsentRequired,
		DisableInCI:     f.DisableInCI,
		IgnoreGPC:       !f.Privacy.RespectGPC,
		Privacy:         f.sanitizing(),
		Credentials:     f.credentials(),
		CloseTimeout:    f.ShutdownTimeout,
	}
	if cfg.CloseTimeout == 0 {
		cfg.CloseTimeout = -1 // the core's zero stands for its default
	}
	logger := f.discreet(cfg.Credentials)
	cfg.Queue = f.queueConfig(logger)
	for _, key := range f.hashKeys[min(1, len(f.hashKeys)):] {
		cfg.OldHashKeys = append(cfg.OldHashKeys, key.Key)
	}
	for i := range f.sinks {
		if s := &f.sinks[i]; s.delivery.Enabled {
			cfg.Sinks = append(cfg.Sinks, f.sinkConfig(s, logger))
		}
	}
	return cfg
}

// sanitizing returns the policy of all sinks.
func (f *File) sanitizing() sanitize.Options {
	o := sanitize.Options{
		Mode:          f.Privacy.Sanitize,
		Action:        f.Privacy.Action,
		HashKey:       []byte(f.Privacy.HashKey.Reveal()),
		AllowKeys:     f.Privacy.AllowKeys,
		DenyKeys:      f.Privacy.DenyKeys,
		ErrorMessages: f.Privacy.ErrorMessages,
	}
	if len(f.hashKeys) > 0 {
		o.HashKey = []byte(f.hashKeys[0].Key.Reveal())
	}
	return o
}

func (f *File) sinkConfig(s *sink, logger func() *slog.Logger) core.SinkConfig {
	sc := core.SinkConfig{
		Name:  s.name,
		Type:  s.descriptor.Type,
		Reach: s.descriptor.ReachOf(s.options),

		Fingerprint: f.fingerprint(s),
		Open:        func() (core.Sink, error) { return f.open(s, logger()) },
	}
	s.delivery.apply(&sc)
	f.keepLetters(&sc)
	return sc
}

// open makes a sink. An error about its options says where they are.
func (f *File) open(s *sink, logger *slog.Logger) (core.Sink, error) {
	if f.unresolved {
		return nil, Problems{{File: f.Path, Message: "the file refers to variables or files that are not there"}}
	}
	env := registry.Env{
		Name:          s.name,
		App:           core.App(f.App),
		EventPrefix:   f.EventPrefix,
		Logger:        logger,
		AllowInsecure: s.delivery.AllowInsecure,
		Timeout:       s.delivery.Timeout,
	}
	if env.Logger != nil {
		env.Logger = env.Logger.With("sink", s.name)
	}
	var made core.Sink
	err := guard(func() (err error) {
		made, err = s.descriptor.New(context.Background(), env, s.options)
		return err
	})
	if err == nil && made == nil {
		err = errors.New("the sink type made no sink")
	}
	if err != nil {
		return nil, f.sinkProblems(s, err)
	}
	return made, nil
}

// sinkProblems places what the code of a sink type said about its options.
func (f *File) sinkProblems(s *sink, err error) Problems {
	var problems Problems
	for _, e := range fieldErrors(err) {
		at := s.places.find(e.Key, s.at)
		problems = append(problems, Problem{File: f.Path, Line: at.line, Column: at.column, Message: s.places.told(s.options, e)})
	}
	return problems.sorted()
}

// Try makes every enabled sink and closes it at once, to find what only a sink's
// constructor finds. Constructors do no I/O, so neither does Try.
func (f *File) Try(ctx context.Context) Problems {
	var problems Problems
	logger := f.discreet(f.credentials())
	for i := range f.sinks {
		s := &f.sinks[i]
		if !s.delivery.Enabled || f.unresolved {
			continue
		}
		made, err := f.open(s, logger())
		if err != nil {
			problems = append(problems, err.(Problems)...)
			continue
		}
		if err := guard(func() error { return made.Close(ctx) }); err != nil {
			problems = append(problems, f.sinkProblems(s, err)...)
		}
	}
	return problems.sorted()
}

// Open reads the configuration at path and starts a dispatcher with it. With an empty
// path there is no file: the log sink runs alone. It does not touch the network, and
// a destination that is down is no error. An error in the file is of type [Problems].
// The options are those of [core.New]; ${VAR} in the file is answered by the
// environment they bring, and warnings about the file go to their logger.
//
// Whatever the error says, what Open returns can be used: a program is not to fail for want
// of telemetry. After an error the dispatcher is one that takes nothing.
func Open(path string, opts ...core.Option) (*core.Dispatcher, error) {
	env := core.NewEnvironment(opts...)
	f, problems := LoadFile(path, Options{LookupEnv: env.Lookup, Logger: env.Logger})
	if len(problems) > 0 {
		return takingNothing(opts), problems
	}
	for _, w := range f.Warnings {
		env.Logger.Warn("headgate: " + w.String())
	}
	d, err := core.New(f.Core(), opts...)
	if err != nil {
		return takingNothing(opts), err
	}
	return d, nil
}

// takingNothing returns a dispatcher that has no sink, starts nothing and denies every event.
func takingNothing(opts []core.Option) *core.Dispatcher {
	d, _ := core.New(core.Config{DoNotTrack: true}, opts...) // nothing in this configuration can be wrong
	return d
}
