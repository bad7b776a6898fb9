// Package otlp sends the metrics of a [metrics.Registry] to an OpenTelemetry collector, every
// so often, by OTLP/HTTP. It is a package of its own, for it weighs several megabytes.
//
//	reader, err := otlp.NewReader(otlp.Options{App: app, Endpoint: "https://collector.example.com:4318"})
//	…
//	registry, err := metrics.New(metrics.Options{App: app, Readers: []sdk.Reader{reader}})
//
// Under do-not-track nothing is sent: the reader is one that nobody asks, without a
// goroutine and without a connection. A collector that is down costs a line in the log and
// nothing else; what it missed, it gets with the next export, for sums are cumulative.
package otlp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/transport"
)

// Options say where metrics go. Endpoint must be given.
type Options struct {
	// App names the program whose do-not-track decides, too: <APP>_DO_NOT_TRACK.
	App core.App
	// Endpoint is the URL of the collector, to which /v1/metrics is appended. Plain http is for
	// this machine only, unless AllowInsecure.
	Endpoint      string
	AllowInsecure bool
	// Headers are sent along, such as Authorization.
	Headers map[string]core.Secret
	// Interval is the time between exports; 60 s if zero.
	Interval time.Duration
	// Timeout bounds an export; 10 s if zero.
	Timeout time.Duration

	// DoNotTrack turns the export off, as the environment and the choice of the person at the
	// keyboard do.
	DoNotTrack bool
	// Off, if not nil, is asked before each export, which does not happen if it returns true:
	// for programs in which tracking is turned off as they run.
	Off func() bool

	// Logger gets a line when exports begin to fail, and when they succeed again.
	Logger *slog.Logger
	// Lookup reads an environment variable; [os.LookupEnv] if nil.
	Lookup func(key string) (string, bool)
	// StateDir is where the choice of the person at the keyboard is stored; the user's
	// config directory if empty.
	StateDir string
}

const (
	defaultInterval = 60 * time.Second
	defaultTimeout  = 10 * time.Second
)

// NewReader returns a reader for [metrics.Options], which shuts it down. It does no I/O. The
// variables OTEL_EXPORTER_OTLP_* of the environment change nothing.
func NewReader(o Options) (sdk.Reader, error) {
	if o.Lookup == nil {
		o.Lookup = os.LookupEnv
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	target, err := o.target()
	if err != nil {
		return nil, err
	}
	gate := consent.Resolve(consent.Settings{
		AppName: o.App.Name, DoNotTrack: o.DoNotTrack, Lookup: o.Lookup, StateDir: o.StateDir,
	})
	if gate.Off() {
		return sdk.NewManualReader(), nil
	}
	headers := make(map[string]string, len(o.Headers))
	secrets := make([]core.Secret, 0, len(o.Headers))
	for name, value := range o.Headers {
		if err := transport.CheckHeader(name, value.Reveal()); err != nil {
			return nil, fmt.Errorf("otlp: headers: %w", err)
		}
		headers[name] = value.Reveal()
		secrets = append(secrets, value)
	}
	client := newClient(cmp.Or(o.Timeout, defaultTimeout))
	inner, err := otlpmetrichttp.New(context.Background(), // it connects with the first export
		otlpmetrichttp.WithEndpointURL(target), otlpmetrichttp.WithHeaders(headers), otlpmetrichttp.WithHTTPClient(client),
		otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: false})) // the next export has it all
	if err != nil {
		return nil, fmt.Errorf("otlp: %w", transport.Redact(err, secrets...))
	}
	export := &exporter{Exporter: inner, client: client, off: o.Off, logger: o.Logger, secrets: secrets}
	return sdk.NewPeriodicReader(export, sdk.WithInterval(cmp.Or(o.Interval, defaultInterval)), sdk.WithTimeout(cmp.Or(o.Timeout, defaultTimeout))), nil
}

// target returns the URL to post to.
func (o *Options) target() (string, error) {
	if o.Endpoint == "" {
		return "", errors.New("otlp: the endpoint of the collector is not given")
	}
	target := strings.TrimSuffix(o.Endpoint, "/") + "/v1/metrics"
	if err := transport.CheckURL(target, o.AllowInsecure); err != nil {
		return "", fmt.Errorf("otlp: endpoint: %w", err)
	}
	if u, err := url.Parse(target); err == nil && u.User != nil {
		return "", errors.New("otlp: endpoint: put credentials into a header, not into the URL")
	}
	return target, nil
}

// newClient returns a client of its own, which follows no redirect: it would hand the metrics
// and the headers to another host.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 2, IdleConnTimeout: 2 * time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       timeout,
	}
}

// exporter keeps what fails from the SDK, which would hand it to a handler that is one for the
// whole process and prints.
type exporter struct {
	sdk.Exporter
	client  *http.Client
	off     func() bool
	logger  *slog.Logger
	secrets []core.Secret
	failing atomic.Bool
}

// Export implements [sdk.Exporter]. It returns no error.
func (e *exporter) Export(ctx context.Context, metrics *metricdata.ResourceMetrics) error {
	if e.off != nil && e.off() {
		return nil
	}
	err := e.Exporter.Export(ctx, metrics)
	switch {
	case err == nil && e.failing.CompareAndSwap(true, false):
		e.logger.Info("metrics are exported again")
	case err != nil && e.failing.CompareAndSwap(false, true):
		e.logger.Warn("metrics cannot be exported", "error", transport.Redact(err, e.secrets...))
	}
	return nil
}

// Shutdown implements [sdk.Exporter].
func (e *exporter) Shutdown(ctx context.Context) error {
	err := e.Exporter.Shutdown(ctx)
	e.client.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("otlp: %w", transport.Redact(err, e.secrets...))
	}
	return nil
}
