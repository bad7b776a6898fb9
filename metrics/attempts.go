package metrics

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/headgate-dev/headgate/core"
)

// attemptSeconds are the bounds of the histogram of attempts: from a server in the same
// room to one that is at its limit.
var attemptSeconds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// ReportAttempts measures the attempts that a dispatcher makes, until Shutdown: how long they
// took and how they ended, by sink. observe is [core.Dispatcher.ObserveAttempts]. It costs
// something for each attempt, and nothing for an event. Call it once.
func (r *Registry) ReportAttempts(observe func(func(core.Attempt)) (stop func())) error {
	m := r.provider.Meter("headgate")
	took, err := m.Float64Histogram("headgate_sink_send_duration", metric.WithUnit("s"),
		metric.WithDescription("How long attempts to send a batch took, by sink and result."), metric.WithExplicitBucketBoundaries(attemptSeconds...))
	if err != nil {
		return fmt.Errorf("metrics: report the attempts: %w", err)
	}
	repeated, err := m.Int64Counter("headgate_sink_repeated_attempts",
		metric.WithDescription("Attempts to send events that were tried before, by sink and by how they ended."))
	if err != nil {
		return fmt.Errorf("metrics: report the attempts: %w", err)
	}
	stop := observe(func(a core.Attempt) {
		labels := metric.WithAttributes(attribute.String("sink", a.Sink), attribute.String("result", a.Result))
		took.Record(context.Background(), a.Took.Seconds(), labels)
		if a.Repeated {
			repeated.Add(context.Background(), 1, labels)
		}
	})
	return r.atShutdown(stop)
}

// atShutdown has f called by Shutdown, or now if that is over.
func (r *Registry) atShutdown(f func()) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		f()
		return errors.New("metrics: the registry is shut down")
	}
	r.stops = append(r.stops, f)
	return nil
}
