package metrics

import (
	"cmp"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

const (
	// scope is the name of the meter of a program without a name.
	scope = "github.com/headgate-dev/headgate/metrics"
	// sdkMaxSeries is the bound of the SDK, for metrics that are not the registry's:
	// https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits.
	sdkMaxSeries = 2000
)

// connect decides where the metrics go.
func (r *Registry) connect() (err error) {
	defer func() {
		if p := recover(); p != nil { // of a provider or reader that was given
			err = fmt.Errorf("metrics: the meter provider panicked with a %T", p)
		}
	}()
	o := &r.opts
	switch {
	case o.MeterProvider != nil:
		r.provider = o.MeterProvider
	case o.DisablePrometheus && len(o.Readers) == 0:
		r.provider, r.silent = noop.NewMeterProvider(), true
	default:
		if err := r.own(); err != nil {
			return err
		}
	}
	r.meter = r.provider.Meter(cmp.Or(o.App.Name, scope))
	return nil
}

// own makes a provider of the registry's own.
func (r *Registry) own() error {
	o := &r.opts
	source, err := r.source()
	if err != nil {
		return fmt.Errorf("metrics: the resource attributes do not go together: %w", err)
	}
	// Our own bound comes first, and needs room for the overflow.
	options := []sdk.Option{sdk.WithResource(source), sdk.WithCardinalityLimit(max(sdkMaxSeries, o.MaxSeries+2))}
	if !o.DisablePrometheus {
		if r.exposition, err = newExposition(o, r.logger); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
		options = append(options, sdk.WithReader(r.exposition.reader))
	}
	for _, reader := range o.Readers {
		options = append(options, sdk.WithReader(reader))
	}
	provider := sdk.NewMeterProvider(options...)
	r.provider, r.stop = provider, provider.Shutdown
	return nil
}

// source describes the program: what the SDK finds out, what the options say, what the
// environment says, the later the stronger.
func (r *Registry) source() (*resource.Resource, error) {
	var attributes []attribute.KeyValue
	if app := r.opts.App; app.Name != "" {
		attributes = append(attributes, attribute.String("service.name", app.Name))
	}
	if version := r.opts.App.Version; version != "" {
		attributes = append(attributes, attribute.String("service.version", version))
	}
	own, err := resource.Merge(resource.Default(), resource.NewSchemaless(attributes...))
	if err != nil {
		return nil, err
	}
	return resource.Merge(own, resource.Environment())
}
