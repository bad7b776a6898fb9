package metrics

import "context"

// IncrementCounter adds one to a counter.
func (r *Registry) IncrementCounter(ctx context.Context, name string, labels Labels) error {
	return r.record(ctx, TypeCounter, name, 1, labels)
}

// AddToCounter adds a value that is not negative to a counter.
func (r *Registry) AddToCounter(ctx context.Context, name string, value float64, labels Labels) error {
	return r.record(ctx, TypeCounter, name, value, labels)
}

// AddToUpDownCounter adds a value, which may be negative, to an up-down counter.
func (r *Registry) AddToUpDownCounter(ctx context.Context, name string, value float64, labels Labels) error {
	return r.record(ctx, TypeUpDownCounter, name, value, labels)
}

// UpdateGauge sets the value of a gauge for a set of labels.
func (r *Registry) UpdateGauge(ctx context.Context, name string, value float64, labels Labels) error {
	return r.record(ctx, TypeObservableGauge, name, value, labels)
}

// ObserveHistogram records a value that is not negative in a histogram.
func (r *Registry) ObserveHistogram(ctx context.Context, name string, value float64, labels Labels) error {
	return r.record(ctx, TypeHistogram, name, value, labels)
}

func (r *Registry) record(ctx context.Context, want Type, name string, value float64, labels Labels) error {
	m := r.instrument(name)
	if m == nil {
		return notRegistered(name)
	}
	return m.record(ctx, want, value, labels)
}

// Counter is a handle of a counter: the name and the type have been checked.
type Counter struct{ m *instrument }

// Counter returns the handle of a counter.
func (r *Registry) Counter(name string) (Counter, error) {
	m, err := r.handle(name, TypeCounter)
	return Counter{m}, err
}

// Add adds a value that is not negative.
func (c Counter) Add(ctx context.Context, value float64, labels Labels) error {
	return c.m.recordHandle(ctx, TypeCounter, value, labels)
}

// UpDownCounter is a handle of an up-down counter.
type UpDownCounter struct{ m *instrument }

// UpDownCounter returns the handle of an up-down counter.
func (r *Registry) UpDownCounter(name string) (UpDownCounter, error) {
	m, err := r.handle(name, TypeUpDownCounter)
	return UpDownCounter{m}, err
}

// Add adds a value, which may be negative.
func (c UpDownCounter) Add(ctx context.Context, value float64, labels Labels) error {
	return c.m.recordHandle(ctx, TypeUpDownCounter, value, labels)
}

// Gauge is a handle of a gauge.
type Gauge struct{ m *instrument }

// Gauge returns the handle of a gauge.
func (r *Registry) Gauge(name string) (Gauge, error) {
	m, err := r.handle(name, TypeObservableGauge)
	return Gauge{m}, err
}

// Set sets the value for a set of labels.
func (g Gauge) Set(ctx context.Context, value float64, labels Labels) error {
	return g.m.recordHandle(ctx, TypeObservableGauge, value, labels)
}

// Histogram is a handle of a histogram.
type Histogram struct{ m *instrument }

// Histogram returns the handle of a histogram.
func (r *Registry) Histogram(name string) (Histogram, error) {
	m, err := r.handle(name, TypeHistogram)
	return Histogram{m}, err
}

// Observe records a value that is not negative.
func (h Histogram) Observe(ctx context.Context, value float64, labels Labels) error {
	return h.m.recordHandle(ctx, TypeHistogram, value, labels)
}

func (r *Registry) handle(name string, want Type) (*instrument, error) {
	switch m := r.instrument(name); {
	case m == nil:
		return nil, notRegistered(name)
	case m.def.Type != want:
		return nil, wrongType(name, want)
	default:
		return m, nil
	}
}

// recordHandle also takes the zero handle, which a program has that ignored an error.
func (m *instrument) recordHandle(ctx context.Context, want Type, value float64, labels Labels) error {
	if m == nil {
		return notRegistered("")
	}
	return m.record(ctx, want, value, labels)
}
