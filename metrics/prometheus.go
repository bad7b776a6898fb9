package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/otlptranslator"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// exposition is what serves a scrape: a reader of the metrics, and a Prometheus registry of its
// own.
type exposition struct {
	reader  sdk.Reader
	handler http.Handler
}

// maxScrapes bounds the scrapes that are answered at once; a Prometheus makes one at a time.
const maxScrapes = 8

func newExposition(o *Options, logger *slog.Logger) (*exposition, error) {
	registry := prometheus.NewRegistry()
	options := []exporter.Option{
		exporter.WithRegisterer(registry),
		exporter.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes),
	}
	if !o.ScopeLabels {
		options = append(options, exporter.WithoutScopeInfo())
	}
	reader, err := exporter.New(options...)
	if err != nil {
		return nil, fmt.Errorf("the Prometheus exporter could not be made: %w", err)
	}
	if o.Runtime {
		registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	return &exposition{reader: reader, handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            scrapeErrors{logger},
		ErrorHandling:       promhttp.ContinueOnError, // one bad series must not hide the others
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: maxScrapes,
	})}, nil
}

// scrapeErrors logs in one line what a scrape had to leave out.
type scrapeErrors struct{ *slog.Logger }

func (l scrapeErrors) Println(v ...any) {
	l.Warn("a scrape is incomplete", "error", strings.Join(strings.Fields(fmt.Sprint(v...)), " "))
}

// Handler answers a scrape, in the Prometheus text format or in OpenMetrics, as the client
// asks. It answers 404 if there is nothing to serve: Prometheus is off, or the metrics go to a
// provider that was given; and 503 after Shutdown.
func (r *Registry) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case r.exposition == nil:
			http.Error(w, "metrics are not served here", http.StatusNotFound)
		case r.closed.Load():
			http.Error(w, "metrics are shut down", http.StatusServiceUnavailable)
		case req.Method != http.MethodGet && req.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "metrics can only be read", http.StatusMethodNotAllowed)
		default:
			r.exposition.handler.ServeHTTP(w, req)
		}
	})
}

// Serving reports whether Handler has metrics to show.
func (r *Registry) Serving() bool { return r.exposition != nil && !r.closed.Load() }
