package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestEveryPathHasItsRouteAndWhatIsNotThereHasNone(t *testing.T) {
	s := newServer(t, Options{})
	for path, want := range map[string]string{
		"/v1/events": "/v1/events", "//v1/events": "/v1/events", "/v1/beacon?writeKey=x": "/v1/beacon", "/headgate.js": "/headgate.js",
		"/v1/batch": "/v1/batch", "/v1/t": "/v1/t", "/langflow/key/run?a=b": "/langflow", "/langflow": "/langflow",
		"/": "", "/v1/": "", "/v1/events/x": "", "/metrics": "", "/v1/deadletters": "",
	} {
		r := httptest.NewRequest(http.MethodOptions, path, nil)
		if got := Route(r); got != want {
			t.Errorf("%s has the route %q, want %q", path, got, want)
		}
		if there := do(s, r).Code != http.StatusNotFound; there != (want != "") {
			t.Errorf("%s has the route %q, and is there: %v", path, want, there)
		}
	}
}

func TestAMiddlewareSeesEveryAnswer(t *testing.T) {
	seen := map[string]int{}
	s := newServer(t, Options{Middleware: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			next.ServeHTTP(recorder, r)
			seen[Route(r)] = recorder.Code
		})
	}})
	do(s, jsonRequest(`{"name":"a"}`))
	do(s, beacon("", `x`))
	do(s, request("GET", "/nowhere", ""))
	if seen["/v1/events"] != 200 || seen["/v1/beacon"] != 400 || seen[""] != 404 {
		t.Errorf("it saw %v", seen)
	}
}
