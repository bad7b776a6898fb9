package core

import (
	"context"
	"fmt"
)

// SinkDeletion is how the destination of one sink is asked to delete what it has of a person.
type SinkDeletion struct {
	Sink string `json:"sink"`
	Type string `json:"type"`
	Deletion
	// Executed is whether it was asked, Answer what it answered.
	Executed bool   `json:"executed"`
	Answer   string `json:"answer,omitempty"`
	// Error says why the requests cannot be told, or why they failed.
	Error string `json:"error,omitempty"`
}

// Deletions says, for each sink of a configuration, how its destination is asked to delete what
// it has of a person, by the ids that the sink was given. With execute it is asked, where
// the sink's options hold what that takes; else neither network nor file is touched. Nobody
// is asked about events that are still queued: call [Dispatcher.Forget] before.
func Deletions(ctx context.Context, cfg Config, who Person, execute bool, opts ...Option) ([]SinkDeletion, error) {
	d, err := prepare(cfg, opts)
	if err != nil {
		return nil, err
	}
	p := d.plan.Load()
	if err := who.check(); err != nil {
		return nil, err
	}
	var all []SinkDeletion
	for _, l := range p.lanes {
		ids, err := p.personIDs(l, who)
		if err != nil {
			return nil, err
		}
		all = append(all, l.deletion(orBackground(ctx), ids, execute))
	}
	return all, nil
}

// deletion opens the sink, which touches nothing, and asks it.
func (l *lane) deletion(ctx context.Context, ids PersonIDs, execute bool) (d SinkDeletion) {
	d = SinkDeletion{Sink: l.cfg.Name, Type: l.cfg.Type, Deletion: Deletion{Requests: []Request{}}}
	defer func() {
		if r := recover(); r != nil {
			d.Error = fmt.Sprintf("the sink panicked with a %T", r)
		}
	}()
	if len(ids.UserIDs)+len(ids.AnonymousIDs) == 0 {
		d.Notes = []string{"nothing was sent under this id: the sanitiser, or the sink's privacy policy, takes it out of every event"}
		return d
	}
	sink, _, err := l.open()
	if err != nil {
		d.Error = errorText(l.scrubber, err)
		return d
	}
	if l.cfg.Sink == nil {
		defer func() { _ = sink.Close(context.WithoutCancel(ctx)) }()
	}
	forgetter, ok := sink.(Forgetter)
	if !ok {
		d.Notes = []string{"this sink does not know how its destination is asked"}
		return d
	}
	asked, err := forgetter.Deletion(ids)
	if err != nil {
		d.Error = errorText(l.scrubber, err)
		return d
	}
	known := l.scrubber.credentials.Load()
	d.Needs, d.Notes = asked.Needs, known.redactAll(asked.Notes)
	d.Requests = append(d.Requests, asked.Requests...)
	known.redactRequests(d.Requests)
	if !execute || len(d.Requests) == 0 || len(d.Needs) > 0 {
		return d
	}
	ctx, cancel := context.WithTimeout(WithCredentials(ctx, known), l.cfg.Timeout)
	defer cancel()
	d.Answer, err = forgetter.Forget(ctx, ids)
	d.Answer = known.Redact(d.Answer)
	if d.Executed = err == nil; err != nil {
		d.Error = errorText(l.scrubber, err)
	}
	return d
}
