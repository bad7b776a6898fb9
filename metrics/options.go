package metrics

import (
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
)

// Options say what a [Registry] does. The zero Options work: they have the metrics of [Base]
// ready to be recorded, and a Prometheus handler that shows them.
type Options struct {
	// App names the meter and, as service.name and service.version, the source of the
	// metrics. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES in the environment win. In
	// upper case its name prefixes <APP>_PROMETHEUS_ENABLED.
	App core.App
	// Definitions are registered at once.
	Definitions []Definition
	// Strict refuses labels that a metric did not declare. Langflow takes them.
	Strict bool
	// MaxSeries bounds the sets of labels that each metric has; 1000 if zero. What a counter or
	// histogram gets beyond is counted together, under the label otel.metric.overflow; a
	// gauge forgets what was set longest ago.
	MaxSeries int

	// DisablePrometheus leaves out what serves a scrape. PROMETHEUS_ENABLED=false and
	// <APP>_PROMETHEUS_ENABLED=false in the environment do the same.
	DisablePrometheus bool
	// Runtime adds the go_* and process_* metrics of Prometheus to the scrape.
	Runtime bool
	// ScopeLabels adds the otel_scope_* labels to every series of the scrape, which tells
	// metrics of the same name apart that different libraries report.
	ScopeLabels bool
	// Readers take the metrics elsewhere: any reader of OpenTelemetry will do. Shutdown shuts
	// them down.
	Readers []sdk.Reader

	// MeterProvider is used instead of one of the registry's own, and stays the caller's:
	// Shutdown leaves it alone. Where its metrics go was decided when it was made, so that
	// Readers must be empty and the scrape has nothing to serve. Without it, and with neither
	// Prometheus nor a reader, recording does nothing, without an error.
	MeterProvider metric.MeterProvider

	// Logger gets a line when something needs the operator's attention. Nothing is logged
	// without it.
	Logger *slog.Logger
	// Lookup reads an environment variable; [os.LookupEnv] if nil.
	Lookup func(key string) (string, bool)
}

const defaultMaxSeries = 1000

// PrometheusEnabled reports whether metrics are to be served: a setting that says so can be
// overruled by PROMETHEUS_ENABLED or <APP>_PROMETHEUS_ENABLED, which turn it off with a clear
// no (0, f, false, n, no, off, disabled, in any case). They cannot turn it on.
func PrometheusEnabled(app string, setting bool, lookup func(key string) (string, bool)) bool {
	for _, name := range []string{"PROMETHEUS_ENABLED", consent.EnvPrefix(app) + "PROMETHEUS_ENABLED"} {
		if value, ok := lookup(name); ok && strings.TrimSpace(value) != "" && !consent.Enabled(value) {
			return false
		}
	}
	return setting
}
