// Package scaffold writes the module of a new sink: code that works, its conformance test,
// and what explains them.
package scaffold

import (
	"embed"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/headgate-dev/headgate/cli/internal/custombuild"
	"github.com/headgate-dev/headgate/registry"
)

//go:embed sink
var templates embed.FS

// goVersion is what headgate's own go.mod says.
const goVersion = "1.26.0"

// Sink is what the module of a sink is made from.
type Sink struct {
	// Name is the type of the sink in sinks.yaml.
	Name string
	// Module is the path of its module; example.com/headgate-NAME if empty.
	Module string
	// Dir is where it is written, which must be empty or not there; headgate-NAME if empty.
	Dir string
	// Version is that of headgate that it requires, such as v1.2.0.
	Version string
	// Headgate is a directory with headgate's source to use in place of a release, or empty.
	Headgate string
}

var (
	sinkName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)
	modulePath = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9._~-]+)*$`)
)

// Write writes the module, and returns the paths of its files.
func (s Sink) Write() (files []string, err error) {
	if err := s.complete(); err != nil {
		return nil, err
	}
	if err := empty(s.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("PACKAGE", s.packageName(), "NAME", s.Name, "VARIABLE", strings.ToUpper(s.Name),
		"TITLE", strings.ReplaceAll(s.Name, "_", " "), "MODULE", s.Module, "GOVERSION", goVersion, "VERSION", s.Version)
	for name, target := range map[string]string{
		"go.mod.txt": "go.mod", "sink.go.txt": s.Name + ".go", "sink_test.go.txt": s.Name + "_test.go",
		"README.md.txt": "README.md", "sinks.yaml.txt": "sinks.yaml",
	} {
		text, err := templates.ReadFile("sink/" + name)
		if err != nil {
			return nil, err
		}
		content := fill.Replace(string(text))
		if target == "go.mod" && s.Headgate != "" {
			content += fmt.Sprintf("\nreplace %s => %s\n", custombuild.Headgate, s.Headgate)
		}
		path := filepath.Join(s.Dir, target)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	return files, nil
}

// complete fills in what was not said, and refuses what cannot be used.
func (s *Sink) complete() error {
	if !sinkName.MatchString(s.Name) {
		return fmt.Errorf("%q is no name for a type of sink: want lower case letters, digits and underscores, a letter first", s.Name)
	}
	if _, taken := registry.Default.Lookup(s.Name); taken {
		return fmt.Errorf("there is a sink type %q already; choose another name", s.Name)
	}
	if token.IsKeyword(s.packageName()) {
		return fmt.Errorf("%q is a word of the Go language; choose another name", s.Name)
	}
	if s.Module == "" {
		s.Module = "example.com/headgate-" + strings.ReplaceAll(s.Name, "_", "-")
	}
	if !modulePath.MatchString(s.Module) {
		return fmt.Errorf("%q is no path of a module; want one such as example.com/headgate-%s", s.Module, s.Name)
	}
	if s.Dir == "" {
		s.Dir = "headgate-" + strings.ReplaceAll(s.Name, "_", "-")
	}
	if s.Headgate != "" {
		dir, err := filepath.Abs(s.Headgate)
		if err != nil {
			return err
		}
		s.Headgate = dir
	}
	return nil
}

func (s *Sink) packageName() string { return strings.ReplaceAll(s.Name, "_", "") }

// empty refuses a directory in which something could be overwritten.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty; nothing is overwritten", dir)
	}
	return nil
}
