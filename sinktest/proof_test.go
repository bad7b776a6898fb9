package sinktest_test

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

// wrongSink is the environment variable that names the sink of a child process.
const wrongSink = "HEADGATE_SINKTEST_WRONG"

// TestTheWrongSink is what a child process runs: the kit, as an author would see it.
func TestTheWrongSink(t *testing.T) {
	name, child := os.LookupEnv(wrongSink)
	if !child {
		t.Skip("only in a process of its own")
	}
	sinktest.Run(t, sinktest.Harness{
		New:      func(_ testing.TB, env sinktest.Env) (core.Sink, error) { return wrong[name].of(newGood(env)), nil },
		HTTP:     harness().HTTP,
		Patience: 4 * time.Second,
	})
}

var (
	failed = regexp.MustCompile(`(?m)^    --- FAIL: TestTheWrongSink/(\w+) \(`)
	ended  = regexp.MustCompile(`(?m)^--- (FAIL|PASS): TestTheWrongSink \(`)
)

func TestEachMistakeBreaksItsRuleAndNoOther(t *testing.T) {
	if raceEnabled {
		t.Skip("what the rules find they find without the race detector, which makes this take minutes")
	}
	// Most of a child's time is waiting.
	running := make(chan struct{}, 4*runtime.GOMAXPROCS(0))
	outputs := map[string]chan []byte{}
	for name := range wrong {
		outputs[name] = make(chan []byte, 1)
		go func() {
			running <- struct{}{}
			defer func() { <-running }()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheWrongSink$", "-test.v")
			child.Env = append(os.Environ(), wrongSink+"="+name, "GOMAXPROCS=1")
			out, _ := child.CombinedOutput() // it should fail; the output tells how
			outputs[name] <- out
		}()
	}
	for name, c := range wrong {
		t.Run(name, func(t *testing.T) {
			out := string(<-outputs[name])
			var rules []string
			for _, m := range failed.FindAllStringSubmatch(out, -1) {
				rules = append(rules, m[1])
			}
			if !ended.MatchString(out) || !slices.Equal(rules, []string{c.breaks}) {
				t.Errorf("it breaks %q, want %s alone:\n%s", rules, c.breaks, excerpt(out))
			}
		})
	}
}

// excerpt leaves out what went well.
func excerpt(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if trimmed := strings.TrimSpace(line); !strings.HasPrefix(trimmed, "=== ") && !strings.HasPrefix(trimmed, "--- PASS") && !strings.HasPrefix(trimmed, "--- SKIP") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[:min(len(kept), 60)], "")
}

func TestEveryRuleIsBrokenByAMistake(t *testing.T) {
	for _, r := range sinktest.Rules() {
		found := false
		for _, c := range wrong {
			found = found || c.breaks == r.Name
		}
		if !found {
			t.Errorf("no wrong sink breaks %s: whether the kit would notice is not known", r.Name)
		}
	}
}
