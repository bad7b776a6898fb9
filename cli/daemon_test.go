package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// process is a running "headgate run".
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	ready readiness
	file  string // ready file
	ended chan error

	mu  sync.Mutex
	log bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) stderr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// startProcess starts the daemon with a configuration and waits until it is ready.
func startProcess(t *testing.T, yaml string, env ...string) *process {
	t.Helper()
	dir := t.TempDir()
	p := &process{t: t, file: filepath.Join(dir, "ready.json"), ended: make(chan error, 1)}
	args := []string{"run", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", p.file}
	if yaml != "" {
		name := filepath.Join(dir, "sinks.yaml")
		if err := os.WriteFile(name, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", name)
	}
	p.cmd = exec.Command("headgate", args...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "DO_NOT_TRACK=", "HEADGATE_CONFIG=")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	p.await("the ready file", func() bool {
		text, err := os.ReadFile(p.file)
		return err == nil && json.Unmarshal(text, &p.ready) == nil
	})
	if p.ready.PID != p.cmd.Process.Pid {
		t.Errorf("the ready file has pid %d, want %d", p.ready.PID, p.cmd.Process.Pid)
	}
	return p
}

// await polls, as the daemon is another process.
func (p *process) await(what string, yes func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !yes(); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-p.ended:
			p.t.Fatalf("waiting for %s: the daemon has ended: %v\n%s", what, err, p.stderr())
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waiting for %s took too long\n%s", what, p.stderr())
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wait returns the exit status.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		p.t.Fatalf("the daemon has not ended\n%s", p.stderr())
		return -1
	}
}

func (p *process) post(path, body string, header ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.ready.Listen+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return p.do(req)
}

func (p *process) get(url string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(req)
}

func (p *process) do(req *http.Request) (int, string) {
	p.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(body))
}

func (p *process) stats() (s core.Stats) {
	p.t.Helper()
	status, body := p.get(p.ready.Admin + "/v1/status")
	if err := json.Unmarshal([]byte(body), &s); err != nil || status != http.StatusOK {
		p.t.Fatalf("status %d: %v\n%s", status, err, body)
	}
	return s
}

func TestTheDaemonTakesDeliversCountsAndStops(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "sinks:\n  log: {}\n  archive: {type: log, format: json, path: events.log, events: [run]}\n")
	for _, probe := range []string{"/healthz", "/readyz"} {
		if status, body := p.get(p.ready.Admin + probe); status != http.StatusOK {
			t.Errorf("%s: %d %s", probe, status, body)
		}
	}
	status, body := p.post("/v1/events", `[{"name":"signup","properties":{"plan":"pro"}},{"name":""}]`)
	if status != http.StatusOK || !strings.Contains(body, `"accepted":1`) || !strings.Contains(body, `"index":1`) {
		t.Errorf("post: %d %s", status, body)
	}
	if status, body := p.post("/v1/events", `{"name":"signup"}`, "DNT", "1"); status != http.StatusOK || !strings.Contains(body, `"denied":1`) {
		t.Errorf("post with DNT: %d %s", status, body)
	}
	if status, body := p.get(p.ready.Listen + "/langflow/run?runSeconds=3&runSuccess=true"); status != http.StatusOK {
		t.Errorf("langflow: %d %s", status, body)
	}
	p.await("delivery", func() bool { return p.stats().Sinks["log"].Delivered == 2 && p.stats().Sinks["archive"].Queued == 0 })
	got := p.stats()
	want := core.Books{Received: 4, Accepted: 2, Denied: 1, Rejected: 1}
	if diff := cmp.Diff(want, got.Books); diff != "" {
		t.Errorf("books (-want +got):\n%s", diff)
	}
	if a := got.Sinks["archive"]; a.Delivered != 1 || a.Filtered != 1 {
		t.Errorf("archive: %+v", a)
	}

	out, err := exec.Command("headgate", "status", "--admin", strings.TrimPrefix(p.ready.Admin, "http://")).Output()
	if err != nil || !strings.Contains(string(out), "received  4 = 2 accepted + 1 denied + 1 rejected + 0 duplicates") {
		t.Errorf("headgate status: %v\n%s", err, out)
	}
	raw, err := exec.Command("headgate", "status", "--admin", p.ready.Admin, "--json").Output()
	var s core.Stats
	if err != nil || json.Unmarshal(raw, &s) != nil || s.Books != want {
		t.Errorf("headgate status --json: %v\n%s", err, raw)
	}

	p.signal(syscall.SIGHUP)
	p.await("SIGHUP to be logged", func() bool { return strings.Contains(p.stderr(), "msg=reloaded") })
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitOK {
		t.Errorf("exit status %d\n%s", code, p.stderr())
	}
	if _, err := os.Stat(p.file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the ready file is still there: %v", err)
	}
	for _, want := range []string{`[TELEMETRY] Endpoint: run`, `[TELEMETRY] Payload: {"plan":"pro"}`, "msg=stopped received=4 accepted=2"} {
		if !strings.Contains(p.stderr(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr())
		}
	}
	archived, err := os.ReadFile(filepath.Join(filepath.Dir(p.file), "events.log"))
	if err != nil || strings.Count(string(archived), "\n") != 1 {
		t.Errorf("archive: %v\n%s", err, archived)
	}
	if err := exec.Command("headgate", "status", "--admin", p.ready.Admin).Run(); err == nil {
		t.Error("headgate status finds a daemon that has ended")
	}
}

func TestUnderDoNotTrackTheDaemonRunsAndDeniesEverything(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "sinks: {archive: {type: log, path: events.log}}\n", "DO_NOT_TRACK=1")
	if status, body := p.post("/v1/events", `{"name":"signup"}`); status != http.StatusOK || !strings.Contains(body, `"denied":1`) {
		t.Errorf("post: %d %s", status, body)
	}
	s := p.stats()
	if !s.DoNotTrack.Active || cmp.Diff([]string{"environment DO_NOT_TRACK"}, s.DoNotTrack.Sources) != "" || s.Books.Denied != 1 {
		t.Errorf("status: %+v", s)
	}
	if !strings.Contains(p.stderr(), "tracking is off") {
		t.Errorf("nothing says that tracking is off:\n%s", p.stderr())
	}
	p.signal(os.Interrupt)
	if code := p.wait(); code != exitOK {
		t.Errorf("exit status %d\n%s", code, p.stderr())
	}
	entries, err := os.ReadDir(filepath.Dir(p.file))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "sinks.yaml" {
			t.Errorf("%s was made although tracking is off", e.Name())
		}
	}
}

func TestWhatCannotBeDeliveredInTimeIsLoggedAndTheExitStatusStaysZero(t *testing.T) {
	t.Parallel()
	r := newReceiver()
	defer r.Close()
	p := startProcess(t, "shutdown_timeout: 200ms\nsinks: {collector: {type: http, url: "+r.URL+"/500}}\n")
	p.post("/v1/events", `{"name":"signup"}`)
	p.await("an attempt", func() bool { _, n := r.received(); return n > 0 })
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitOK {
		t.Errorf("exit status %d", code)
	}
	if log := p.stderr(); !strings.Contains(log, "a sink did not take every event") || !strings.Contains(log, "expired=1") {
		t.Errorf("the log does not say what was not delivered:\n%s", log)
	}
}

func TestASecondSignalEndsTheDaemonAtOnce(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	r := newReceiver()
	r.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		close(hang)
		<-req.Context().Done()
	})
	defer r.Close()
	p := startProcess(t, "shutdown_timeout: 10m\nsinks: {collector: {type: http, url: "+r.URL+", timeout: 10m}}\n")
	p.post("/v1/events", `{"name":"signup"}`)
	<-hang
	p.signal(syscall.SIGTERM)
	p.await("the first signal to be logged", func() bool { return strings.Contains(p.stderr(), "msg=stopping") })
	if status, _ := p.get(p.ready.Admin + "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("readyz answers %d while stopping", status)
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitFailed {
		t.Errorf("exit status %d, want %d", code, exitFailed)
	}
}

func TestAnAddressThatIsTakenFailsTheStart(t *testing.T) {
	t.Parallel()
	r := newReceiver()
	defer r.Close()
	taken := strings.TrimPrefix(r.URL, "http://")
	for _, args := range [][]string{
		{"run", "--listen", taken, "--admin-listen", "127.0.0.1:0"},
		{"run", "--listen", "127.0.0.1:0", "--admin-listen", taken},
	} {
		cmd := exec.Command("headgate", args...)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), taken+": bind: address already in use") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func TestAnOpenListenerWithoutKeysIsAnInvalidConfiguration(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("headgate", "run", "--listen", "0.0.0.0:0", "--admin-listen", "127.0.0.1:0")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(out), "write_keys") {
		t.Errorf("%v\n%s", err, out)
	}
}
