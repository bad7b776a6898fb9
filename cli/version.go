package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/registry"
)

// Set by the linker, see the Makefile; what the go command knows otherwise.
var version, commit string

// build describes this program.
type build struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	Go      string   `json:"go"`
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	Sinks   []string `json:"sinks"`
}

func thisBuild() build {
	b := build{
		Version: version, Commit: commit,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		Sinks: registry.Default.Types(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, strings.Trim(info.Main.Version, "()"))
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = cmp.Or(b.Commit, s.Value)
			}
		}
	}
	b.Version = cmp.Or(b.Version, "devel")
	return b
}

func newVersion(a *app) *cobra.Command {
	return a.takesJSON(&cobra.Command{
		Use:   "version",
		Short: "Print the version, and the sink types compiled in",
		Args:  arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if a.json {
				return a.printJSON(b)
			}
			_, err := fmt.Fprintf(a.out, "headgate %s\ncommit %s\n%s %s/%s\nsinks: %s\n", b.Version,
				cmp.Or(b.Commit, "unknown"), b.Go, b.OS, b.Arch, strings.Join(b.Sinks, ", "))
			return err
		},
	})
}

// printJSON writes a result as one indented JSON value.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
