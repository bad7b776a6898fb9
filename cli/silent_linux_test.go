package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
)

// hostProgram is a program that embeds headgate, with the configuration of its directory. It says
// how many goroutines it has more by that, and waits for its standard input to end.
func hostProgram() {
	before := runtime.NumGoroutine()
	d, err := config.Open("sinks.yaml")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	gate := consent.Resolve(consent.Settings{})
	_, _ = consent.Notice{App: "host", Text: "a notice", Out: os.Stdout}.Show(gate)
	for range 10 {
		_ = d.Track(context.Background(), "run")
		_ = d.Enqueue(context.Background(), core.Event{Name: "run", UserID: "ada"})
	}
	fmt.Printf("goroutines %d, denied %d\n", runtime.NumGoroutine()-before, d.Stats().Books.Denied)
	buf := make([]byte, 1)
	_, _ = syscall.Read(0, buf) // no poller, which is a descriptor of its own
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_ = d.Close(ctx)
}

// silentConfig has a sink of every sort that would write or dial.
const silentConfig = `queue: {type: disk, dir: spool}
admin: {listen: "127.0.0.1:0"}
sinks:
  log: {path: logs/events.log}
  out: {type: http, url: "http://127.0.0.1:9/in"}
  ga4: {measurement_id: G-ABC123, api_secret: some-secret, endpoint: "http://127.0.0.1:9"}
  rows: {type: warehouse, driver: sqlite, path: rows/rows.db}
`

// silentDir makes a directory with the configuration, and the environment of somebody who is not to
// be tracked.
func silentDir(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sinks.yaml"), []byte(silentConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "DO_NOT_TRACK=1", "HEADGATE_CONFIG=", "GOCOVERDIR=")
}

// untouched fails the test if there is more in a directory than the configuration.
func untouched(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "sinks.yaml" {
			t.Errorf("%s was made", e.Name())
		}
	}
}

// What strace sees of system calls that make or change a file, and of the network.
var (
	changing = regexp.MustCompile(`\b(?:open|openat|openat2)\([^)]*\b(?:O_WRONLY|O_RDWR|O_CREAT)\b|\b(?:creat|mkdir|mkdirat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|unlink|unlinkat|truncate)\(`)
	network  = regexp.MustCompile(`\b(?:socket|socketpair|connect|bind|listen|accept4?|sendto|sendmsg)\(`)
	dialling = regexp.MustCompile(`\b(?:connect|sendto|sendmsg)\(`)
	harmless = regexp.MustCompile(`"/dev/(?:null|tty)"|"/sys/kernel/mm/|= -1 EEXIST`) // what is there was not made
)

func startOnly(cmd *exec.Cmd) { _ = cmd.Start() }

// calls runs a program under strace, which start starts, and returns the lines that match.
func calls(t *testing.T, dir string, env []string, start func(*exec.Cmd), program []string, match ...*regexp.Regexp) (found []string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed; the test that looks into /proc runs all the same")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, append([]string{"-f", "-qq", "-s", "200", "-o", trace, "-e", "trace=%network,%file"}, program...)...)
	cmd.Dir, cmd.Env = dir, env
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	start(cmd)
	if cmd.Process == nil {
		t.Skip("strace cannot be run here")
	}
	_ = cmd.Wait()
	text, err := os.ReadFile(trace)
	if err != nil || !strings.Contains(string(text), "openat(") {
		t.Skipf("strace cannot trace here: %v\n%s", err, out.String())
	}
	for line := range strings.Lines(string(text)) {
		for _, m := range match {
			if m.MatchString(line) && !harmless.MatchString(line) {
				found = append(found, line)
			}
		}
	}
	return found
}

func TestUnderDoNotTrackAHostProgramMakesNoSocketAndNoFile(t *testing.T) {
	t.Parallel()
	dir, env := silentDir(t)
	for _, call := range calls(t, dir, env, startOnly, []string{"hostprogram"}, network, changing) {
		t.Error(call)
	}
	untouched(t, dir)
	// The same program does all that when it may.
	busy := strings.Split(strings.ReplaceAll(strings.Join(env, "\n"), "DO_NOT_TRACK=1", "DO_NOT_TRACK=0"), "\n")
	if found := calls(t, dir, busy, startOnly, []string{"hostprogram"}, network, changing); len(found) < 5 {
		t.Errorf("the test would not notice: %v", found)
	}
}

func TestUnderDoNotTrackSendMakesNoSocketAndNoFile(t *testing.T) {
	t.Parallel()
	dir, env := silentDir(t)
	for _, call := range calls(t, dir, env, startOnly, []string{"headgate", "send", "run", "a=1"}, network, changing) {
		t.Error(call)
	}
	untouched(t, dir)
}

func TestUnderDoNotTrackTheDaemonListensAndDialsNobody(t *testing.T) {
	t.Parallel()
	dir, env := silentDir(t)
	start := func(cmd *exec.Cmd) {
		ready := filepath.Join(t.TempDir(), "ready.json") // of the program below
		cmd.Args = append(cmd.Args, "--ready-file", ready)
		if err := cmd.Start(); err != nil {
			return
		}
		var about struct{ PID int }
		for range 600 { // it has opened its sinks and its queue by then, if it does
			if text, err := os.ReadFile(ready); err == nil && json.Unmarshal(text, &about) == nil && about.PID > 0 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if about.PID == 0 {
			t.Error("the daemon was not ready within half a minute")
			_ = cmd.Process.Kill()
			return
		}
		_ = syscall.Kill(about.PID, syscall.SIGTERM)
	}
	program := []string{"headgate", "run", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}
	for _, call := range calls(t, dir, env, start, program, dialling, changing) {
		if !strings.Contains(call, "ready.json") {
			t.Error(call)
		}
	}
	untouched(t, dir)
}

// Without strace: what a process has open, and what there is in its directory.
func TestUnderDoNotTrackAHostProgramHasNoSocketOpenAndNoGoroutineMore(t *testing.T) {
	t.Parallel()
	dir, env := silentDir(t)
	cmd := exec.Command("hostprogram")
	cmd.Dir, cmd.Env = dir, env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 200)
	n, _ := out.Read(buf)
	if got := string(buf[:n]); got != "goroutines 0, denied 20\n" {
		t.Errorf("it says %q", got)
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", cmd.Process.Pid))
	if err != nil {
		t.Error(err)
	}
	for _, f := range files {
		to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", cmd.Process.Pid, f.Name()))
		if strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, dir) {
			t.Errorf("it has %s open", to)
		}
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	untouched(t, dir)
}
