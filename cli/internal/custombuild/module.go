package custombuild

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Module is a package to link, with where its module comes from.
type Module struct {
	// Package is what the program imports.
	Package string
	// Version is the one to require, such as v1.2.0 or a branch; the latest if empty.
	Version string
	// Dir is a directory to use in place of a published module, or empty.
	Dir string
	// Path is that of the module in Dir; of any other the go command finds it.
	Path string
}

var (
	packagePath = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9._~-]+)*$`)
	moduleLine  = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)
)

// ParseModule reads MODULE[@VERSION][=PATH].
func ParseModule(text string) (Module, error) {
	what, dir, local := strings.Cut(text, "=")
	m := Module{Package: what}
	m.Package, m.Version, _ = strings.Cut(what, "@")
	if !packagePath.MatchString(m.Package) || strings.HasSuffix(what, "@") {
		return Module{}, fmt.Errorf("%q: want MODULE, MODULE@VERSION or MODULE=PATH", text)
	}
	if !local {
		return m, nil
	}
	if m.Version != "" {
		return Module{}, fmt.Errorf("%q: a directory has no version; leave out @%s or =%s", text, m.Version, dir)
	}
	var err error
	if m.Dir, err = filepath.Abs(dir); err != nil {
		return Module{}, err
	}
	file, err := os.ReadFile(filepath.Join(m.Dir, "go.mod"))
	if err != nil {
		return Module{}, fmt.Errorf("%q: %s holds no module: %w", text, dir, err)
	}
	found := moduleLine.FindSubmatch(file)
	if found == nil {
		return Module{}, fmt.Errorf("%q: the go.mod in %s names no module", text, dir)
	}
	m.Path = string(found[1])
	if m.Package != m.Path && !strings.HasPrefix(m.Package, m.Path+"/") {
		return Module{}, fmt.Errorf("%q: the module in %s is %s", text, dir, m.Path)
	}
	return m, nil
}
