package sinktest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/sinktest"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheGuideShowsTheExampleAsItIs(t *testing.T) {
	guide := read(t, "docs/extend.md")
	for _, name := range []string{"examples/plank/plank.go", "examples/plank/plank_test.go"} {
		if !strings.Contains(guide, "```go\n"+read(t, name)+"```") {
			t.Errorf("docs/extend.md does not show %s as it is", name)
		}
	}
}

func TestTheGuideListsEveryRule(t *testing.T) {
	guide := read(t, "docs/extend.md")
	for _, r := range sinktest.Rules() {
		if !strings.Contains(guide, "| "+r.Name+" | ") || !strings.Contains(guide, " | "+r.Why+" |") {
			t.Errorf("docs/extend.md lacks the row of %s, with its reason", r.Name)
		}
	}
}
