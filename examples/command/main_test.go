package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue/disk"
)

// build compiles the program in a directory.
func build(t *testing.T, dir string) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "greet")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// home is a person's home directory, and the environment of programs that run there.
func home(t *testing.T, to string, more ...string) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	box := filepath.Join(dir, "cache", "greet", "telemetry")
	t.Cleanup(func() { endFlush(t, box) })
	env = append(os.Environ(), "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"LocalAppData="+dir, "AppData="+dir, "DO_NOT_TRACK=", "HEADGATE_DO_NOT_TRACK=", "GREET_DO_NOT_TRACK=", "GREET_TELEMETRY_URL="+to)
	return dir, append(env, more...)
}

// endFlush ends the flush that a run has started, before its files are removed.
func endFlush(t *testing.T, box string) {
	if _, err := os.Stat(box); err != nil {
		return
	}
	lock := filepath.Join(box, "flush")
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(lock) // has the id of the process
		release, free, err := disk.Exclusive(lock)
		if free || err != nil {
			if free {
				release()
			}
			return
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid != os.Getpid() {
			if process, err := os.FindProcess(pid); err == nil {
				_ = process.Kill()
			}
		}
	}
	t.Error("the flush does not end")
}

// collector takes events, unless it is down.
type collector struct {
	*httptest.Server
	mu   sync.Mutex
	down bool
	took map[string]int // by id
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{took: map[string]int{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	for line := range bytes.Lines(body) {
		var event struct{ ID, Name string }
		if json.Unmarshal(line, &event) == nil && event.Name == "greeted" {
			c.took[event.ID]++
		}
	}
}

func (c *collector) turn(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// count returns how many events came, and how many of them more than once.
func (c *collector) count() (events, again int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.took {
		if events++; n > 1 {
			again++
		}
	}
	return events, again
}

func greeting(t *testing.T, program string, env []string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "Ada")
	cmd.Env = env
	return cmd
}

// flush delivers what waits, again if the flush that a run started is at it.
func flush(t *testing.T, program string, env []string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		cmd := exec.CommandContext(t.Context(), program, flushCommand)
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Logf("a flush: %v\n%s", err, out)
		}
		if time.Now().After(deadline) {
			t.Fatal("what waits is not delivered")
		}
	}
}

func TestEveryEventOfOverlappingRunsIsDeliveredOnce(t *testing.T) {
	const runs = 50
	to := newCollector(t)
	to.turn(true)
	program := build(t, ".")
	_, env := home(t, to.URL)
	var all sync.WaitGroup
	for range runs {
		all.Go(func() {
			out, err := greeting(t, program, env).CombinedOutput()
			if err != nil || string(out) != "Hello, Ada!\n" {
				t.Errorf("a run: %v\n%s", err, out)
			}
		})
	}
	all.Wait()
	if n, _ := to.count(); n != 0 {
		t.Errorf("%d events came to a collector that is down", n)
	}
	to.turn(false)
	flush(t, program, env, func() bool { n, _ := to.count(); return n >= runs })
	if n, again := to.count(); n != runs || again != 0 {
		t.Errorf("%d of %d events came, %d more than once", n, runs, again)
	}
}

// The flush that a run starts needs nobody's help.
func TestARunIsReportedAfterItsEnd(t *testing.T) {
	to := newCollector(t)
	program := build(t, ".")
	_, env := home(t, to.URL)
	if out, err := greeting(t, program, env).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if n, _ := to.count(); n == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the event has not come")
		}
	}
}

func TestWithDoNotTrackNoFileIsLeft(t *testing.T) {
	to := newCollector(t)
	program := build(t, ".")
	for _, variable := range []string{"DO_NOT_TRACK=1", "GREET_DO_NOT_TRACK=true"} {
		dir, env := home(t, to.URL, variable)
		for _, args := range [][]string{{"Ada"}, {}, {flushCommand}} {
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = env
			_ = cmd.Run()
		}
		_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || path != dir {
				t.Errorf("%s: %s is there, %v", variable, path, err)
			}
			return nil
		})
	}
	if n, _ := to.count(); n != 0 {
		t.Errorf("%d events came", n)
	}
}

// TestTelemetryDoesNotSlowTheExit compares the program with one that greets alone.
func TestTelemetryDoesNotSlowTheExit(t *testing.T) {
	if testing.Short() {
		t.Skip("compares times")
	}
	const runs = 30
	plainDir := t.TempDir()
	source := "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Printf(\"Hello, %s!\\n\", os.Args[1]) }\n"
	if err := os.WriteFile(filepath.Join(plainDir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer hanging.Close()
	defer hanging.CloseClientConnections()
	plain, program := build(t, filepath.Join(plainDir, "main.go")), build(t, ".")
	_, off := home(t, hanging.URL, "DO_NOT_TRACK=1")
	_, down := home(t, hanging.URL)
	ways := []struct {
		name    string
		program string
		env     []string
		took    []time.Duration
	}{{"without telemetry", plain, off, nil}, {"with DO_NOT_TRACK", program, off, nil}, {"with the sink down", program, down, nil}}
	for range runs {
		for i := range ways {
			cmd := greeting(t, ways[i].program, ways[i].env)
			began := time.Now()
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
			ways[i].took = append(ways[i].took, time.Since(began))
		}
	}
	var figures []string
	var medians []time.Duration
	for _, way := range ways {
		slices.Sort(way.took)
		medians = append(medians, way.took[runs/2])
		figures = append(figures, fmt.Sprintf("%s %v (%v to %v)", way.name, way.took[runs/2], way.took[0], way.took[runs-1]))
	}
	t.Log("median of 30 runs: " + strings.Join(figures, ", "))
	if slower := medians[2] - medians[0]; slower > time.Second {
		t.Errorf("a run takes %v longer than without telemetry", slower)
	}
}
