package cli

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/headgate-dev/headgate/core"
)

// Option adds to [Main] what not every program needs to link.
type Option func(*app)

// MetricsEnv is what the metrics of the daemon are made of.
type MetricsEnv struct {
	App     core.App
	Enabled bool // admin.prometheus
	Stats   func() core.Stats
	// Attempts is [core.Dispatcher.ObserveAttempts].
	Attempts func(func(core.Attempt)) (stop func())
	Logger   *slog.Logger
	Lookup   func(key string) (string, bool)

	Version, Commit string
}

// Metrics are what /metrics of the admin listener serves.
type Metrics struct {
	Handler http.Handler // nil: nothing is served
	// Middleware measures the requests to the front door. Those are not measured if it is nil.
	Middleware func(http.Handler) http.Handler
	Close      func(context.Context) error
}

// WithMetrics has the daemon serve metrics. The function metrics/selfmetrics.Serve returns this
// option.
func WithMetrics(open func(MetricsEnv) (Metrics, error)) Option {
	return func(a *app) { a.metrics = open }
}
