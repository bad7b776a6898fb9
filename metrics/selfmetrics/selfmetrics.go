// Package selfmetrics has the daemon serve its books, and what else is known of its
// process, to Prometheus. It is an option of [cli.Main], apart from it, for OpenTelemetry and
// Prometheus weigh more than 3 MB in a program.
package selfmetrics

import (
	"github.com/headgate-dev/headgate/cli"
	"github.com/headgate-dev/headgate/metrics"
	"github.com/headgate-dev/headgate/server"
)

// Serve is the option.
func Serve() cli.Option { return cli.WithMetrics(open) }

func open(env cli.MetricsEnv) (cli.Metrics, error) {
	r, err := metrics.New(metrics.Options{
		App: env.App, DisablePrometheus: !env.Enabled, Runtime: true, Logger: env.Logger, Lookup: env.Lookup,
	})
	if err != nil || !r.Serving() {
		return cli.Metrics{}, err
	}
	if err := r.ReportBooks(env.Stats, metrics.Build{Version: env.Version, Commit: env.Commit}); err != nil {
		return cli.Metrics{}, err
	}
	if err := r.ReportAttempts(env.Attempts); err != nil {
		return cli.Metrics{}, err
	}
	return cli.Metrics{Handler: r.Handler(), Middleware: r.Middleware(metrics.HTTPOptions{Route: server.Route}), Close: r.Shutdown}, nil
}
