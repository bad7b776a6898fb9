// Command otellogs reports the reference event as a log record of OpenTelemetry's SDK for Go, by OTLP.
package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/headgate-dev/headgate/bench/internal/reference"
	"github.com/headgate-dev/headgate/bench/internal/sdk"
)

func main() {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	sdk.Main(open)
}

// open has batches of the size of the others, and a queue that holds the window; the variant default is the SDK
// as it comes. One record goes to every sink by a processor each.
func open(s sdk.Setup) (sdk.Client, error) {
	var options []sdklog.LoggerProviderOption
	for _, url := range s.Sinks {
		exporter, err := otlploghttp.New(context.Background(), otlploghttp.WithEndpointURL(url+"/v1/logs"))
		if err != nil {
			return nil, err
		}
		var batching []sdklog.BatchProcessorOption
		if s.Variant != "default" {
			batching = append(batching, sdklog.WithExportMaxBatchSize(s.Batch), sdklog.WithMaxQueueSize(20_000),
				sdklog.WithExportInterval(200*time.Millisecond))
		}
		options = append(options, sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter, batching...)))
	}
	p := sdklog.NewLoggerProvider(options...)
	return &client{p, p.Logger("compare")}, nil
}

type client struct {
	provider *sdklog.LoggerProvider
	logger   log.Logger
}

// Track cannot tell whether the record was taken.
func (c *client) Track(mark string) error {
	var r log.Record
	r.SetEventName(reference.Name)
	r.SetTimestamp(time.Now())
	r.AddAttributes(attribute.String("user_id", reference.UserID),
		attribute.String(reference.MarkKey, mark), attribute.Float64("seconds", reference.Seconds), attribute.Bool("success", reference.Success),
		attribute.Int("tokens", reference.Tokens), attribute.String("model", reference.Model), attribute.String("component", reference.Component),
		attribute.String("note", reference.Note), attribute.String("flow", reference.Flow))
	c.logger.Emit(context.Background(), r)
	return nil
}

func (c *client) Close(ctx context.Context) error { return c.provider.Shutdown(ctx) }
