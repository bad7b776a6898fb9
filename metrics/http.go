package metrics

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// HTTPOptions say how requests are measured. The zero HTTPOptions work.
type HTTPOptions struct {
	// Route returns the route of a request that has been answered, such as "/flows/{id}", or "" if
	// it had none. It must return few different ones: not the path. By default it is the
	// pattern of [http.ServeMux].
	Route func(*http.Request) string
}

// Middleware measures the requests that a handler answers, by the stable semantic conventions
// of https://opentelemetry.io/docs/specs/semconv/http/http-metrics/:
//
//	http.server.request.duration    s
//	http.server.active_requests     {request}
//	http.server.request.body.size   By, as far as the handler read it
//	http.server.response.body.size  By
//
// Their labels are bounded whatever clients send: the method is one of the known ones or
// _OTHER, the route is a pattern, and nothing is taken from the Host header. Put it
// outside of the router, with nothing between that replaces the *http.Request.
func (r *Registry) Middleware(o HTTPOptions) func(http.Handler) http.Handler {
	if r.silent {
		return func(next http.Handler) http.Handler { return next }
	}
	if o.Route == nil {
		o.Route = patternOf
	}
	m := &httpMetrics{route: o.Route}
	m.make(r)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { m.serve(next, w, req) })
	}
}

// patternOf returns the path of the pattern that http.ServeMux chose: it sets it in the request
// that it was given.
func patternOf(req *http.Request) string {
	if i := strings.IndexByte(req.Pattern, '/'); i >= 0 {
		return req.Pattern[i:]
	}
	return ""
}

type httpMetrics struct {
	route              func(*http.Request) string
	duration           metric.Float64Histogram
	active             metric.Int64UpDownCounter
	received, answered metric.Int64Histogram
}

// make has OpenTelemetry make the instruments; one that it cannot make measures nothing.
func (m *httpMetrics) make(r *Registry) {
	silent := noop.Meter{}
	m.duration, _ = silent.Float64Histogram("")
	m.active, _ = silent.Int64UpDownCounter("")
	m.received, _ = silent.Int64Histogram("")
	m.answered = m.received
	complain := func(err error) { r.logger.Warn("requests are not measured", "error", err) }
	defer func() {
		if p := recover(); p != nil { // of a meter provider that was given
			complain(fmt.Errorf("the meter provider panicked with a %T", p))
		}
	}()
	bytes := metric.WithExplicitBucketBoundaries(byteBuckets...)
	if h, err := r.meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of HTTP server requests."), metric.WithExplicitBucketBoundaries(secondBuckets...)); err == nil {
		m.duration = h
	} else {
		complain(err)
	}
	if c, err := r.meter.Int64UpDownCounter("http.server.active_requests", metric.WithUnit("{request}"),
		metric.WithDescription("Number of active HTTP server requests.")); err == nil {
		m.active = c
	} else {
		complain(err)
	}
	if h, err := r.meter.Int64Histogram("http.server.request.body.size", metric.WithUnit("By"),
		metric.WithDescription("Size of HTTP server request bodies."), bytes); err == nil {
		m.received = h
	} else {
		complain(err)
	}
	if h, err := r.meter.Int64Histogram("http.server.response.body.size", metric.WithUnit("By"),
		metric.WithDescription("Size of HTTP server response bodies."), bytes); err == nil {
		m.answered = h
	} else {
		complain(err)
	}
}

func (m *httpMetrics) serve(next http.Handler, w http.ResponseWriter, req *http.Request) {
	x := &exchange{
		httpMetrics: m, req: req, started: time.Now(), answer: &answer{}, body: &countingBody{ReadCloser: req.Body},
		basic: []attribute.KeyValue{attribute.String("http.request.method", method(req)), attribute.String("url.scheme", scheme(req))},
	}
	x.begun(1)
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = x.body
	}
	returned := false
	defer func() { // also when the handler panics, which is left to whoever recovers
		x.begun(-1)
		x.ended(returned)
	}()
	next.ServeHTTP(x.answer.wrap(w), req)
	returned = true
}

// exchange is a request that is being answered.
type exchange struct {
	*httpMetrics
	req     *http.Request
	started time.Time
	basic   []attribute.KeyValue // known from the start
	answer  *answer
	body    *countingBody
}

// begun counts the request as one more, or one less, that is under way.
func (x *exchange) begun(n int64) {
	defer func() { _ = recover() }() // of a meter provider that was given
	x.active.Add(x.req.Context(), n, metric.WithAttributeSet(attribute.NewSet(slices.Clone(x.basic)...)))
}

// ended measures the request.
func (x *exchange) ended(returned bool) {
	defer func() { _ = recover() }() // of a meter provider that was given
	took, ctx := time.Since(x.started), x.req.Context()
	attributes := append(x.basic, x.answer.attributes(returned)...)
	attributes = append(attributes, attribute.String("network.protocol.version", protocol(x.req)))
	if route := x.routeOf(x.req); route != "" {
		attributes = append(attributes, attribute.String("http.route", route))
	}
	set := metric.WithAttributeSet(attribute.NewSet(attributes...))
	x.duration.Record(ctx, took.Seconds(), set)
	x.received.Record(ctx, x.body.n.Load(), set)
	x.answered.Record(ctx, x.answer.n, set)
}

// routeOf calls the function of the options, whose panic would be one in every request.
func (m *httpMetrics) routeOf(req *http.Request) (route string) {
	defer func() { _ = recover() }()
	return cleanValue(m.route(req))
}

// method is one of those that HTTP defines, so that clients cannot invent labels.
func method(req *http.Request) string {
	switch req.Method {
	case "": // of a request that was not received
		return http.MethodGet
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return req.Method
	}
	return "_OTHER"
}

func scheme(req *http.Request) string {
	if req.TLS != nil {
		return "https"
	}
	return "http"
}

func protocol(req *http.Request) string {
	if req.ProtoMajor >= 2 {
		return strconv.Itoa(req.ProtoMajor)
	}
	return strconv.Itoa(req.ProtoMajor) + "." + strconv.Itoa(req.ProtoMinor)
}
