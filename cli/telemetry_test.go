package cli

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Who turns tracking off does not want what is queued to be sent later.
func TestTelemetryOffHasTheDaemonDiscardWhatIsQueued(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := startProcess(t, fmt.Sprintf("queue: {type: disk, dir: spool}\nadmin: {listen: \"127.0.0.1:0\"}\nsinks:\n  out: {type: http, url: %q}\n", c.URL))
	for range 5 {
		p.post("/v1/events", `{"name":"run","properties":{"note":"canary-of-the-queue"}}`)
	}
	// The configuration must name the address, which was chosen when the daemon started.
	p.reconfigure(fmt.Sprintf("queue: {type: disk, dir: spool}\nadmin: {listen: %q}\nsinks:\n  out: {type: http, url: %q}\n", strings.TrimPrefix(p.ready.Admin, "http://"), c.URL))
	telemetry := func(what string) string {
		cmd := exec.Command("headgate", "telemetry", what, "--config", "sinks.yaml")
		cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("telemetry %s: %v", what, err)
		}
		return string(out)
	}
	if out := telemetry("off"); !strings.Contains(out, "the daemon that runs: it goes by your choice from now on") {
		t.Errorf("%s\n%s", out, p.stderr())
	}
	s := p.stats()
	if !s.DoNotTrack.Active || s.Sinks["out"].Queued != 0 || s.Sinks["out"].Reasons["filtered.withdrawn"] != 5 {
		t.Errorf("%+v", s)
	}
	p.balanced("out")
	p.await("an empty spool", func() bool { return len(grep(t, filepath.Join(p.cmd.Dir, "spool"), "canary-of-the-queue")) == 0 })
	if _, body := p.post("/v1/events", `{"name":"run"}`); !strings.Contains(body, `"denied":1`) {
		t.Errorf("%s", body)
	}
	telemetry("on")
	c.answer(http.StatusOK)
	p.post("/v1/events", `{"name":"run","properties":{"note":"later"}}`)
	p.await("what was sent later", func() bool { return p.stats().Sinks["out"].Delivered == 1 })
}
