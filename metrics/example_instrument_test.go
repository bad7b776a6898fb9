package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/headgate-dev/headgate/metrics"
)

// registered returns a registry with one metric.
func registered(d metrics.Definition) *metrics.Registry {
	r, err := metrics.New(metrics.Options{Definitions: []metrics.Definition{d}})
	if err != nil {
		log.Fatal(err)
	}
	return r
}

// A definition says what is measured, in which unit, and which labels a recording must have.
func ExampleDefinition() {
	r := registered(metrics.Definition{
		Name: "upload_size", Description: "How large uploads are.", Unit: "By",
		Type:      metrics.TypeHistogram,
		Labels:    map[string]bool{"flow_id": true, "region": false}, // flow_id is mandatory
		Buckets:   []float64{1 << 10, 1 << 20},
		MaxSeries: 100, // whatever the labels are, there are no more
	})
	defer r.Shutdown(context.Background())
	_ = r.ObserveHistogram(context.Background(), "upload_size", 2048, metrics.Labels{"flow_id": "f1"})
	show(r, "upload_size_bytes_bucket")
	// Output:
	// upload_size_bytes_bucket{flow_id="f1",le="1024"} 0
	// upload_size_bytes_bucket{flow_id="f1",le="1.048576e+06"} 1
	// upload_size_bytes_bucket{flow_id="f1",le="+Inf"} 1
}

// A handle is looked up once, and then records without looking anything up. A counter only goes up.
func ExampleCounter() {
	r := registered(metrics.Definition{Name: "logins", Type: metrics.TypeCounter, Labels: map[string]bool{"method": true}})
	defer r.Shutdown(context.Background())
	logins, err := r.Counter("logins")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = logins.Add(ctx, 1, metrics.Labels{"method": "password"})
	_ = logins.Add(ctx, 2, metrics.Labels{"method": "token"})
	show(r, "logins")
	// Output:
	// logins_total{method="password"} 1
	// logins_total{method="token"} 2
}

// What comes and goes is counted by differences.
func ExampleUpDownCounter() {
	r := registered(metrics.Definition{Name: "sessions", Type: metrics.TypeUpDownCounter, Labels: map[string]bool{"node": true}})
	defer r.Shutdown(context.Background())
	sessions, err := r.UpDownCounter("sessions")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_ = sessions.Add(ctx, 3, metrics.Labels{"node": "a"})
	_ = sessions.Add(ctx, -1, metrics.Labels{"node": "a"})
	show(r, "sessions")
	// Output: sessions{node="a"} 2
}

// How long things take is told by how many took how long. The bounds suit the unit, unless others are given.
func ExampleHistogram() {
	r := registered(metrics.Definition{Name: "build_duration", Unit: "s", Type: metrics.TypeHistogram, Labels: map[string]bool{"flow_id": true}})
	defer r.Shutdown(context.Background())
	builds, err := r.Histogram("build_duration")
	if err != nil {
		log.Fatal(err)
	}
	for _, took := range []time.Duration{20 * time.Millisecond, 2 * time.Second} {
		_ = builds.Observe(context.Background(), took.Seconds(), metrics.Labels{"flow_id": "f1"})
	}
	show(r, "build_duration_seconds_sum", "build_duration_seconds_count")
	// Output:
	// build_duration_seconds_sum{flow_id="f1"} 2.02
	// build_duration_seconds_count{flow_id="f1"} 2
}

// A gauge is the last value that was set.
func ExampleGauge() {
	r := registered(metrics.Definition{Name: "queue_length", Type: metrics.TypeObservableGauge, Labels: map[string]bool{"queue": true}})
	defer r.Shutdown(context.Background())
	length, err := r.Gauge("queue_length")
	if err != nil {
		log.Fatal(err)
	}
	_ = length.Set(context.Background(), 12, metrics.Labels{"queue": "builds"})
	_ = length.Set(context.Background(), 9, metrics.Labels{"queue": "builds"})
	show(r, "queue_length")
	// Output: queue_length{queue="builds"} 9
}

// A recording that is refused stops nobody. A test looks at what was wrong with it.
func ExampleError() {
	r := registered(metrics.Definition{Name: "logins", Type: metrics.TypeCounter, Labels: map[string]bool{"method": true, "region": true}})
	defer r.Shutdown(context.Background())
	err := r.IncrementCounter(context.Background(), "logins", metrics.Labels{"region": "eu"})
	var refused *metrics.Error
	if errors.As(err, &refused) && errors.Is(err, metrics.ErrMissingLabels) {
		fmt.Println(refused.Metric, "lacks", refused.Labels)
	}
	// Output: logins lacks [method]
}

// A router other than that of net/http is asked for the route, so that paths do not become labels.
func ExampleHTTPOptions() {
	r, err := metrics.New(metrics.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Shutdown(context.Background())
	routed := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler := r.Middleware(metrics.HTTPOptions{
		Route: func(*http.Request) string { return "/users/:id" }, // as the router has it
	})(routed)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/42", nil))
	show(r, "http_server_response_body_size_bytes_count")
	// Output:
	// http_server_response_body_size_bytes_count{http_request_method="GET",http_response_status_code="200",http_route="/users/:id",network_protocol_version="1.1",url_scheme="http"} 1
}
