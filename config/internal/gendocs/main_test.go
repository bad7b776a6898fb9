package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/config"
)

func TestTheReferenceIsUpToDate(t *testing.T) {
	pages := config.Pages(nil)
	const directory = "../../../docs/sinks"
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is out of date, run go generate ./config:\n%s", name, diff)
		}
	}
	files, err := filepath.Glob(filepath.Join(directory, "*.md"))
	if err != nil || len(files) != len(pages) {
		t.Errorf("docs/sinks has %d pages, want %d (%v)", len(files), len(pages), err)
	}
}

func TestPagesOfSinksThatAreGoneAreRemoved(t *testing.T) {
	dir := t.TempDir()
	gone := filepath.Join(dir, "gone.md")
	if err := os.WriteFile(gone, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(gone); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "log.md")); err != nil {
		t.Error(err)
	}
}
