package suite

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

func TestCostsAreOfOneObjectAndTheSlowestText(t *testing.T) {
	got := costs(scrub.Report{Peak: 5, Costs: []scrub.Cost{
		{Set: "given-values", Objects: 10, CPU: 1000, Mallocs: 20},
		{Set: "generated-values", Objects: 30, CPU: 7000, Mallocs: 20},
		{Set: "given-events", Objects: 2, CPU: 10, Mallocs: 0},
		{Set: "clean", Objects: 4, CPU: 100, Mallocs: 8},
		{Set: "hostile run colons", Bytes: 100, CPU: time.Second},
		{Set: "hostile run ats", Bytes: 100, CPU: 2 * time.Second},
		{Set: "hostile made tokens", Bytes: 100, CPU: 4 * time.Second},
	}})
	want := map[string]float64{
		"peak": 5, "value": 200, "value allocs": 1, "event": 5, "event allocs": 0, "clean": 25, "clean allocs": 2,
		"hostile runs": 50, "hostile": 25,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheTextsNobodyJudgesAreObjectsOfTheirSize(t *testing.T) {
	sets, err := writeTexts(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	limited := 0
	for _, set := range sets {
		text, err := os.ReadFile(set.In)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		for _, line := range lines {
			if !json.Valid(line) {
				t.Errorf("%s has a line that is not JSON", set.Name)
			}
		}
		if set.Limit > 0 {
			limited++
			if n := len(lines[0]); len(lines) != 1 || n < hostileSize*9/10 || n > hostileSize*11/10 {
				t.Errorf("%s has %d lines, the first of %d bytes", set.Name, len(lines), n)
			}
		} else if len(lines) != 1000 {
			t.Errorf("%s has %d lines", set.Name, len(lines))
		}
	}
	if limited != 10 {
		t.Errorf("%d texts have a limit", limited)
	}
}

// A row of a program that is not there, or of a variant in which a figure is missing, would be void only when measured.
func TestEveryScrubberIsAProgram(t *testing.T) {
	root := filepath.Join("..", "..")
	script, err := os.ReadFile(filepath.Join(root, python, "scrubbers.py"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range cleaners {
		if _, err := os.Stat(filepath.Join(root, s.program)); err != nil {
			t.Error(err)
		}
		for _, arg := range s.args {
			if !strings.Contains(string(script), `"`+arg+`":`) {
				t.Errorf("scrubbers.py knows no %q", arg)
			}
		}
	}
}

func TestAViewShowsOtherColumnsOfItsTable(t *testing.T) {
	results := report.Results{Tables: []report.Table{{Name: "scrubbers", Rows: []report.Row{{Label: "x", Runs: []report.Run{
		{Figures: map[string]float64{"given secrets": 0.125, "generated secrets": 0.5, "hostile": 2e6, "value": 1500}},
	}}}}}}
	for name, want := range map[string]string{
		"scrubbers": "| x | 50.0 % |", "scrubbers-given": "| x | 12.5 % |", "scrubber-costs": "| x | 1.50 | – |",
	} {
		if text, known := Text(results, name); !known || !strings.Contains(text, want) {
			t.Errorf("%s is %t, and shows no %q:\n%s", name, known, want, text)
		}
	}
}

func TestTheVersionOfAPythonPackageIsThatOfItsMetadata(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "lib", "python3.11", "site-packages", "some_name-1.2.3.dist-info"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := version(dir, "some_name"); got != "1.2.3" {
		t.Errorf("the version is %q", got)
	}
	if got := version(dir, "other"); got != "" {
		t.Errorf("the version of what is not there is %q", got)
	}
}
