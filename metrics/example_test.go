package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics"
)

// show prints what a scrape has of some metrics.
func show(r *metrics.Registry, names ...string) {
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		for _, name := range names {
			if strings.HasPrefix(line, name) {
				fmt.Print(line)
			}
		}
	}
}

// A metric is declared once, with its labels, and recorded by name or through a handle.
func Example() {
	r, err := metrics.New(metrics.Options{
		App: core.App{Name: "acme", Version: "2.4.0"},
		Definitions: []metrics.Definition{{
			Name: "api_calls", Description: "Calls of the API.", Type: metrics.TypeCounter,
			Labels: map[string]bool{"flow_id": true, "region": false}, // flow_id is mandatory
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer r.Shutdown(ctx)

	calls, err := r.Counter("api_calls")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = calls.Add(ctx, 2, metrics.Labels{"flow_id": "f1", "region": "eu"})
	_ = r.IncrementCounter(ctx, "api_calls", metrics.Labels{"flow_id": "f2"})
	_ = r.UpdateGauge(ctx, "file_uploads", 1024, metrics.Labels{"flow_id": "f1"}) // every registry has it

	err = r.IncrementCounter(ctx, "api_calls", metrics.Labels{"region": "eu"})
	fmt.Println(err, errors.Is(err, metrics.ErrMissingLabels))
	show(r, "api_calls", "file_uploads")
	// Output:
	// Missing required labels: {'flow_id'} true
	// api_calls_total{flow_id="f2"} 1
	// api_calls_total{flow_id="f1",region="eu"} 2
	// file_uploads_bytes{flow_id="f1"} 1024
}

// The middleware goes outside of the router, whose patterns it takes as routes.
func ExampleRegistry_Middleware() {
	r, err := metrics.New(metrics.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Shutdown(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /flows/{id}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "a flow") })
	mux.Handle("GET /metrics", r.Handler())
	handler := r.Middleware(metrics.HTTPOptions{})(mux)

	for _, path := range []string{"/flows/1", "/flows/2"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	show(r, "http_server_request_duration_seconds_count")
	// Output:
	// http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",http_route="/flows/{id}",network_protocol_version="1.1",url_scheme="http"} 2
}

// A program that wants one registry from wherever it asks keeps a Shared in a variable.
func ExampleShared() {
	var program metrics.Shared
	registry := func() *metrics.Registry {
		r, err := program.Open(metrics.Options{App: core.App{Name: "acme"}})
		if err != nil {
			panic(err)
		}
		return r
	}
	defer func() { _ = registry().Shutdown(context.Background()) }()

	_ = registry().IncrementCounter(context.Background(), "num_files_uploaded", metrics.Labels{"flow_id": "f1"})
	_ = registry().IncrementCounter(context.Background(), "num_files_uploaded", metrics.Labels{"flow_id": "f1"})
	show(registry(), "num_files_uploaded")
	// Output:
	// num_files_uploaded_total{flow_id="f1"} 2
}
