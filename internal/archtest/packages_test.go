package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/headgate-dev/headgate"

// pkg is what go list tells about a package.
type pkg struct {
	ImportPath string
	Name       string
	Doc        string
	Dir        string
	Standard   bool
	Imports    []string
	Deps       []string
	GoFiles    []string
	Module     *struct{ Path string }
}

// short returns the path of a package of this module within it.
func (p pkg) short() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func (p pkg) inModule() bool { return p.Module != nil && p.Module.Path == module }

// repository returns the directory of go.mod.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("the repository is not where this test expects it: %v", err)
	}
	return dir
}

// listed is the answer of go list for the whole module and everything it depends on.
var listed = sync.OnceValues(func() (map[string]pkg, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Name,Doc,Dir,Standard,Imports,Deps,GoFiles,Module", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.New("go list: " + stderr.String())
	}
	packages := make(map[string]pkg)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case err == io.EOF:
			return packages, nil
		case err != nil:
			return nil, err
		}
		packages[p.ImportPath] = p
	}
})

// packages returns every package of the module and every one that it links.
func packages(t *testing.T) map[string]pkg {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// own returns the packages of this module, by their path within it.
func own(t *testing.T) map[string]pkg {
	t.Helper()
	found := make(map[string]pkg)
	for _, p := range packages(t) {
		if p.inModule() {
			found[p.short()] = p
		}
	}
	if len(found) < 5 {
		t.Fatalf("go list found only %d packages of this module", len(found))
	}
	return found
}
