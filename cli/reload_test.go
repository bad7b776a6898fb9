package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// reconfigure replaces the daemon's file.
func (p *process) reconfigure(yaml string) {
	p.t.Helper()
	name := filepath.Join(filepath.Dir(p.file), "sinks.yaml")
	if err := os.WriteFile(name, []byte(yaml), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// reload asks for a reload over HTTP, and returns the status and the problems.
func (p *process) reload() (status int, problems []string) {
	p.t.Helper()
	resp, err := http.Post(p.ready.Admin+"/v1/reload", "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Problems []string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, answer.Problems
}

func TestAReloadSendsTheBacklogToTheNewAddress(t *testing.T) {
	t.Parallel()
	var refused, taken atomic.Int64
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refused.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer down.Close()
	up := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		taken.Add(int64(strings.Count(string(body), `"name":"run"`)))
	}))
	defer up.Close()
	file := func(url string) string {
		return fmt.Sprintf("queue: {max_bytes: 8MiB}\nsinks:\n  out: {type: http, url: %q, compression: none}\n  log: {}\n", url)
	}
	p := startProcess(t, file(down.URL))
	for range 20 {
		if status, body := p.post("/v1/events", `{"name":"run"}`); status != http.StatusOK {
			t.Fatal(status, body)
		}
	}
	p.await("the first attempt", func() bool { return refused.Load() > 0 && p.stats().Sinks["log"].Delivered == 20 })

	for name, broken := range map[string]string{
		"an unknown key":      "sinks: {out: {type: http, ulr: x}}\n",
		"a missing variable":  "sinks: {out: {type: http, url: '${NO_SUCH_VARIABLE}'}}\n",
		"another queue":       strings.Replace(file(up.URL), "8MiB", "9MiB", 1),
		"another address":     file(up.URL) + "admin: {prometheus: false}\n",
		"no YAML":             "sinks: [",
		"a sink that is none": "sinks: {out: {type: http, url: 'ftp://x'}}\n",
	} {
		p.reconfigure(broken)
		if status, problems := p.reload(); status != http.StatusConflict || len(problems) == 0 || problems[0] == "" {
			t.Errorf("%s: %d %q", name, status, problems)
		}
	}
	if err := os.Remove(filepath.Join(filepath.Dir(p.file), "sinks.yaml")); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	p.await("the missing file to be logged", func() bool { return strings.Contains(p.stderr(), "no such file") })
	if taken.Load() > 0 || p.stats().Sinks["out"].Queued != 20 {
		t.Errorf("a file that is not valid changed something: %+v", p.stats().Sinks)
	}

	p.reconfigure(file(up.URL))
	p.signal(syscall.SIGHUP)
	p.await("the backlog", func() bool { return p.stats().Sinks["out"].Delivered == 20 })
	if taken.Load() != 20 {
		t.Errorf("%d of 20 came to the new address", taken.Load())
	}
	if s := p.stats().Sinks["log"]; s.Delivered != 20 {
		t.Errorf("the sink that did not change: %+v", s)
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitOK {
		t.Errorf("exit status %d\n%s", code, p.stderr())
	}
}
