package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// forgets runs "headgate forget --json" where a daemon runs, or ran, and returns what it printed.
func (p *process) forgets(code int, args ...string) (r forgetting) {
	p.t.Helper()
	cmd := exec.Command("headgate", append([]string{"forget", "--json", "--config", "sinks.yaml", "--admin", strings.TrimPrefix(p.ready.Admin, "http://")}, args...)...)
	cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
	out, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("forget %v: exit status %d, want %d: %v\n%s", args, got, code, err, out)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
	return r
}

// balanced fails the test unless the books of a sink balance.
func (p *process) balanced(sink string) {
	p.t.Helper()
	stats := p.stats()
	s := stats.Sinks[sink]
	if in, out := stats.Books.Accepted+s.Recovered, s.Delivered+s.Filtered+s.SampledOut+s.DeadLettered+s.Expired+s.Overflowed+s.Queued; in != out {
		p.t.Errorf("%d came in, %d are accounted for: %+v", in, out, s)
	}
}

func TestForgetErasesWhatTheDaemonHasQueued(t *testing.T) {
	t.Parallel()
	for _, queue := range []string{"memory", "disk"} {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			c := newCollector(t)
			p := startProcess(t, fmt.Sprintf("shutdown_timeout: 100ms\nqueue: {type: %s, dir: spool}\nsinks:\n  out: {type: http, url: %q, body: ndjson, retry: {initial: 100ms, max: 200ms}}\n", queue, c.URL))
			send := func(user string) {
				for range 5 {
					p.post("/v1/events", fmt.Sprintf(`{"name":"run","user_id":%q}`, user))
				}
			}
			send("ada-lovelace")
			send("bob")
			c.answer(http.StatusUnprocessableEntity)
			p.await("dead letters", func() bool { return p.stats().Sinks["out"].DeadLettered == 10 })
			c.answer(http.StatusServiceUnavailable)
			send("ada-lovelace")
			send("bob")
			got := p.forgets(exitOK, "ada-lovelace")
			if got.Queue.Where != "daemon" || got.Queue.DeadLetters["out"] != 5 || got.Queue.Events < 5 {
				t.Errorf("%+v", got.Queue)
			}
			if queue == "disk" {
				if found := grep(t, filepath.Join(p.cmd.Dir, "spool"), "ada-lovelace"); len(found) > 0 {
					t.Errorf("she is still in %v", found)
				}
			}
			c.answer(http.StatusOK)
			p.await("the others", func() bool { return p.stats().Sinks["out"].Queued == 0 })
			s := p.stats().Sinks["out"]
			if s.Delivered != 5 || s.Reasons["filtered.forgotten"] != 5 {
				t.Errorf("%+v", s)
			}
			p.balanced("out")
			p.signal(syscall.SIGTERM)
			p.wait()
		})
	}
}

func TestForgetErasesWhatIsOnDiskWhenNoDaemonRuns(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := startProcess(t, fmt.Sprintf("shutdown_timeout: 100ms\nqueue: {type: disk, dir: spool}\nsinks:\n  out: {type: http, url: %q, body: ndjson, retry: {initial: 100ms, max: 200ms}}\n", c.URL))
	for i := range 20 {
		p.post("/v1/events", fmt.Sprintf(`{"name":"run","user_id":"user-%d"}`, i%4))
	}
	p.signal(syscall.SIGKILL)
	p.wait()
	if got := p.forgets(exitOK, "user-1"); got.Queue.Where != "disk" || got.Queue.Events != 5 {
		t.Errorf("%+v", got.Queue)
	}
	if found := grep(t, filepath.Join(p.cmd.Dir, "spool"), "user-1\""); len(found) > 0 {
		t.Errorf("she is still in %v", found)
	}
	p = p.startAgain()
	c.answer(http.StatusOK)
	p.await("the others", func() bool { return p.stats().Sinks["out"].Queued == 0 })
	if s := p.stats().Sinks["out"]; s.Recovered != 20 || s.Delivered != 15 || s.Reasons["filtered.forgotten"] != 5 {
		t.Errorf("%+v", s)
	}
	p.balanced("out")
}

// A daemon that takes no events has the queue not open, so that it can be read beside it.
func TestForgetErasesWhatIsOnDiskWhenTheDaemonIsOff(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	p := startProcess(t, fmt.Sprintf("shutdown_timeout: 100ms\nqueue: {type: disk, dir: spool}\nsinks:\n  out: {type: http, url: %q, body: ndjson}\n", c.URL))
	p.post("/v1/events", `{"name":"run","user_id":"ada"}`)
	p.signal(syscall.SIGKILL)
	p.wait()
	p.cmd.Env = append(p.cmd.Env, "DO_NOT_TRACK=1")
	p = p.startAgain()
	if got := p.forgets(exitOK, "ada"); got.Queue.Where != "disk" || got.Queue.Events != 1 {
		t.Errorf("%+v", got.Queue)
	}
}

// grep returns the files under a directory that have a text in them.
func grep(t *testing.T, dir, text string) []string {
	t.Helper()
	out, err := exec.Command("grep", "-rlF", "--", text, dir).Output()
	if err != nil && len(out) == 0 {
		return nil // it exits with 1 when nothing is found
	}
	return strings.Fields(string(out))
}
