package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// collector is a destination that can be closed, and remembers the ids it took.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	ids    map[string]int
}

func newCollector(t *testing.T) *collector {
	c := &collector{status: http.StatusServiceUnavailable, ids: make(map[string]int)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.status != http.StatusOK {
			w.WriteHeader(c.status)
			return
		}
		for line := range strings.Lines(string(body)) {
			var e struct{ ID string }
			if json.Unmarshal([]byte(line), &e) == nil {
				c.ids[e.ID]++
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

func (c *collector) distinct() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ids)
}

// startAgain starts the daemon once more where an earlier one ran.
func (p *process) startAgain() *process {
	p.t.Helper()
	next := &process{t: p.t, file: p.file, ended: make(chan error, 1)}
	next.cmd = exec.Command("headgate", p.cmd.Args[1:]...)
	next.cmd.Dir, next.cmd.Env, next.cmd.Stderr = p.cmd.Dir, p.cmd.Env, next
	_ = os.Remove(p.file)
	if err := next.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() { next.ended <- next.cmd.Wait() }()
	p.t.Cleanup(func() { _ = next.cmd.Process.Kill() })
	next.await("the ready file", func() bool {
		text, err := os.ReadFile(next.file)
		return err == nil && json.Unmarshal(text, &next.ready) == nil
	})
	return next
}

func TestADiskQueueOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := startProcess(t, fmt.Sprintf("shutdown_timeout: 1s\nqueue: {type: disk, dir: spool}\nsinks:\n  out: {type: http, url: %q, compression: none, body: ndjson, retry: {max: 1s}}\n", c.URL))
	post := func(p *process, id int) {
		t.Helper()
		if status, body := p.post("/v1/events", fmt.Sprintf(`{"name":"run","id":"m-%d"}`, id)); status != http.StatusOK || !strings.Contains(body, `"accepted":1`) {
			t.Fatal(status, body)
		}
	}
	for id := range 100 {
		post(p, id)
	}
	p.signal(syscall.SIGKILL)
	p.wait()

	p = p.startAgain()
	if s := p.stats(); s.Sinks["out"].Recovered != 100 || s.Sinks["out"].Queued != 100 || s.Books.Accepted != 0 {
		t.Errorf("after kill -9: %+v", s)
	}
	for id := range 50 {
		post(p, 100+id)
	}
	// A second process must not take the directory.
	second := exec.Command("headgate", p.cmd.Args[1:]...)
	second.Dir, second.Env = p.cmd.Dir, p.cmd.Env
	if out, err := second.CombinedOutput(); err == nil || !strings.Contains(string(out), fmt.Sprint(p.cmd.Process.Pid)) {
		t.Errorf("a second daemon: %v\n%s", err, out)
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitOK || !strings.Contains(p.stderr(), "kept") {
		t.Errorf("exit status %d\n%s", code, p.stderr())
	}

	p = p.startAgain()
	if s := p.stats().Sinks["out"]; s.Recovered != 150 {
		t.Errorf("after SIGTERM: %+v", s)
	}
	c.answer(http.StatusOK)
	p.await("the backlog", func() bool { return c.distinct() == 150 && p.stats().Sinks["out"].Queued == 0 })

	// A command that sends an event by itself can run beside it.
	send := exec.Command("headgate", "send", "--config", "sinks.yaml", "run")
	send.Dir, send.Env = p.cmd.Dir, p.cmd.Env
	if out, err := send.CombinedOutput(); err != nil {
		t.Errorf("headgate send: %v\n%s", err, out)
	}

	// Dead letters outlive it, too, and can be seen while no daemon runs.
	c.answer(http.StatusUnprocessableEntity)
	post(p, 1000)
	p.await("the dead letter", func() bool { return p.stats().Sinks["out"].DeadLettered == 1 })
	p.signal(syscall.SIGKILL)
	p.wait()
	deadletter := func(code int, args ...string) string {
		t.Helper()
		cmd := exec.Command("headgate", append([]string{"deadletter", "--config", p.cmd.Args[len(p.cmd.Args)-1]}, args...)...)
		cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Fatalf("deadletter %v: exit status %d, want %d\n%s", args, got, code, out)
		}
		return string(out)
	}
	if out := deadletter(exitOK, "list"); !strings.Contains(out, "m-1000") {
		t.Errorf("list: %s", out)
	}
	c.answer(http.StatusOK)
	if out := deadletter(exitOK, "replay"); !strings.Contains(out, "out: 1 accepted") {
		t.Errorf("replay: %s", out)
	}
	if c.distinct() != 152 {
		t.Errorf("%d of 152 came", c.distinct())
	}
	for id, n := range c.ids {
		if n > 1 && id != "m-1000" { // each was delivered to the end before any process was killed
			t.Errorf("%s came %d times", id, n)
		}
	}
}

func TestTelemetryPurgeDeletesWhatIsQueuedOnDisk(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := startProcess(t, fmt.Sprintf("shutdown_timeout: 100ms\nqueue: {type: disk, dir: spool}\nsinks:\n  out: {type: http, url: %q}\n  log: {}\n", c.URL))
	for range 5 {
		p.post("/v1/events", `{"name":"run"}`)
	}
	purge := func() (string, error) {
		cmd := exec.Command("headgate", "telemetry", "purge", "--config", "sinks.yaml")
		cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := purge(); err == nil || !strings.Contains(out, fmt.Sprint(p.cmd.Process.Pid)) {
		t.Errorf("while the daemon runs: %v\n%s", err, out)
	}
	check := func(args ...string) (string, error) {
		cmd := exec.Command("headgate", append([]string{"queue", "check", "spool"}, args...)...)
		cmd.Dir = p.cmd.Dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := check(); err == nil || !strings.Contains(out, fmt.Sprint(p.cmd.Process.Pid)) {
		t.Errorf("a check while the daemon runs: %v\n%s", err, out)
	}
	p.signal(syscall.SIGTERM)
	p.wait()
	if out, err := check(); err != nil || !strings.Contains(out, "5 records") || !strings.Contains(out, "out: 5 not finished") {
		t.Errorf("a check: %v\n%s", err, out)
	}
	if out, err := check("--json", "--dry-run"); err != nil || !strings.Contains(out, `"records":5`) {
		t.Errorf("a check: %v\n%s", err, out)
	}
	if out, err := purge(); err != nil || !strings.Contains(out, "5 events were deleted") {
		t.Errorf("%v\n%s", err, out)
	}
	p = p.startAgain()
	if s := p.stats().Sinks["out"]; s.Recovered != 0 || s.Queued != 0 {
		t.Errorf("after the purge: %+v", s)
	}
	if out, err := purge(); err == nil {
		t.Errorf("while the daemon runs again: %s", out)
	}
}
