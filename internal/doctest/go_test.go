package doctest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/headgate-dev/headgate"

func TestEveryProgramInTheDocumentationCompiles(t *testing.T) {
	dir := t.TempDir()
	gomod := fmt.Sprintf("module example.org/docs\n\ngo 1.26.0\n\nrequire %[1]s v0.0.0\n\nreplace %[1]s => %[2]s\n", module, repository(t))
	write(t, filepath.Join(dir, "go.mod"), gomod)
	sums, err := os.ReadFile(filepath.Join(repository(t), "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums))
	for i, b := range blocks(t, "go") {
		name := fmt.Sprintf("block%d", i)
		// The compiler reports positions in the documentation.
		text := fmt.Sprintf("//line %s:%d\n%s", filepath.Join(repository(t), b.file), b.line, b.text)
		write(t, filepath.Join(dir, name, "main.go"), text)
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, strings.ReplaceAll(string(out), repository(t)+string(filepath.Separator), ""))
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
