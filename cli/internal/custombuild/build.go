// Package custombuild makes headgate programs with further sinks: a main that is a list of
// imports, in a module of its own, built by the go command.
package custombuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Plan says what to build.
type Plan struct {
	// With are the packages to link beside those of headgate.
	With []Module
	// Packages are headgate's own.
	Packages []string
	// Metrics says whether the daemon serves /metrics.
	Metrics bool
	// Version is that of headgate, unless With has a module in its place.
	Version string
	// Output is the file to write.
	Output string
	// Log takes what the go command says.
	Log io.Writer
}

// Files returns the program and its go.mod, which the go command completes.
func (p *Plan) Files() map[string]string {
	packages := p.Packages
	var mod strings.Builder
	mod.WriteString("module headgate-custom\n\ngo 1.26.0\n")
	version := p.Version
	for _, m := range p.With {
		if m.Path == Headgate || m.Package == Headgate {
			version = m.Version
		}
		if m.Package != Headgate {
			packages = append(packages[:len(packages):len(packages)], m.Package)
		}
		if m.Dir != "" {
			fmt.Fprintf(&mod, "\nrequire %s v0.0.0\nreplace %s => %s\n", m.Path, m.Path, m.Dir)
		}
	}
	if version != "" && strings.HasPrefix(version, "v") {
		fmt.Fprintf(&mod, "\nrequire %s %s\n", Headgate, version)
	}
	return map[string]string{"main.go": mainFile(packages, p.Metrics), "go.mod": mod.String()}
}

// Build writes the program to a temporary directory and has the go command build it.
func (p *Plan) Build(ctx context.Context) (err error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return errors.New("building a program needs Go: the command go is not on the PATH")
	}
	output, err := filepath.Abs(p.Output)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "headgate-build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for name, text := range p.Files() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	run := func(args ...string) error {
		cmd := exec.CommandContext(ctx, tool, args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p.Log, p.Log
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("go %s: %w", args[0], err)
		}
		return nil
	}
	for _, m := range p.With {
		if m.Dir != "" {
			continue
		}
		version := m.Version
		if version == "" {
			version = "latest"
		}
		if err := run("get", m.Package+"@"+version); err != nil {
			return err
		}
	}
	return run("build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", output, ".")
}
