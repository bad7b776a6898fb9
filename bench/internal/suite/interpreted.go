package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// interpreted is a program that is a script, with a directory of the packages that it needs.
type interpreted struct {
	// packages is the file beside the script that lists them.
	packages string
	// install are the commands that make the directory; they run in the one of the script.
	install func(dir string) [][]string
	// command runs the script.
	command func(dir, scripts string) []string
}

// The scripts of scrubbers, by the names of their programs.
const (
	python = "scrub/python"
	node   = "scrub/node"
)

var scripts = map[string]interpreted{
	python: {
		packages: "requirements.txt",
		install: func(dir string) [][]string {
			return [][]string{
				{"python3", "-m", "venv", dir},
				{filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"},
			}
		},
		command: func(dir, scripts string) []string {
			return []string{filepath.Join(dir, "bin", "python"), filepath.Join(scripts, "scrubbers.py")}
		},
	},
	node: {
		packages: "package-lock.json",
		install: func(dir string) [][]string {
			return [][]string{
				{"mkdir", "-p", dir}, {"cp", "package.json", "package-lock.json", dir},
				{"npm", "ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"},
			}
		},
		command: func(dir, scripts string) []string {
			return []string{"node", filepath.Join(scripts, "scrubbers.js"), dir}
		},
	},
}

// buildScript makes the directory of a script's packages, unless it is there. What it needs to do so may be missing
// on a machine: the rows of the script are void then.
func (b *Bench) buildScript(ctx context.Context, name string) error {
	start, dir, source := time.Now(), b.program(name), filepath.Join(b.Root, name)
	s := scripts[name]
	want, err := os.ReadFile(filepath.Join(source, s.packages))
	if err != nil {
		return err
	}
	made := filepath.Join(dir, "made-of")
	if have, err := os.ReadFile(made); err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for _, args := range s.install(dir) {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir, cmd.Stderr = source, b.Log
		if err := cmd.Run(); err != nil {
			b.logf("%s was not built: %s: %v\n", name, args[0], err)
			return ctx.Err()
		}
	}
	b.logf("built %s in %s\n", name, time.Since(start).Round(time.Second))
	return os.WriteFile(made, want, 0o644)
}

// packageVersion returns the version of a package in the directory of a script, "" if it is not there.
func packageVersion(dir, name string) string {
	if found, _ := filepath.Glob(filepath.Join(dir, "lib", "python*", "site-packages", name+"-*.dist-info")); len(found) == 1 {
		_, version, _ := strings.Cut(strings.TrimSuffix(filepath.Base(found[0]), ".dist-info"), "-")
		return version
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", name, "package.json"))
	if err != nil {
		return ""
	}
	var p struct{ Version string }
	if json.Unmarshal(text, &p) != nil {
		return ""
	}
	return p.Version
}
