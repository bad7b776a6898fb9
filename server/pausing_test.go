package server

import (
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestASinkIsPausedAndResumedOverHTTP(t *testing.T) {
	d := dispatcher(t, taking("a", func([]core.Sealed) error { return nil }))
	a := newAdmin(t, AdminOptions{Status: d.Stats, Sinks: d})
	if got := want(t, ask(a, "POST", "/v1/sinks/pause?sink=a"), 200); got["state"] != "paused" {
		t.Errorf("it is answered %v", got)
	}
	status := want(t, ask(a, "GET", "/v1/status"), 200)["sinks"].(map[string]any)["a"].(map[string]any)
	if status["state"] != "paused" || status["paused_by_operator"] != true {
		t.Errorf("the status is %v", status)
	}
	if got := want(t, ask(a, "POST", "/v1/sinks/resume?sink=a"), 200); got["state"] != "ok" {
		t.Errorf("it is answered %v", got)
	}
	want(t, ask(a, "POST", "/v1/sinks/pause"), 400)
	want(t, ask(a, "POST", "/v1/sinks/resume?sink=b"), 404)
	if w := ask(a, "GET", "/v1/sinks/pause?sink=a"); w.Code != 405 {
		t.Errorf("GET is answered %d", w.Code)
	}
	if w := ask(newAdmin(t, AdminOptions{}), "POST", "/v1/sinks/pause?sink=a"); w.Code != 404 {
		t.Errorf("without sinks it is answered %d", w.Code)
	}
}
