package metrics_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/metrics"
)

func listen(t *testing.T, r *metrics.Registry) *metrics.Listener {
	t.Helper()
	l, err := r.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(context.Background()) })
	return l
}

func get(t *testing.T, l *metrics.Listener, path, host string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestAListenerServesTheMetricsAndNothingElse(t *testing.T) {
	r := open(t, metrics.Options{})
	recordEverything(t, r)
	l := listen(t, r)
	for path, want := range map[string]int{"/metrics": 200, "/": 404, "/debug/pprof/": 404} {
		if got := get(t, l, path, ""); got != want {
			t.Errorf("%s is answered %d, want %d", path, got, want)
		}
	}
}

// A page may have its own name resolve to 127.0.0.1, and be read by the browser then.
func TestAListenerOnLoopbackAnswersForThisMachineOnly(t *testing.T) {
	l := listen(t, open(t, metrics.Options{}))
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST.:9090": 200, "127.0.0.1": 200, "127.8.8.8:80": 200, "[::1]:9090": 200,
		"evil.example.com": 403, "evil.example.com:9090": 403, "127.0.0.1.evil.example.com": 403, "10.0.0.1": 403,
	} {
		if got := get(t, l, "/metrics", host); got != want {
			t.Errorf("for the host %q the answer is %d, want %d", host, got, want)
		}
	}
}

func TestWhatCannotBeServedIsAnErrorAtTheStart(t *testing.T) {
	r := open(t, metrics.Options{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := r.Listen(t.Context(), taken.Addr().String()); err == nil || !strings.Contains(err.Error(), "metrics: cannot listen") {
		t.Errorf("a port in use: %v", err)
	}
	off := open(t, metrics.Options{DisablePrometheus: true})
	if _, err := off.Listen(t.Context(), "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "nothing to serve") {
		t.Errorf("Prometheus off: %v", err)
	}
}

func TestAListenerThatIsClosedFreesItsPort(t *testing.T) {
	r := open(t, metrics.Options{})
	l := listen(t, r)
	wantNil(t, l.Close(t.Context()))
	again, err := r.Listen(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	wantNil(t, again.Close(t.Context()))
	wantNil(t, again.Close(t.Context()))
}

func TestClosingIsBoundedByItsContext(t *testing.T) {
	r := open(t, metrics.Options{})
	l := listen(t, r)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET /metrics HTTP/1.1\r\nHost:")); err != nil { // and no more
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = l.Close(ctx)
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}

func TestTheHandlerCanBeMountedAnywhere(t *testing.T) {
	r := open(t, metrics.Options{})
	recordEverything(t, r)
	mux := http.NewServeMux()
	mux.Handle("GET /internal/metrics", r.Handler())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/internal/metrics", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "file_uploads_bytes") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
