package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/metric"
)

// instrument is a registered metric. What OpenTelemetry needs for it is made when it is first
// recorded, so that a metric nobody records costs nothing and is not exposed.
type instrument struct {
	registry  *Registry
	def       Definition
	mandatory []string // sorted

	series seriesSet   // of counters and histograms
	values gaugeValues // of gauges

	once    sync.Once
	err     error // of making it
	add     func(context.Context, float64, ...metric.AddOption)
	observe func(context.Context, float64, ...metric.RecordOption)
}

func newInstrument(r *Registry, d Definition) *instrument {
	m := &instrument{registry: r, def: d}
	for name, mandatory := range d.Labels {
		if mandatory {
			m.mandatory = append(m.mandatory, name)
		}
	}
	slices.Sort(m.mandatory)
	most := r.opts.MaxSeries
	if d.MaxSeries > 0 {
		most = d.MaxSeries
	}
	m.series.max, m.series.full = most, m.full
	m.values.max, m.values.full, m.values.expiry = most, m.full, d.Expiry
	return m
}

// full tells the operator, once for a metric.
func (m *instrument) full() {
	fate := "further ones are counted together"
	if m.def.Type == TypeObservableGauge {
		fate = "those set longest ago are forgotten"
	}
	m.registry.logger.Warn("a metric has as many sets of labels as it may have; "+fate, "metric", m.def.Name, "max_series", m.values.max)
}

// record checks and records a value, in the order of the original: labels, type, then value.
func (m *instrument) record(ctx context.Context, want Type, value float64, l Labels) error {
	if err := m.check(l); err != nil {
		return err
	}
	if m.def.Type != want {
		return wrongType(m.def.Name, want)
	}
	if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 && (want == TypeCounter || want == TypeHistogram) {
		return badValue(&m.def, value)
	}
	switch r := m.registry; {
	case r.closed.Load():
		return ErrShutdown
	case r.silent:
		return nil
	}
	if m.once.Do(m.make); m.err != nil {
		return m.err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	return m.hand(ctx, value, l)
}

// hand gives a value to OpenTelemetry.
func (m *instrument) hand(ctx context.Context, value float64, l Labels) (err error) {
	defer func() {
		if p := recover(); p != nil { // of a meter provider that was given
			err = fmt.Errorf("metrics: the meter provider panicked with a %T when it was to record '%s'", p, m.def.Name)
		}
	}()
	switch m.def.Type {
	case TypeObservableGauge:
		m.values.update(l, value)
	case TypeHistogram:
		m.observe(ctx, value, m.series.of(l).record...)
	default:
		m.add(ctx, value, m.series.of(l).add...)
	}
	return nil
}

// make has OpenTelemetry make the instrument.
func (m *instrument) make() {
	defer func() {
		if p := recover(); p != nil { // of a meter provider that was given
			m.err = fmt.Errorf("metrics: the meter provider panicked with a %T when it was to make '%s'", p, m.def.Name)
		}
	}()
	d, meter := &m.def, m.registry.meter
	description, unit := metric.WithDescription(d.Description), metric.WithUnit(d.Unit)
	var err error
	switch d.Type {
	case TypeCounter:
		var counter metric.Float64Counter
		counter, err = meter.Float64Counter(d.Name, description, unit)
		m.add = counter.Add
	case TypeUpDownCounter:
		var counter metric.Float64UpDownCounter
		counter, err = meter.Float64UpDownCounter(d.Name, description, unit)
		m.add = counter.Add
	case TypeHistogram:
		options := []metric.Float64HistogramOption{description, unit}
		if bounds := d.buckets(); bounds != nil {
			options = append(options, metric.WithExplicitBucketBoundaries(bounds...))
		}
		var histogram metric.Float64Histogram
		histogram, err = meter.Float64Histogram(d.Name, options...)
		m.observe = histogram.Record
	case TypeObservableGauge:
		var gauge metric.Float64ObservableGauge
		if gauge, err = meter.Float64ObservableGauge(d.Name, description, unit); err == nil {
			err = m.registry.onCollect(gauge, func(ctx context.Context, o metric.Observer) { m.values.observe(ctx, o, gauge) })
		}
	}
	if err != nil {
		m.err = fmt.Errorf("metrics: '%s' could not be made: %w", d.Name, err)
	}
}
