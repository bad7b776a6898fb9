package embed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxLines is what embedding may cost: lines of code, without comments and blank lines.
const maxLines = 15

func TestEmbeddingTakesAFewLines(t *testing.T) {
	programs, err := filepath.Glob("*/main.go")
	if err != nil || len(programs) != 2 {
		t.Fatalf("found the programs %v (%v), want two", programs, err)
	}
	for _, name := range programs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				lines++
			}
		}
		if lines == 0 || lines > maxLines {
			t.Errorf("%s has %d lines, want at most %d", name, lines, maxLines)
		}
	}
}

// What the README shows is the program that is tested.
func TestTheReadmeShowsTheProgram(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join("file", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(program), "\npackage main")
	if code == "" || !strings.Contains(string(readme), "package main"+code) {
		t.Error("README.md does not show examples/embed/file/main.go")
	}
}
