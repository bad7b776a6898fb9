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
	for _, s := range cleaners {
		if _, err := os.Stat(filepath.Join(root, s.program)); err != nil {
			t.Error(err)
		}
		script, interpreted := scripts[s.program]
		if !interpreted {
			continue
		}
		file := script.command("", filepath.Join(root, s.program))[1]
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, arg := range s.args {
			if quoted := strings.ReplaceAll(string(text), "'", `"`); !strings.Contains(quoted, `"`+arg+`":`) {
				t.Errorf("%s knows no %q", file, arg)
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

func TestTheVersionOfAPackageIsThatOfItsMetadata(t *testing.T) {
	dir := t.TempDir()
	for _, made := range []string{"lib/python3.11/site-packages/some_name-1.2.3.dist-info", "node_modules/some-name"} {
		if err := os.MkdirAll(filepath.Join(dir, made), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "node_modules", "some-name", "package.json"), []byte(`{"version":"4.5.6"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"some_name": "1.2.3", "some-name": "4.5.6", "other": ""} {
		if got := version(dir, name); got != want {
			t.Errorf("the version of %s is %q, want %q", name, got, want)
		}
	}
}
