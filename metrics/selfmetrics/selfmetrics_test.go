package selfmetrics_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/cli"
	"github.com/headgate-dev/headgate/metrics/selfmetrics"

	_ "github.com/headgate-dev/headgate/sinks/lite"
)

// TestMain makes this binary the headgate command when it is called as such.
func TestMain(m *testing.M) {
	if os.Getenv("HEADGATE_TEST_DAEMON") != "" {
		os.Exit(cli.Main(selfmetrics.Serve()))
	}
	os.Exit(m.Run())
}

// daemon runs "headgate run", and returns where it answers.
func daemon(t *testing.T, yaml string, env ...string) (listen, admin string) {
	t.Helper()
	dir := t.TempDir()
	ready, config := filepath.Join(dir, "ready.json"), filepath.Join(dir, "sinks.yaml")
	if err := os.WriteFile(config, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "run", "-c", config, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", ready)
	cmd.Env = append(os.Environ(), "HEADGATE_TEST_DAEMON=1", "HOME="+dir, "XDG_CONFIG_HOME="+dir, "DO_NOT_TRACK=")
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	var at struct{ Listen, Admin string }
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(ready)
		if err == nil && json.Unmarshal(text, &at) == nil {
			return at.Listen, at.Admin
		}
		if time.Now().After(deadline) {
			t.Fatal("the daemon is not ready")
		}
	}
}

func scrape(t *testing.T, admin string) (int, string) {
	t.Helper()
	resp, err := http.Get(admin + "/metrics")
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

func TestTheDaemonServesItsBooks(t *testing.T) {
	t.Parallel()
	listen, admin := daemon(t, "sinks: {log: {}}\n")
	resp, err := http.Post(listen+"/v1/events", "application/json", strings.NewReader(`{"name":"run"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	delivered := `headgate_sink_events_total{outcome="delivered",sink="log"} 1`
	status, text := scrape(t, admin)
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(text, delivered) && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		status, text = scrape(t, admin)
	}
	for _, want := range []string{delivered, `headgate_gate_events_total{verdict="accepted"} 1`, "headgate_tracking 1", "headgate_build_info{", "go_goroutines",
		`http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",http_route="/v1/events"`} {
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%d, lacks %s:\n%s", status, want, text)
		}
	}
}

func TestUnderDoNotTrackTheOperatorHasMetricsAllTheSame(t *testing.T) {
	t.Parallel()
	_, admin := daemon(t, "sinks: {log: {}}\n", "DO_NOT_TRACK=1")
	if status, text := scrape(t, admin); status != http.StatusOK || !strings.Contains(text, "headgate_tracking 0") {
		t.Errorf("%d\n%s", status, text)
	}
}

func TestTheDaemonServesNoMetricsWhenItIsToldSo(t *testing.T) {
	for name, c := range map[string]struct{ yaml, env string }{
		"by the environment":   {"sinks: {log: {}}\n", "PROMETHEUS_ENABLED=false"},
		"by the file":          {"admin: {prometheus: false}\n", "X=1"},
		"for this application": {"app: {name: acme}\n", "ACME_PROMETHEUS_ENABLED=no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, admin := daemon(t, c.yaml, c.env)
			if status, _ := scrape(t, admin); status != http.StatusNotFound {
				t.Errorf("/metrics answers %d", status)
			}
		})
	}
}
