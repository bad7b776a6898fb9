package overload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/cli"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics/selfmetrics"
	_ "github.com/headgate-dev/headgate/sinks/lite"
)

// asHeadgate has this test binary be the headgate command.
const asHeadgate = "HEADGATE_OVERLOAD_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asHeadgate) != "" {
		os.Exit(cli.Main(selfmetrics.Serve()))
	}
	goleak.VerifyTestMain(m)
}

// long reports whether there is time for the tests of an hour's load.
func long() bool { return os.Getenv("HEADGATE_LONG") != "" }

// daemon is a running "headgate run".
type daemon struct {
	t     *testing.T
	dir   string
	cmd   *exec.Cmd
	ended chan struct{}
	began time.Time

	Listen, Admin string

	mu  sync.Mutex
	log bytes.Buffer
}

// how says in which way a daemon is started.
type how struct {
	under []string // a command that runs it
	as    *syscall.Credential
}

// start runs a daemon in a directory, with a configuration, and returns when it takes events.
func start(t *testing.T, dir, yaml string, h how) *daemon {
	t.Helper()
	d := launch(t, dir, yaml, h)
	d.awaitReady()
	return d
}

// launch is start that does not wait.
func launch(t *testing.T, dir, yaml string, h how) *daemon {
	t.Helper()
	d := &daemon{t: t, dir: dir, ended: make(chan struct{}), began: time.Now()}
	file, ready := filepath.Join(dir, "sinks.yaml"), filepath.Join(dir, "ready.json")
	if err := os.WriteFile(file, []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(ready)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(h.under, self, "run", "--config", file, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", ready)
	d.cmd = exec.Command(args[0], args[1:]...)
	d.cmd.Dir, d.cmd.Stderr = dir, d
	d.cmd.Env = append(os.Environ(), asHeadgate+"=1", "HOME="+dir, "XDG_CONFIG_HOME="+dir, "DO_NOT_TRACK=", "HEADGATE_CONFIG=", "CI=")
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: h.as}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = d.cmd.Wait()
		close(d.ended)
	}()
	t.Cleanup(func() {
		if d.running() {
			_ = syscall.Kill(d.pid(), syscall.SIGKILL)
			_ = d.cmd.Process.Kill()
			<-d.ended
		}
	})
	return d
}

func (d *daemon) awaitReady() {
	d.t.Helper()
	d.await("the ready file", func() bool {
		text, err := os.ReadFile(filepath.Join(d.dir, "ready.json"))
		return err == nil && json.Unmarshal(text, d) == nil
	})
}

// again starts another daemon where an earlier one was.
func (d *daemon) again() *daemon {
	d.t.Helper()
	return start(d.t, d.dir, config(d.t, d.dir), how{})
}

// config returns the configuration of the daemon in a directory.
func config(t *testing.T, dir string) string {
	t.Helper()
	yaml, err := os.ReadFile(filepath.Join(dir, "sinks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(yaml)
}

func (d *daemon) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}

func (d *daemon) stderr() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

func (d *daemon) running() bool {
	select {
	case <-d.ended:
		return false
	default:
		return true
	}
}

// await polls, as the daemon is another process.
func (d *daemon) await(what string, yes func() bool) {
	d.t.Helper()
	d.awaitWithin(60*time.Second, what, yes)
}

func (d *daemon) awaitWithin(limit time.Duration, what string, yes func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(limit); !yes(); time.Sleep(5 * time.Millisecond) {
		if !d.running() {
			d.t.Fatalf("waiting for %s: the daemon has ended: %v\n%s", what, d.cmd.ProcessState, tail(d.stderr()))
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("waiting for %s took longer than %v\n%s", what, limit, tail(d.stderr()))
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

// pid is that of the daemon, also when another command runs it.
func (d *daemon) pid() int {
	text, err := os.ReadFile(filepath.Join(d.dir, "ready.json"))
	var ready struct{ PID int }
	if err != nil || json.Unmarshal(text, &ready) != nil {
		return d.cmd.Process.Pid
	}
	return ready.PID
}

func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := syscall.Kill(d.pid(), s); err != nil {
		d.t.Fatal(err)
	}
}

// end waits for the daemon to end, and returns its exit status.
func (d *daemon) end(limit time.Duration) int {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(limit):
		d.t.Fatalf("the daemon has not ended within %v\n%s", limit, tail(d.stderr()))
	}
	return d.cmd.ProcessState.ExitCode()
}

func (d *daemon) kill() {
	d.t.Helper()
	d.signal(syscall.SIGKILL)
	d.end(20 * time.Second)
}

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func (d *daemon) stats() (s core.Stats) {
	d.t.Helper()
	resp, err := client.Get(d.Admin + "/v1/status")
	if err != nil {
		d.t.Fatalf("status: %v\n%s", err, tail(d.stderr()))
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		d.t.Fatal(err)
	}
	if problem := imbalance(s); problem != "" {
		d.t.Errorf("the books do not balance %s: %+v", problem, s)
	}
	return s
}

func imbalance(s core.Stats) string {
	b := s.Books
	if b.Received != b.Accepted+b.Denied+b.Rejected+b.Duplicates {
		return "at the gate"
	}
	for name, k := range s.Sinks {
		if b.Accepted+k.Recovered != k.Delivered+k.Filtered+k.SampledOut+k.DeadLettered+k.Expired+k.Overflowed+k.Queued {
			return "at " + name
		}
	}
	return ""
}

// footprint is what a process takes.
type footprint struct {
	rssKB, files, threads int
	cpu                   time.Duration
}

func (f footprint) String() string {
	return fmt.Sprintf("RSS %.1f MB, %d files, %d threads, %v CPU", float64(f.rssKB)/1024, f.files, f.threads, f.cpu)
}

// footprint reads /proc. The descriptors are those of the daemon, the CPU is that of all its threads.
func (d *daemon) footprint() (f footprint) {
	proc := filepath.Join("/proc", strconv.Itoa(d.pid()))
	status, _ := os.ReadFile(filepath.Join(proc, "status"))
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch name {
		case "VmRSS":
			f.rssKB, _ = strconv.Atoi(fields[0])
		case "Threads":
			f.threads, _ = strconv.Atoi(fields[0])
		}
	}
	files, _ := os.ReadDir(filepath.Join(proc, "fd"))
	f.files = len(files)
	stat, _ := os.ReadFile(filepath.Join(proc, "stat"))
	if _, rest, ok := bytes.Cut(stat, []byte(") ")); ok { // from the third field on
		fields := strings.Fields(string(rest))
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		f.cpu = time.Duration(user+system) * 10 * time.Millisecond // of 100 Hz
	}
	return f
}
