// Command otelredaction cleans log records with the redaction processor of the OpenTelemetry Collector. It has no
// rules of its own: "" are those of its documentation, "rules" those that a careful operator would write.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

func main() { scrub.Main(open) }

// inBatch is how many records the processor gets at once.
const inBatch = 100

// redaction is the processor, with objects as the bodies of log records: there it looks into maps, in attributes
// it does not.
type redaction struct {
	processor processor.Logs
	batches   []plog.Logs
}

func open(s scrub.Setup) (scrub.Scrubber, error) {
	ctx := context.Background()
	factory := redactionprocessor.NewFactory()
	config := factory.CreateDefaultConfig().(*redactionprocessor.Config)
	config.AllowAllKeys, config.RedactAllTypes, config.Summary = true, true, "silent"
	switch s.Variant {
	case "":
		config.BlockedKeyPatterns, config.BlockedValues = documentedKeys, documentedValues
	case "rules":
		config.BlockedKeyPatterns, config.BlockedValues = carefulKeys, carefulValues
	default:
		return nil, fmt.Errorf("otelredaction has no variant %q", s.Variant)
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	taken, err := consumer.NewLogs(func(context.Context, plog.Logs) error { return nil })
	if err != nil {
		return nil, err
	}
	p, err := factory.CreateLogs(ctx, processor.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger: zap.NewNop(), TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(), Resource: pcommon.NewResource(),
		},
	}, config, taken)
	if err != nil {
		return nil, err
	}
	return &redaction{processor: p}, p.Start(ctx, nil)
}

// Load implements [scrub.Scrubber].
func (r *redaction) Load(objects [][]byte) error {
	r.batches = nil
	var records plog.LogRecordSlice
	for i, object := range objects {
		var fields map[string]any
		if err := json.Unmarshal(object, &fields); err != nil {
			return err
		}
		if i%inBatch == 0 {
			batch := plog.NewLogs()
			records = batch.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
			records.EnsureCapacity(inBatch)
			r.batches = append(r.batches, batch)
		}
		if err := records.AppendEmpty().Body().SetEmptyMap().FromRaw(fields); err != nil {
			return err
		}
	}
	return nil
}

// Scrub implements [scrub.Scrubber].
func (r *redaction) Scrub() error {
	for _, batch := range r.batches {
		if err := r.processor.ConsumeLogs(context.Background(), batch); err != nil {
			return err
		}
	}
	return nil
}

// Append implements [scrub.Scrubber].
func (r *redaction) Append(buf []byte, i int) ([]byte, error) {
	body := r.batches[i/inBatch].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(i % inBatch).Body()
	text, err := json.Marshal(body.Map().AsRaw())
	return append(buf, text...), err
}
