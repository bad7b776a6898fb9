package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/outbox"
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

// runOf begins a run of a program that ends at once, and stores an event.
func runOf(t *testing.T, dir, user string) *outbox.Run {
	t.Helper()
	r, err := outbox.Box{
		Dir: dir,
		Config: func() core.Config {
			return core.Config{Sinks: []core.SinkConfig{{Name: "out", Open: func() (core.Sink, error) { return nil, errors.New("this is no flush") }}}}
		},
		Options: []core.Option{core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(t.TempDir())},
	}.Open()
	if err == nil {
		err = r.Enqueue(t.Context(), core.Event{Name: "run", UserID: user})
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// leaveInOutbox leaves an event of such a run, and starts no flush.
func leaveInOutbox(t *testing.T, dir, user string) {
	t.Helper()
	if err := runOf(t, dir, user).Dispatcher.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// runIn runs headgate with a home of its own, and returns what it printed.
func runIn(t *testing.T, home string, code int, args ...string) string {
	t.Helper()
	cmd := exec.Command("headgate", args...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "DO_NOT_TRACK=", "HEADGATE_CONFIG=")
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit status %d, want %d: %v\n%s", args, got, code, err, out)
	}
	return string(out)
}

func TestForgetAndPurgeReachTheOutboxesOfPrograms(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	usual, other := filepath.Join(home, "acme", "telemetry"), filepath.Join(home, "elsewhere")
	if err := os.WriteFile(filepath.Join(home, "sinks.yaml"), []byte("app: {name: acme}\nadmin: {listen: \"127.0.0.1:1\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fill := func() {
		for _, dir := range []string{usual, other} {
			leaveInOutbox(t, dir, "ada-lovelace")
			leaveInOutbox(t, dir, "bob")
		}
	}
	fill()
	var got forgetting
	text := runIn(t, home, exitOK, "forget", "ada-lovelace", "--outbox", "elsewhere", "--json")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(got.Outboxes) != 2 || got.Outboxes[0].Dir != other || got.Outboxes[0].Events != 1 || got.Outboxes[1].Dir != usual || got.Outboxes[1].Events != 1 {
		t.Errorf("%+v", got.Outboxes)
	}
	if found := grep(t, home, "ada-lovelace"); len(found) > 0 {
		t.Errorf("she is still in %v", found)
	}
	if text := runIn(t, home, exitOK, "forget", "bob"); !strings.Contains(text, "outbox "+usual+": 1 events were erased") || strings.Contains(text, other) {
		t.Error(text)
	}
	runIn(t, home, exitUsage, "forget", "bob", "--outbox", "missing")

	fill()
	if text := runIn(t, home, exitOK, "telemetry", "purge", "--json", "--outbox", other); !strings.Contains(text, `"deleted": 8`) {
		t.Error(text) // those that were blanked wait for their sinks, too
	}
	fill()
	if text := runIn(t, home, exitOK, "telemetry", "off", "--outbox", other); strings.Count(text, "2 events were deleted from the outbox") != 2 {
		t.Error(text)
	}
	if found := grep(t, home, "bob"); len(found) > 0 {
		t.Errorf("he is still in %v", found)
	}

	// Where a program runs, nothing is said to be done.
	r := runOf(t, usual, "ada-lovelace")
	defer func() { _ = r.Dispatcher.Close(context.Background()) }()
	if text := runIn(t, home, exitFailed, "forget", "ada-lovelace"); !strings.Contains(text, "not everything") {
		t.Error(text)
	}
	if text := runIn(t, home, exitFailed, "telemetry", "purge"); !strings.Contains(text, "try again when that process has ended") {
		t.Error(text)
	}
}
