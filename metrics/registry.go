package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/metric"

	"github.com/headgate-dev/headgate/core"
)

// Registry holds metrics by their names. Its methods are safe for concurrent use, and none of
// them panics or blocks.
type Registry struct {
	opts   Options
	logger *slog.Logger

	provider   metric.MeterProvider
	meter      metric.Meter
	stop       func(context.Context) error // of a provider of our own
	exposition *exposition                 // nil: Prometheus is off
	silent     bool                        // nobody would get to see anything

	mu          sync.Mutex        // guards registering
	names       map[string]string // in Prometheus, to ours
	instruments sync.Map          // by name, of *instrument
	callbacks   []metric.Registration
	stops       []func() // what to end besides

	closed   atomic.Bool
	stopOnce sync.Once
	stopErr  error
}

// New makes a registry. It starts no goroutine, opens no port and writes nothing. Shut it
// down to have its readers deliver what they hold.
func New(o Options) (*Registry, error) {
	env := core.NewEnvironment(core.WithLogger(o.Logger), core.WithEnviron(o.Lookup))
	o.MaxSeries = cmp.Or(o.MaxSeries, defaultMaxSeries)
	if o.MaxSeries < 0 {
		return nil, errors.New("metrics: MaxSeries must not be negative")
	}
	if o.MeterProvider != nil && len(o.Readers) > 0 {
		return nil, errors.New("metrics: a MeterProvider has its own readers: give either it or Readers")
	}
	o.DisablePrometheus = !PrometheusEnabled(o.App.Name, !o.DisablePrometheus, env.Lookup)
	r := &Registry{opts: o, logger: env.Logger, names: map[string]string{otlptranslator.TargetInfoMetricName: "the description of the program"}}
	if err := r.connect(); err != nil {
		return nil, err
	}
	for _, d := range o.Definitions {
		if err := r.Register(d); err != nil {
			return nil, errors.Join(err, r.Shutdown(context.Background()))
		}
	}
	for _, d := range Base() {
		_ = r.Register(d) // the options may define its name otherwise
	}
	return r, nil
}

// Register declares a metric. To declare it again is no error if nothing differs. After an
// error the registry is what it was.
func (r *Registry) Register(d Definition) error {
	if err := d.check(); err != nil {
		return err
	}
	if d.MaxSeries > r.opts.MaxSeries {
		return &Error{
			Kind: ErrInvalidDefinition, Metric: d.Name,
			text: fmt.Sprintf("Metric '%s' asks for %d series: raise Options.MaxSeries, which is %d", d.Name, d.MaxSeries, r.opts.MaxSeries),
		}
	}
	exposed, err := exposedNames(&d)
	if err != nil {
		return &Error{Kind: ErrInvalidDefinition, Metric: d.Name, text: fmt.Sprintf("Metric '%s' has no name in Prometheus: %v", d.Name, err)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.instrument(d.Name); m != nil {
		if m.def.equal(&d) {
			return nil
		}
		return &Error{Kind: ErrConflict, Metric: d.Name, text: fmt.Sprintf("Metric '%s' is already registered with another definition", d.Name)}
	}
	for _, name := range exposed {
		if other, taken := r.names[name]; taken {
			return &Error{Kind: ErrConflict, Metric: d.Name, text: fmt.Sprintf("Metric '%s' would be %s in Prometheus, which '%s' is already", d.Name, name, other)}
		}
	}
	for _, name := range exposed {
		r.names[name] = d.Name
	}
	r.instruments.Store(d.Name, newInstrument(r, d.clone()))
	return nil
}

// exposedNames returns the names that a metric takes up in Prometheus.
func exposedNames(d *Definition) ([]string, error) {
	namer := otlptranslator.NewMetricNamer("", otlptranslator.UnderscoreEscapingWithSuffixes)
	name, err := namer.Build(otlptranslator.Metric{Name: d.Name, Unit: d.Unit, Type: map[Type]otlptranslator.MetricType{
		TypeCounter: otlptranslator.MetricTypeMonotonicCounter, TypeUpDownCounter: otlptranslator.MetricTypeNonMonotonicCounter,
		TypeHistogram: otlptranslator.MetricTypeHistogram, TypeObservableGauge: otlptranslator.MetricTypeGauge,
	}[d.Type]})
	if d.Type == TypeHistogram {
		return []string{name, name + "_bucket", name + "_sum", name + "_count"}, err
	}
	return []string{name}, err
}

// Definition returns what a metric was registered with.
func (r *Registry) Definition(name string) (Definition, bool) {
	m := r.instrument(name)
	if m == nil {
		return Definition{}, false
	}
	return m.def.clone(), true
}

// Names returns the names of all metrics, in no order.
func (r *Registry) Names() (names []string) {
	r.instruments.Range(func(name, _ any) bool {
		names = append(names, name.(string))
		return true
	})
	return names
}

func (r *Registry) instrument(name string) *instrument {
	if m, ok := r.instruments.Load(name); ok {
		return m.(*instrument)
	}
	return nil
}

// MeterProvider returns the provider that the metrics are recorded with, for instruments that
// the registry has no type for, and for other libraries whose metrics are to be beside.
func (r *Registry) MeterProvider() metric.MeterProvider { return r.provider }

// onCollect has observe called whenever the metrics are collected, until Shutdown.
func (r *Registry) onCollect(gauge metric.Float64Observable, observe func(context.Context, metric.Observer)) error {
	registration, err := r.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		observe(ctx, o)
		return nil
	}, gauge)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed.Load() {
		return registration.Unregister()
	}
	r.callbacks = append(r.callbacks, registration)
	return nil
}

// Shutdown ends the registry: readers deliver what they hold, and what is recorded
// afterwards is refused with [ErrShutdown]. A provider that was given keeps running; a new
// registry may use it. Further calls return what the first did.
func (r *Registry) Shutdown(ctx context.Context) error {
	r.stopOnce.Do(func() {
		if r.stop != nil { // first, so that the readers' last look finds the gauges
			r.stopErr = r.stop(ctx)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.closed.Store(true)
		for _, registration := range r.callbacks {
			r.stopErr = errors.Join(r.stopErr, registration.Unregister())
		}
		for _, stop := range r.stops {
			stop()
		}
		r.callbacks, r.stops = nil, nil
	})
	return r.stopErr
}
