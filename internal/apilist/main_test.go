package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheListsOfTheAPIAreUpToDate(t *testing.T) {
	root := filepath.Join("..", "..")
	want, err := lists(root)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "api", "*.txt"))
	if err != nil || len(files) != len(want) {
		t.Errorf("api/ has %d lists, there are %d public packages (%v); run go generate ./internal/apilist", len(files), len(want), err)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(root, "api", name))
		if diff := cmp.Diff(string(got), string(text)); err != nil || diff != "" {
			t.Errorf("the API is not what api/%s says; if that is meant, run go generate ./internal/apilist (-listed +is):\n%s", name, diff)
		}
	}
}

func TestAListHasWhatIsExportedAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	source := `// Package p is one.
package p

import "time"

// A is a type.
type A struct {
	// B is a field.
	B time.Duration ` + "`yaml:\"b\"`" + `
	c int
}

// M is a method.
func (a *A) M(x int) (err error) { return nil }
func (a *A) n()                  {}
func hidden()                    {}

type hiddenToo struct{ X int }

func (*hiddenToo) Shown()        {}
func (h listHidden[K, V]) Shown() {}

// G has a parameter.
type G[K any] struct{}

// P is a method of it.
func (g *G[K]) P() {}

const (
	One = iota
	Two
)
`
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := list(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"package p\n", "type A struct {", "B time.Duration `yaml:\"b\"`", "func (a *A) M(x int) (err error)\n", "One = iota\n\tTwo\n", "func (g *G[K]) P()\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for _, no := range []string{"is a", "idden", "Shown", "func (a *A) n", "c int", "import"} {
		if strings.Contains(string(got), no) {
			t.Errorf("%q is in\n%s", no, got)
		}
	}
}
