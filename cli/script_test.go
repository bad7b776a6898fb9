package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

// TestMain makes this binary the headgate command for scripts.
func TestMain(m *testing.M) {
	// A command of many must not wait a second for late reports, as the race detector does.
	_ = os.Setenv("GORACE", "atexit_sleep_ms=20 "+os.Getenv("GORACE"))
	testscript.Main(leakCheck{m}, map[string]func(){
		"headgate": func() {
			if os.Getenv(indiscreetVariable) != "" {
				registerIndiscreet()
			}
			os.Exit(Main())
		},
		"hostprogram": hostProgram,
	})
}

// leakCheck fails the tests when they leave goroutines behind.
type leakCheck struct{ m *testing.M }

func (c leakCheck) Run() int {
	if code := c.m.Run(); code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// Each script is a terminal session; see testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: setupScript,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    exits,
			"repeat":   repeat,
			"received": received,
			"forget":   forget,
		},
		RequireUniqueNames: true,
	})
}

// setupScript gives a script a home of its own and a server for the http sink.
func setupScript(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	r := newReceiver()
	env.Defer(r.Close)
	env.Values[receiverKey{}] = r
	for key, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"), "RECEIVER": r.URL,
		"DO_NOT_TRACK": "", "HEADGATE_CONFIG": "", "NO_COLOR": "", "TERM": "xterm",
		"GORACE": os.Getenv("GORACE"),
	} {
		env.Setenv(key, value)
	}
	return nil
}

// exits runs a command and wants an exit status: exits 2 headgate send.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG …]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// repeat writes a text many times to a file: repeat FILE N PREFIX TEXT SUFFIX, where \n
// stands for the end of a line.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: repeat FILE N PREFIX TEXT SUFFIX")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := args[2] + strings.Repeat(args[3], n) + args[4] + `\n`
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, `\n`, "\n")), 0o600))
}
