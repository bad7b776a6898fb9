package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/suite"
)

func repositoryPlace(t *testing.T) place {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return at(root)
}

func TestTheDocumentationShowsWhatWasMeasured(t *testing.T) {
	p := repositoryPlace(t)
	results, err := report.Read(p.results)
	if err != nil {
		t.Fatal(err)
	}
	if len(results.Tables) == 0 {
		t.Fatal("there are no results")
	}
	if err := p.check(results); err != nil {
		t.Error(err)
	}
}

func TestTheDocumentationShowsEveryTable(t *testing.T) {
	var all strings.Builder
	for _, document := range repositoryPlace(t).documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, table := range suite.Tables() {
		for _, view := range table.Shown() {
			if !strings.Contains(all.String(), "<!-- measured: "+view.Name+" -->") {
				t.Errorf("the documentation has no place for the table %s", view.Name)
			}
		}
	}
}

// A target that compares with a row nobody measures would never be missed.
func TestEveryTargetIsAboutRowsThatAreMeasured(t *testing.T) {
	rows := map[string]bool{}
	for _, table := range suite.Tables() {
		for _, row := range table.Rows {
			if rows[table.Name+"/"+row.Label] {
				t.Errorf("the table %s has two rows %q", table.Name, row.Label)
			}
			rows[table.Name+"/"+row.Label] = true
		}
	}
	for _, target := range suite.Targets() {
		for _, ref := range append([]report.Ref{target.Of}, target.By...) {
			if !rows[ref.Table+"/"+ref.Row] {
				t.Errorf("the target %q is about %s/%s, which is not measured", target.Text, ref.Table, ref.Row)
			}
		}
	}
}

func TestAChosenTableIsFoundByName(t *testing.T) {
	tables, err := choose("engines,sdks")
	if err != nil || len(tables) != 2 || tables[1].Name != "sdks" {
		t.Errorf("%v, %v", tables, err)
	}
	if _, err := choose("engine"); err == nil {
		t.Error("a table that does not exist was chosen")
	}
}
