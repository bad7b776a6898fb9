package metrics

import (
	"context"
	"fmt"
	"runtime"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/headgate-dev/headgate/core"
)

// Build is what headgate_build_info tells of a program.
type Build struct{ Version, Commit string }

// states are all that headgate_sink_state has a series for.
var states = []core.SinkState{core.StateOK, core.StateRetrying, core.StateOpen, core.StatePaused, core.StateFailed}

// books are the instruments of a dispatcher's books.
type books struct {
	build, tracking, queued, state                                  metric.Int64ObservableGauge
	gate, finished, reasons, recovered, deliveryRetries, redactions metric.Int64ObservableCounter

	oldest metric.Float64ObservableGauge
}

// ReportBooks has the headgate_* metrics read a dispatcher's books whenever the metrics are
// collected, until Shutdown. In between it costs nothing. Call it once.
func (r *Registry) ReportBooks(stats func() core.Stats, build Build) error {
	b, all, err := newBooks(r.provider.Meter("headgate"))
	if err != nil {
		return fmt.Errorf("metrics: report the books: %w", err)
	}
	version := metric.WithAttributes(
		attribute.String("version", build.Version), attribute.String("commit", build.Commit), attribute.String("go_version", runtime.Version()))
	_, err = r.provider.Meter("headgate").RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(b.build, 1, version)
		b.observe(o, stats())
		return nil
	}, all...)
	if err != nil {
		return fmt.Errorf("metrics: report the books: %w", err)
	}
	return nil
}

func newBooks(m metric.Meter) (b books, all []metric.Observable, err error) {
	for _, g := range []struct {
		to                *metric.Int64ObservableGauge
		name, description string
	}{
		{&b.build, "headgate_build_info", "The build that runs, always 1."},
		{&b.tracking, "headgate_tracking", "Whether events are taken: 0 when somebody has opted out."},
		{&b.queued, "headgate_sink_queued_events", "Events that the sink has not finished, those in hand included."},
		{&b.state, "headgate_sink_state", "1 for the state that the sink is in."},
	} {
		if *g.to, err = m.Int64ObservableGauge(g.name, metric.WithDescription(g.description)); err != nil {
			return b, nil, err
		}
		all = append(all, *g.to)
	}
	b.oldest, err = m.Float64ObservableGauge("headgate_sink_oldest_event_age", metric.WithUnit("s"),
		metric.WithDescription("How long the oldest event has waited that the sink has not finished, 0 if none does."))
	if err != nil {
		return b, nil, err
	}
	all = append(all, b.oldest)
	for _, c := range []struct {
		to                *metric.Int64ObservableCounter
		name, description string
	}{
		{&b.gate, "headgate_gate_events", "Events received, by what the gate made of them."},
		{&b.finished, "headgate_sink_events", "Events that the sink has finished, by how they ended."},
		{&b.reasons, "headgate_sink_event_reasons", "Events that were not delivered, by outcome and reason."},
		{&b.recovered, "headgate_sink_recovered_events", "Events found in the queue at the start, and dead letters that were delivered after all."},
		{&b.deliveryRetries, "headgate_sink_retries", "Attempts after the first of a batch."},
		{&b.redactions, "headgate_redactions", "What the sanitiser changed in events, by kind."},
	} {
		if *c.to, err = m.Int64ObservableCounter(c.name, metric.WithDescription(c.description)); err != nil {
			return b, nil, err
		}
		all = append(all, *c.to)
	}
	return b, all, nil
}

// observe reports the books as they are.
func (b *books) observe(o metric.Observer, s core.Stats) {
	o.ObserveInt64(b.tracking, zeroOrOne(!s.DoNotTrack.Active))
	for verdict, n := range map[string]uint64{
		"accepted": s.Books.Accepted, "denied": s.Books.Denied, "rejected": s.Books.Rejected, "duplicate": s.Books.Duplicates,
	} {
		o.ObserveInt64(b.gate, int64(n), metric.WithAttributes(attribute.String("verdict", verdict)))
	}
	for kind, n := range s.Redactions {
		o.ObserveInt64(b.redactions, int64(n), metric.WithAttributes(attribute.String("kind", kind)))
	}
	for name, sink := range s.Sinks {
		b.observeSink(o, attribute.String("sink", name), sink)
	}
}

func (b *books) observeSink(o metric.Observer, name attribute.KeyValue, s core.SinkStats) {
	with := func(label, value string) metric.ObserveOption {
		return metric.WithAttributes(name, attribute.String(label, value))
	}
	for outcome, n := range map[string]uint64{
		"delivered": s.Delivered, "filtered": s.Filtered, "sampled_out": s.SampledOut,
		"dead_lettered": s.DeadLettered, "expired": s.Expired, "overflowed": s.Overflowed,
	} {
		o.ObserveInt64(b.finished, int64(n), with("outcome", outcome))
	}
	for reason, n := range s.Reasons {
		o.ObserveInt64(b.reasons, int64(n), with("reason", reason))
	}
	for _, state := range states {
		o.ObserveInt64(b.state, zeroOrOne(s.State == state), with("state", string(state)))
	}
	o.ObserveInt64(b.queued, int64(s.Queued), metric.WithAttributes(name))
	if s.OldestEventAge != nil {
		o.ObserveFloat64(b.oldest, *s.OldestEventAge, metric.WithAttributes(name))
	}
	o.ObserveInt64(b.recovered, int64(s.Recovered), metric.WithAttributes(name))
	o.ObserveInt64(b.deliveryRetries, int64(s.Retries), metric.WithAttributes(name))
}

func zeroOrOne(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
