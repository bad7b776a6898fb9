package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build makes the headgate binary that the demonstration runs.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "headgate")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/headgate-dev/headgate/cmd/headgate").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func TestTheDemonstrationShowsFanOutRedactionAndBooks(t *testing.T) {
	t.Setenv("DO_NOT_TRACK", "")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	o := options{
		headgate: build(t), once: true,
		config: filepath.Join("..", "..", "examples", "config", "quickstart.yaml"),
	}
	var out strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.run(ctx, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		`daemon \| \[TELEMETRY\] Endpoint: signup`,
		`posted \| → 200 OK \{"accepted":1`,
		`The http sink posted 5 events to its receiver:`,
		`"api_key":"\[redacted`,
		`The archive sink wrote 5 lines to a file`,
		`received  5 = 5 accepted \+ 0 denied \+ 0 rejected \+ 0 duplicates`,
		`receiver +http +ok +5 `,
		`is in no sink's output`,
		`daemon \| .*msg=stopped`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the output lacks %q", want)
		}
	}
	left := out.String()[strings.Index(out.String(), "The http sink posted"):]
	if strings.Contains(left, "ada.lovelace") {
		t.Error("the e-mail address got out")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
