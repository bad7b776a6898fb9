package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// databases are what the drivers of the warehouse sink bring along.
var databases = []string{
	"modernc.org/", "github.com/jackc/", "github.com/snowflakedb/", "cloud.google.com/", "google.golang.org/",
	"github.com/Azure/", "github.com/aws/", "github.com/apache/",
}

// A driver weighs up to twenty times what the rest does, and does things when it is
// imported: who has not asked for one must not get it.
func TestADatabaseDriverIsLinkedOnlyByWhoImportsIt(t *testing.T) {
	ours := own(t)
	for _, name := range []string{"core", "registry", "config", "server", "cli", "sinks/warehouse", "sinks/lite"} {
		p, ok := ours[name]
		if !ok {
			t.Errorf("there is no package %s", name)
		}
		for _, dep := range p.Deps {
			short := strings.TrimPrefix(dep, module+"/")
			if matches("sinks/warehouse/...", short) && short != "sinks/warehouse" {
				t.Errorf("%s links the driver %s", name, short)
			}
			for _, database := range databases {
				if strings.HasPrefix(dep, database) {
					t.Errorf("%s links %s", name, dep)
				}
			}
		}
	}
}

const liteMain = `// Lite is headgate without database drivers.
package main

import (
	"os"

	"github.com/headgate-dev/headgate/cli"

	_ "github.com/headgate-dev/headgate/sinks/lite"
)

func main() { os.Exit(cli.Main()) }
`

// maxLite is the size of a program with every sink and no database driver, in bytes.
const maxLite = 15_000_000

func TestAProgramWithoutDatabaseDriversIsSmall(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), liteMain)
	binary := filepath.Join(dir, "lite")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, filepath.Join(dir, "main.go"))
	build.Dir, build.Env = repository(t), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	if info.Size() > maxLite {
		t.Errorf("the program has %d bytes, more than %d", info.Size(), maxLite)
	}
	config := filepath.Join(dir, "sinks.yaml")
	write(t, config, "sinks:\n  store:\n    type: warehouse\n    driver: postgres\n")
	out, err := exec.CommandContext(t.Context(), binary, "validate", "--config", config).CombinedOutput()
	want := `:3:11: sink type warehouse is not in this program; import _ "` + module + `/sinks/warehouse/postgres", or sinks/all`
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("validate says %q (%v), want %q", out, err, want)
	}
	for _, args := range [][]string{{"sinks"}, {"schema"}, {"version", "--json"}} {
		if out, err := exec.CommandContext(t.Context(), binary, args...).Output(); err != nil || strings.Contains(string(out), "warehouse") {
			t.Errorf("%v: the program has no driver, and yet lists the warehouse (%v)", args, err)
		}
	}
	out, err = exec.CommandContext(t.Context(), binary, "sinks", "warehouse", "--ddl", "postgres").CombinedOutput()
	want = `driver postgres is not in this program; import _ "` + module + `/sinks/warehouse/postgres", or sinks/all`
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("sinks --ddl says %q (%v), want %q", out, err, want)
	}
}
