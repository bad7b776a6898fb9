package doctest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/config"

	_ "github.com/headgate-dev/headgate/sinks/all"
)

func TestEveryConfigurationInTheDocumentationLoads(t *testing.T) {
	for _, b := range blocks(t, "yaml") {
		if strings.HasPrefix(b.text, "config:") {
			runCases(t, b)
			continue
		}
		if strings.HasPrefix(b.text, "groups:") { // rules for Prometheus, whose metrics are looked for by another test
			continue
		}
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
		if strings.HasSuffix(name, ".test.yaml") || filepath.Base(filepath.Dir(name)) == "thirdparty" { // which has a test of its own, for it has a sink of its own
			continue
		}
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

// runCases runs the tests that a block holds, of an example configuration.
func runCases(t *testing.T, b block) {
	t.Helper()
	path := filepath.Join(repository(t), "examples", "config", "block.test.yaml")
	file, problems := config.ParseCases([]byte(b.text), path)
	if file != nil {
		holdAll(t, file)
	}
	for _, p := range problems {
		t.Errorf("%s, block at line %d: %v", b.file, b.line, p)
	}
}

func holdAll(t *testing.T, file *config.CaseFile) {
	t.Helper()
	results, problems := file.Run("", config.Options{})
	for _, r := range results {
		problems = append(problems, r.Failures...)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

func TestEveryExampleDoesWhatItsTestsSay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository(t), "examples", "*", "*.test.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no test was found: %v", err)
	}
	for _, name := range files {
		file, problems := config.LoadCases(name)
		if len(problems) > 0 {
			t.Error(problems)
			continue
		}
		holdAll(t, file)
	}
}
