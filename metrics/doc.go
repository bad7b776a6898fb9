// Package metrics is a registry of typed OpenTelemetry instruments, and what it takes to
// have them scraped: a Prometheus handler, a stand-alone listener, an HTTP middleware.
//
// A metric is declared once, with the labels it has, and recorded by name or through a
// handle of its type:
//
//	r, err := metrics.New(metrics.Options{
//		App: core.App{Name: "acme", Version: "2.4.0"},
//		Definitions: []metrics.Definition{{
//			Name: "api_calls", Description: "Calls of the API.", Type: metrics.TypeCounter,
//			Labels: map[string]bool{"flow_id": true}, // true: mandatory
//		}},
//	})
//	r.IncrementCounter(ctx, "api_calls", metrics.Labels{"flow_id": "f1"})
//	http.Handle("/metrics", r.Handler())
//
// A registry is a value: nothing is taken from, or put into, the global meter provider of
// OpenTelemetry or the default registry of Prometheus, so that nobody who registers
// there can see these metrics, or be seen among them. [Shared] is for programs that want one
// registry from wherever they ask.
//
// Metrics are for the operator of the program, and stay with the operator: they do not depend on
// do-not-track, and nothing sends them anywhere unless a reader that does is given. Their
// labels are not sanitised: keep personal data out of them.
package metrics
