package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	// A path in the repository, in backticks.
	pathInText = regexp.MustCompile("`((?:cli|cmd|config|core|docs|examples|internal|metrics|registry|server|sinks|usage)/[A-Za-z0-9_./-]+)`")
)

// documents returns the text of every Markdown file, by its path within the repository.
func documents(t *testing.T) map[string]string {
	t.Helper()
	root := repository(t)
	found := make(map[string]string)
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(root, name)
			found[rel] = string(text)
		}
	}
	if len(found) < 5 {
		t.Fatalf("only %d documents were found", len(found))
	}
	return found
}

func TestLinksBetweenDocumentsLeadSomewhere(t *testing.T) {
	for name, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			to := filepath.Join(repository(t), filepath.Dir(name), filepath.FromSlash(m[1]))
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, m[1])
			}
		}
	}
}

func TestFilesThatTheDocumentationNamesExist(t *testing.T) {
	for name, text := range documents(t) {
		for _, m := range pathInText.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(repository(t), filepath.FromSlash(strings.TrimSuffix(m[1], "/")))); err != nil {
				t.Errorf("%s names %s, which does not exist", name, m[1])
			}
		}
	}
}
