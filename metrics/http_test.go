package metrics_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/metrics"
)

// measured serves a mux behind the middleware.
func measured(t *testing.T, r *metrics.Registry, o metrics.HTTPOptions, routes map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, handler := range routes {
		mux.HandleFunc(pattern, handler)
	}
	server := httptest.NewServer(&counted{Handler: r.Middleware(o)(mux)})
	t.Cleanup(server.Close)
	return server
}

// counted is a handler whose requests under way can be waited for.
type counted struct {
	http.Handler
	sync.WaitGroup
}

func (c *counted) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c.Add(1)
	defer c.Done()
	c.Handler.ServeHTTP(w, req)
}

func request(t *testing.T, server *httptest.Server, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		return // the handler ended the connection
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

func TestRequestsAreMeasuredByMethodStatusAndRoute(t *testing.T) {
	r := open(t, metrics.Options{})
	server := measured(t, r, metrics.HTTPOptions{}, map[string]http.HandlerFunc{
		"GET /flows/{id}":              func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
		"POST example.com/hosted/{id}": func(http.ResponseWriter, *http.Request) {},
		"POST /flows/": func(w http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body)
			w.WriteHeader(http.StatusEarlyHints)
			http.Error(w, "no room", http.StatusInsufficientStorage)
		},
		"/panic": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	})
	request(t, server, http.MethodGet, "/flows/f1", "")
	request(t, server, http.MethodGet, "/flows/f2?secret=1", "")
	request(t, server, http.MethodPost, "/flows/f3/run", "12345")
	request(t, server, http.MethodGet, "/nothing", "")
	request(t, server, "BREW", "/panic", "")
	text := scrape(t, r)
	lint(t, text)
	for _, want := range []string{
		`_duration_seconds_count{http_request_method="GET",http_response_status_code="200",http_route="/flows/{id}",network_protocol_version="1.1",url_scheme="http"} 2`,
		`_duration_seconds_count{error_type="507",http_request_method="POST",http_response_status_code="507",http_route="/flows/",network_protocol_version="1.1",url_scheme="http"} 1`,
		`_duration_seconds_count{http_request_method="GET",http_response_status_code="404",network_protocol_version="1.1",url_scheme="http"} 1`,
		`_duration_seconds_count{error_type="panic",http_request_method="_OTHER",http_route="/panic",network_protocol_version="1.1",url_scheme="http"} 1`,
		`_response_body_size_bytes_sum{http_request_method="GET",http_response_status_code="200",http_route="/flows/{id}",network_protocol_version="1.1",url_scheme="http"} 10`,
		`_request_body_size_bytes_sum{error_type="507",http_request_method="POST",http_response_status_code="507",http_route="/flows/",network_protocol_version="1.1",url_scheme="http"} 5`,
	} {
		if want = strings.TrimPrefix(want, "_"); !strings.Contains(text, "\nhttp_server_request_"+want) && !strings.Contains(text, "\nhttp_server_"+want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	for _, line := range samples(t, r, "http_server_active_requests{") {
		if !strings.HasSuffix(line, " 0") {
			t.Errorf("a request is still active: %s", line)
		}
	}
	if strings.Contains(text, "secret") {
		t.Error("the query of a request is in a label")
	}
}

func TestWhateverClientsSendTheSeriesAreFew(t *testing.T) {
	r := open(t, metrics.Options{})
	server := measured(t, r, metrics.HTTPOptions{}, map[string]http.HandlerFunc{"GET /flows/{id}": func(http.ResponseWriter, *http.Request) {}})
	for i := range 300 {
		request(t, server, http.MethodGet, fmt.Sprintf("/flows/%d", i), "")
		request(t, server, http.MethodGet, fmt.Sprintf("/wp-admin/%d.php", i), "")
		request(t, server, fmt.Sprintf("M%d", i), "/flows/1", "")
		w := httptest.NewRecorder()
		req := httptest.NewRequest(http.MethodGet, "/flows/1", nil)
		req.Host = fmt.Sprintf("host-%d.example.com", i)
		server.Config.Handler.ServeHTTP(w, req)
	}
	if got := samples(t, r, "http_server_request_duration_seconds_count"); len(got) != 3 {
		t.Errorf("there are %d series: %q", len(got), got)
	}
}

func TestRequestsUnderWayAreCounted(t *testing.T) {
	r := open(t, metrics.Options{})
	arrived, leave := make(chan struct{}), make(chan struct{})
	server := measured(t, r, metrics.HTTPOptions{}, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	}})
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() { request(t, server, http.MethodGet, "/", "") })
		<-arrived
	}
	if got := samples(t, r, "http_server_active_requests{"); len(got) != 1 || !strings.HasSuffix(got[0], " 3") {
		t.Errorf("scraped %q", got)
	}
	close(leave)
	clients.Wait()
}

func TestAnotherRouterMayNameTheRoute(t *testing.T) {
	r := open(t, metrics.Options{})
	server := measured(t, r, metrics.HTTPOptions{Route: func(req *http.Request) string {
		if req.URL.Path == "/panic" {
			panic("of the router")
		}
		return "/of/my/{router}"
	}}, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) {}})
	request(t, server, http.MethodGet, "/anything", "")
	request(t, server, http.MethodGet, "/panic", "")
	got := strings.Join(samples(t, r, "http_server_request_duration_seconds_count"), "\n")
	if !strings.Contains(got, `http_route="/of/my/{router}"`) || strings.Count(got, "\n") != 1 {
		t.Errorf("scraped %s", got)
	}
}

func TestTheMiddlewareKeepsWhatAWriterCanDo(t *testing.T) {
	r := open(t, metrics.Options{})
	server := measured(t, r, metrics.HTTPOptions{}, map[string]http.HandlerFunc{
		"/stream": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Errorf("the deadline cannot be set: %v", err)
			}
			n, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("from a reader"))
			if n != 13 || err != nil {
				t.Errorf("read %d, %v", n, err)
			}
		},
		"/hijack": func(w http.ResponseWriter, _ *http.Request) { // its client can go on before it has returned
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			_ = conn.Close()
		},
	})
	request(t, server, http.MethodGet, "/stream", "")
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /hijack HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString(0); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	server.Config.Handler.(*counted).Wait()
	got := strings.Join(samples(t, r, "http_server_response_body_size_bytes_sum"), "\n")
	for _, want := range []string{
		`{http_request_method="GET",http_response_status_code="200",http_route="/stream",network_protocol_version="1.1",url_scheme="http"} 13`,
		`{http_request_method="GET",http_route="/hijack",network_protocol_version="1.1",url_scheme="http"} 0`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
}

func TestTheProtocolAndTheSchemeAreTold(t *testing.T) {
	r := open(t, metrics.Options{})
	req := httptest.NewRequest(http.MethodGet, "https://example.com/", nil)
	req.Proto, req.ProtoMajor, req.ProtoMinor, req.TLS = "HTTP/2.0", 2, 0, &tls.ConnectionState{}
	r.Middleware(metrics.HTTPOptions{})(teapot).ServeHTTP(httptest.NewRecorder(), req)
	got := samples(t, r, "http_server_request_duration_seconds_count")
	if len(got) != 1 || !strings.Contains(got[0], `network_protocol_version="2",url_scheme="https"`) {
		t.Errorf("scraped %q", got)
	}
}

// With nobody to see what it measures, the middleware is not there.
func TestAnUnusedRegistryLeavesTheHandlerAsItIs(t *testing.T) {
	r := open(t, metrics.Options{DisablePrometheus: true})
	handler := http.NewServeMux()
	if got := r.Middleware(metrics.HTTPOptions{})(handler); got != http.Handler(handler) {
		t.Errorf("the handler is a %T", got)
	}
}
