package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/registry"
	_ "github.com/headgate-dev/headgate/sinks/all"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const module = "github.com/headgate-dev/headgate/"

// TestEveryPartOfHeadgateHasAPackageThatAProgramImports has the names in config be those that are registered.
func TestEveryPartOfHeadgateHasAPackageThatAProgramImports(t *testing.T) {
	uses := config.Uses{Queue: "jetstream", Expressions: true}
	var want []string
	for _, typ := range registry.Default.Types() {
		uses.Types = append(uses.Types, typ)
		if typ != "warehouse" {
			want = append(want, module+"sinks/"+typ)
		}
	}
	for _, d := range warehouse.Drivers() {
		uses.Drivers = append(uses.Drivers, d.Name)
		want = append(want, module+"sinks/warehouse/"+d.Name)
	}
	want = append(want, module+"core/queue/jetstream", module+"config/expressions")
	if diff := cmp.Diff(want, uses.Packages()); diff != "" {
		t.Error(diff)
	}
	if others := (config.Uses{Types: []string{"other"}, Drivers: []string{"duckdb"}, Queue: "disk"}).Packages(); len(others) > 0 {
		t.Errorf("what is not headgate's, or in every program, has the packages %v", others)
	}
}

func TestASinkThatAProgramWasBuiltWithoutIsToldToBeImported(t *testing.T) {
	for text, want := range map[string]string{
		"sinks: {segment: {}}":                               `sinks.yaml:1:9: sink type segment is not in this program; import _ "` + module + `sinks/segment", or sinks/all`,
		"sinks: {a: {type: warehouse, driver: postgres}}":    `sinks.yaml:1:19: sink type warehouse is not in this program; import _ "` + module + `sinks/warehouse/postgres", or sinks/all`,
		"sinks: {a: {type: warehouse}}":                      `sinks.yaml:1:19: sink type warehouse is not in this program; import _ "` + module + `sinks/warehouse/sqlite", or sinks/all`,
		"sinks: {a: {type: warehouse, driver: '${DRIVER}'}}": `sinks.yaml:1:19: sink type warehouse is not in this program; import _ "` + module + `sinks/warehouse/sqlite", or sinks/all`,
	} {
		if _, problems := load(text, nil); problems.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %v", text, problems, want)
		}
	}
}

func TestAStarterFileIsNotWrittenForASinkThatAProgramWasBuiltWithout(t *testing.T) {
	_, err := config.Starter(newRegistry(&recorder{}), []string{"web=segment"})
	if want := `sink type segment is not in this program; import _ "` + module + `sinks/segment", or sinks/all`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
