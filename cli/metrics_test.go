package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestTheDaemonServesMetricsUnlessItIsToldNotTo(t *testing.T) {
	t.Parallel()
	scrape := func(p *process) (int, string) {
		resp, err := http.Get(p.ready.Admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	p := startProcess(t, "")
	p.post("/v1/events", `{"name":"run"}`)
	p.await("delivery", func() bool { return p.stats().Sinks["log"].Delivered == 1 })
	status, text := scrape(p)
	for _, want := range []string{
		`headgate_gate_events_total{verdict="accepted"} 1`, `headgate_sink_events_total{outcome="delivered",sink="log"} 1`,
		"headgate_tracking 1", "headgate_build_info{", "go_goroutines",
	} {
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%d, lacks %s:\n%s", status, want, text)
		}
	}
	off := startProcess(t, "", "DO_NOT_TRACK=1")
	if status, text := scrape(off); status != http.StatusOK || !strings.Contains(text, "headgate_tracking 0") {
		t.Errorf("under do-not-track, which is not about metrics that stay with the operator: %d\n%s", status, text)
	}
	for name, p := range map[string]*process{
		"by the environment":   startProcess(t, "", "PROMETHEUS_ENABLED=false"),
		"by the file":          startProcess(t, "admin: {prometheus: false}\n"),
		"for this application": startProcess(t, "app: {name: acme}\n", "ACME_PROMETHEUS_ENABLED=no"),
	} {
		if status, _ := scrape(p); status != http.StatusNotFound {
			t.Errorf("turned off %s: %d", name, status)
		}
	}
}
