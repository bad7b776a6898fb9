// Package exec is the sink that hands events to a program of yours, in any language: a
// line of JSON on its standard input for each batch, a line on its standard output for
// each answer.
//
//	{"id":1,"events":[{"id":"…","name":"run",…},…]}
//	{"id":1}
//
// The events have the form of POST /v1/events. An answer without anything else means that
// all events of the batch were delivered. Otherwise it says why not:
//
//	{"id":2,"error":"the database is away"}
//	{"id":3,"error":"slow down","class":"retry_after","retry_after":"30s"}
//	{"id":4,"failed":[{"index":0,"error":"no such table","class":"permanent"}]}
//
// The classes are those of [core.Class]; "retry" if none is given. What "failed" does not
// name was delivered. Answers may come in any order. With "check: true" the program may also be
// asked {"id":5,"check":true}, and answers in the same way.
//
// The program is started with the first batch, directly and not by a shell, in a process
// group of its own and with an environment that holds what `env` says, PATH, HOME, TMPDIR
// and nothing else. One that ends, that answers what is no answer, or that has not answered
// in time is killed with its group, and started again with the next attempt; how long to
// wait is the dispatcher's business, as is all repetition. When its standard input ends it
// should finish and exit. What it writes to its standard error is logged, cleaned.
package exec

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/registry"
)

func init() { registry.Register(Type()) }

// Config are the options of the sink.
type Config struct {
	Command []string               `yaml:"command" required:"true" example:"/usr/local/bin/my-sink,--verbose" doc:"The program and its arguments; no shell reads them."`
	Env     map[string]core.Secret `yaml:"env" example:"API_KEY: ${MY_SINK_API_KEY}" doc:"Its environment, beside PATH, HOME and TMPDIR. It has no other."`
	Dir     string                 `yaml:"dir" example:"/var/lib/my-sink" doc:"Its working directory; that of headgate if absent."`
	Reach   string                 `yaml:"reach" default:"third_party" enum:"third_party,network,local" doc:"How far it carries events, which decides what a person's consent lets it get."`
	Check   bool                   `yaml:"check" default:"false" doc:"Whether the program answers {\"id\":1,\"check\":true}, which validate --connect then asks it."`
}

// Validate finds what the tags cannot say.
func (c Config) Validate() error {
	if len(c.Command) > 0 && strings.TrimSpace(c.Command[0]) == "" {
		return registry.Field("command", "the name of the program is empty")
	}
	for name := range c.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return registry.Field("env", fmt.Sprintf("%q is no name of a variable", name))
		}
	}
	return nil
}

func (c Config) reach() core.Reach {
	switch c.Reach {
	case "local":
		return core.ReachLocal
	case "network":
		return core.ReachNetwork
	}
	return core.ReachThirdParty
}

// Type describes the sink to a registry.
func Type() registry.Sink[Config] {
	return registry.Sink[Config]{
		Type:    "exec",
		Summary: "A program of yours, in any language: batches on its standard input, answers on its standard output.",
		ReachOf: Config.reach,
		Example: "command: [/usr/local/bin/my-sink, --table, events]\nenv: {API_KEY: \"${MY_SINK_API_KEY}\"}\nreach: network\n",
		New: func(_ context.Context, env registry.Env, cfg Config) (core.Sink, error) {
			cleaner, err := sanitize.New(sanitize.Options{})
			if err != nil {
				return nil, err
			}
			s := &sink{cfg: cfg, env: env, cleaner: cleaner}
			if cfg.Check {
				return checkingSink{s}, nil
			}
			return s, nil
		},
	}
}

var errClosed = errors.New("exec: the sink is closed")

// sink runs the program and asks it.
type sink struct {
	cfg     Config
	env     registry.Env
	cleaner *sanitize.Sanitizer

	mu     sync.Mutex
	proc   *process // nil while there is none
	last   uint64   // id of the last question
	closed bool
}

// Send asks the program to deliver a batch.
func (s *sink) Send(ctx context.Context, batch []core.Sealed) error {
	if len(batch) == 0 {
		return nil
	}
	a, err := s.ask(ctx, func(id uint64) []byte { return appendBatch(nil, id, batch) })
	if err != nil {
		return err
	}
	return a.err(len(batch))
}

// ask starts the program if it does not run, and waits for its answer.
func (s *sink) ask(ctx context.Context, question func(id uint64) []byte) (answer, error) {
	p, id, err := s.running()
	if err != nil {
		return answer{}, err
	}
	return p.ask(ctx, id, question(id))
}

// running returns the program, started anew if it has ended.
func (s *sink) running() (*process, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, errClosed
	}
	if s.proc == nil || s.proc.over() {
		p, err := start(s.cfg, s.env, s.cleaner)
		if err != nil {
			return nil, 0, err
		}
		s.proc = p
	}
	s.last++
	return s.proc, s.last, nil
}

// Close ends the program's standard input and waits for it to exit; it is killed when ctx ends.
func (s *sink) Close(ctx context.Context) error {
	s.mu.Lock()
	p, closed := s.proc, s.closed
	s.closed = true
	s.mu.Unlock()
	if p == nil || closed {
		return nil
	}
	return p.close(ctx)
}

// Preview shows the line that the program would get.
func (s *sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	name := ""
	if len(s.cfg.Command) > 0 {
		name = filepath.Base(s.cfg.Command[0])
	}
	return []core.Request{{Target: "standard input of " + name, Body: string(appendBatch(nil, 1, batch))}}, nil
}

// checkingSink is one whose program answers a check.
type checkingSink struct{ *sink }

// Check asks the program whether it could deliver.
func (s checkingSink) Check(ctx context.Context) error {
	a, err := s.ask(ctx, appendCheck)
	if err != nil {
		return err
	}
	return a.err(0)
}

var (
	_ core.Sink      = (*sink)(nil)
	_ core.Previewer = (*sink)(nil)
	_ core.Checker   = checkingSink{}
)
