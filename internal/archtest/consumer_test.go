package archtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const consumerMain = `package main

import (
	"context"

	"github.com/headgate-dev/headgate/core"
)

func main() {
	d, err := core.New(core.Config{})
	if err != nil {
		panic(err)
	}
	_ = d.Track(context.Background(), "run")
	_ = d.Close(context.Background())
}
`

// A module that imports core alone must not notice what the rest of this module requires.
func TestAProgramThatImportsOnlyCoreGainsNoRequirement(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), consumerMain)
	write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.org/host\n\ngo 1.26.0\n\nrequire %[1]s v0.0.0\n\nreplace %[1]s => %[2]s\n", module, repository(t)))

	run(t, dir, "go", "mod", "tidy")

	gomod := read(t, filepath.Join(dir, "go.mod"))
	for line := range strings.Lines(gomod) {
		if fields := strings.Fields(strings.TrimPrefix(line, "require")); len(fields) > 1 && strings.HasPrefix(fields[1], "v") && fields[0] != module {
			t.Errorf("go.mod gained %q", strings.TrimSpace(line))
		}
	}
	// go mod tidy records the checksums of what the tests of core import, and nothing else.
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sum)) {
		required, _, _ := strings.Cut(line, " ")
		if !slices.ContainsFunc(testOnly, func(tool string) bool { return strings.HasPrefix(required+"/", tool) }) {
			t.Errorf("go.sum gained %q", strings.TrimSpace(line))
		}
	}
	for dep := range strings.Lines(run(t, dir, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")) {
		dep = strings.TrimSpace(dep)
		if dep != "example.org/host" && !strings.HasPrefix(dep, module+"/core") {
			t.Errorf("the program links %s", dep)
		}
	}
	run(t, dir, "go", "build", "-o", os.DevNull, ".")
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
