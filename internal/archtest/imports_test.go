package archtest

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// A layer says what the packages that match a pattern may reach, directly or not.
// Patterns are those of path.Match, and "x/..." matches x and everything under it.
type layer struct {
	of      string
	why     string
	modules []string // of others; nil: the standard library only
	own     []string // of this module; nil: anything
}

var layers = []layer{
	{
		of: "core", why: "every host program links core",
		own: []string{"core", "core/internal/...", "core/consent", "core/sanitize", "core/queue", "core/wire"},
	},
	{of: "core/consent", why: "core imports it", own: []string{"core/consent", "core/internal/..."}},
	{of: "core/sanitize", why: "core imports it", own: []string{"core/sanitize"}},
	{of: "core/queue", why: "core imports it", own: []string{"core/queue"}},
	{of: "core/wire", why: "core imports it", own: []string{"core/wire"}},
	{
		of: "core/queue/jetstream", why: "it is NATS's client and nothing else",
		modules: []string{
			"github.com/nats-io/nats.go", "github.com/nats-io/nkeys", "github.com/nats-io/nuid", "github.com/klauspost/compress",
			"golang.org/x/crypto", "golang.org/x/sys",
		},
		own: []string{"core", "core/internal/...", "core/consent", "core/sanitize", "core/queue/...", "core/wire", "registry"},
	},
	{
		of: "core/transport", why: "it is for the authors of sinks",
		modules: []string{"github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp", "github.com/klauspost/compress"},
		own:     []string{"core/..."},
	},
	{of: "registry", why: "sinks in other modules import it", own: []string{"core/...", "registry/..."}},
	{
		of: "sinktest", why: "whoever tests a sink with it must not pay for it",
		own: []string{"core", "core/internal/...", "core/consent", "core/sanitize", "core/queue", "core/wire", "registry", "sinktest"},
	},
	{of: "usage", why: "every host program may link it", own: []string{"core", "core/internal/...", "core/consent", "core/sanitize", "core/queue/...", "core/wire"}},
	{
		of: "metrics", why: "it is OpenTelemetry, Prometheus and nothing else",
		modules: []string{
			"go.opentelemetry.io/otel", "go.opentelemetry.io/otel/exporters/prometheus", "go.opentelemetry.io/otel/log",
			"go.opentelemetry.io/otel/metric", "go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/sdk/metric",
			"go.opentelemetry.io/otel/trace", "go.opentelemetry.io/auto/sdk", "github.com/go-logr/logr", "github.com/go-logr/stdr",
			"github.com/google/uuid", "golang.org/x/sys", "google.golang.org/protobuf", "github.com/beorn7/perks",
			"github.com/cespare/xxhash/v2", "github.com/munnerz/goautoneg", "github.com/prometheus/client_golang",
			"github.com/prometheus/client_model", "github.com/prometheus/common", "github.com/prometheus/otlptranslator",
			"github.com/prometheus/procfs", "github.com/felixge/httpsnoop",
		},
		own: []string{"core", "core/internal/...", "core/consent", "core/sanitize", "core/queue/...", "core/wire"},
	},
	{
		of: "server", why: "it takes a dispatcher, however that was configured",
		modules: []string{"github.com/klauspost/compress", "golang.org/x/time", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp"},
		own:     []string{"core/...", "server/..."},
	},
}

// reserved modules may be imported directly by the packages named only.
var reserved = map[string][]string{
	"go.opentelemetry.io/":         {"metrics/..."},
	"github.com/prometheus/":       {"metrics/..."},
	"github.com/felixge/httpsnoop": {"metrics/..."},
	"go.yaml.in/yaml/":             {"config/..."},
	"github.com/spf13/cobra":       {"cli/..."},
	"github.com/expr-lang/":        {"config/expressions"},
	"golang.org/x/term":            {"cli/..."},
	"github.com/nats-io/":          {"core/queue/jetstream/..."},

	"modernc.org/":            {"sinks/warehouse/sqlite", "internal/demo"},
	"github.com/jackc/":       {"sinks/warehouse/postgres/...", "sinks/warehouse/redshift/...", "sinks/warehouse/internal/...", "internal/pgserver"},
	"github.com/snowflakedb/": {"sinks/warehouse/snowflake/..."},
	"cloud.google.com/":       {"sinks/warehouse/bigquery/..."},
	"google.golang.org/":      {"sinks/warehouse/bigquery/..."},
}

// testOnly must not be linked by any program.
var testOnly = []string{
	"testing", "github.com/google/go-cmp/", "go.uber.org/goleak", "pgregory.net/rapid",
	"github.com/rogpeppe/go-internal/", "github.com/santhosh-tekuri/jsonschema/", module + "/sinktest", module + "/sinks/warehouse/drivertest",
	module + "/core/queue/queuetest", "github.com/nats-io/nats-server/", "github.com/chromedp/",
}

// kits are for tests of others.
var kits = []string{"sinktest/...", "sinks/warehouse/drivertest", "core/queue/queuetest", "sinks/internal/deletion/deletiontest"}

func matches(pattern, name string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == dir || strings.HasPrefix(name, dir+"/")
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func TestALayerReachesOnlyWhatIsBelowIt(t *testing.T) {
	all, ours := packages(t), own(t)
	for _, l := range layers {
		p, ok := ours[l.of]
		if !ok {
			t.Errorf("there is no package %s; correct the table of layers", l.of)
			continue
		}
		for _, dep := range p.Deps {
			d := all[dep]
			switch {
			case d.Standard:
			case d.inModule():
				if l.own != nil && !matchesAny(l.own, d.short()) {
					t.Errorf("%s reaches %s: %s", l.of, d.short(), l.why)
				}
			case d.Module == nil || !slices.Contains(l.modules, d.Module.Path):
				t.Errorf("%s reaches %s: %s", l.of, dep, l.why)
			}
		}
	}
}

func TestASinkReachesNoOtherSinkAndNothingAboveIt(t *testing.T) {
	all := packages(t)
	for name, p := range own(t) {
		sink, ok := strings.CutPrefix(name, "sinks/")
		if !ok || sink == "all" || sink == "lite" {
			continue
		}
		sink, _, _ = strings.Cut(sink, "/")
		for _, dep := range p.Deps {
			d := all[dep]
			if d.inModule() && !matchesAny([]string{"core/...", "registry", "internal/...", "sinks/internal/...", "sinks/" + sink + "/..."}, d.short()) {
				t.Errorf("%s reaches %s: a sink may use core, core/transport and registry", name, d.short())
			}
		}
	}
}

func TestALibraryStaysBehindThePackageThatWrapsIt(t *testing.T) {
	for name, p := range own(t) {
		for _, imported := range p.Imports {
			for prefix, allowed := range reserved {
				if strings.HasPrefix(imported, prefix) && !matchesAny(allowed, name) {
					t.Errorf("%s imports %s, which only %s may", name, imported, strings.Join(allowed, ", "))
				}
			}
			if strings.HasPrefix(imported, module+"/cli") && !matchesAny([]string{"cli/...", "cmd/...", "internal/...", "metrics/selfmetrics"}, name) {
				t.Errorf("%s imports %s, which is for commands", name, imported)
			}
		}
	}
}

func TestNoProgramLinksTestingTools(t *testing.T) {
	for name, p := range own(t) {
		if matchesAny(kits, name) {
			continue // it is for tests of others
		}
		for _, dep := range p.Deps {
			for _, tool := range testOnly {
				if dep == "testing" && !slices.Contains(p.Imports, dep) {
					continue // a library of others brings it along
				}
				if dep == strings.TrimSuffix(tool, "/") || strings.HasPrefix(dep, tool) && tool != "testing" {
					t.Errorf("%s links %s into programs", name, dep)
				}
			}
		}
	}
}
