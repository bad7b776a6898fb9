package core

import (
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// plan is a configuration made ready: what events are gated and sealed by, and the lanes
// they go to. It does not change; a reload makes another.
type plan struct {
	gate   consent.Gate
	sealer *sealer
	lanes  []*lane
	eras   []era // how events were and are sealed, now first

	closeTimeout time.Duration
}

// newPlan makes a plan whose lanes have no cursor yet.
func newPlan(cfg Config, env Environment, scrub *scrubber) (*plan, error) {
	sanitizer, err := sanitize.New(cfg.Privacy)
	if err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	_, ci := consent.DetectCI(env.Lookup)
	p := &plan{
		gate: consent.Resolve(consent.Settings{
			AppName: cfg.App.Name, DoNotTrack: cfg.DoNotTrack, Mode: cfg.Mode, ConsentRequired: cfg.ConsentRequired,
			DisableInCI: cfg.DisableInCI, IgnoreGPC: cfg.IgnoreGPC, Lookup: env.Lookup, StateDir: env.StateDir,
		}),
		sealer: newSealer(cfg.App, ci, sanitizer),

		closeTimeout: defaultCloseTimeout,
	}
	if cfg.CloseTimeout != 0 {
		p.closeTimeout = cfg.CloseTimeout
	}
	p.sealer.credentials = NewCredentials(cfg.Credentials...)
	if p.sealer.declared, err = newDeclared(cfg.Privacy); err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	if p.eras, err = newEras(cfg, sanitizer); err != nil {
		return nil, fmt.Errorf("privacy: %w", err)
	}
	names := make(map[string]bool)
	for _, sink := range cfg.Sinks {
		if names[sink.Name] {
			return nil, fmt.Errorf("sink %q: another has the same name", sink.Name)
		}
		names[sink.Name] = true
		l, err := newLane(sink, env.Logger, scrub, sanitizer)
		if err != nil {
			return nil, err
		}
		if l.policy, err = newPolicy(sink.Privacy, sink.Name, sink.Reach, cfg.Privacy); err != nil {
			return nil, fmt.Errorf("sink %q: %w", sink.Name, err)
		}
		p.lanes = append(p.lanes, l)
	}
	return p, nil
}

// lane returns the lane of a sink, nil if there is none.
func (p *plan) lane(sink string) *lane {
	for _, l := range p.lanes {
		if l.cfg.Name == sink {
			return l
		}
	}
	return nil
}

// anySinkFor reports whether some sink may get an event as far as reach goes.
func (p *plan) anySinkFor(decision *consent.Decision) bool {
	if decision.ThirdParty || len(p.lanes) == 0 {
		return true
	}
	for _, l := range p.lanes {
		if l.cfg.Reach == ReachLocal || l.cfg.Reach == ReachNetwork && decision.Network {
			return true
		}
	}
	return false
}

// join gives a lane its cursor in the log.
func (l *lane) join(log queue.Log) { l.log, l.cursor = log, log.Cursor(l.cfg.Name) }
