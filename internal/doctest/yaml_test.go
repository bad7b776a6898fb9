package doctest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/headgate-dev/headgate/config"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

func TestEveryConfigurationInTheDocumentationLoads(t *testing.T) {
	for _, b := range blocks(t, "yaml") {
		_, problems := config.Load([]byte(b.text), config.Options{Path: b.file, Tolerant: true})
		for _, p := range problems {
			t.Errorf("%s, block at line %d: %v", b.file, b.line, p)
		}
	}
}

func TestEveryExampleConfigurationLoadsWithoutAWarning(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository(t), "examples", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no example was found: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, problems := config.Load(text, config.Options{Path: name, Tolerant: true})
		if file != nil {
			problems = append(problems, file.Warnings...)
		}
		for _, p := range problems {
			t.Error(p)
		}
	}
}
