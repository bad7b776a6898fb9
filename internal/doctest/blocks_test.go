package doctest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// block is a fenced code block of a Markdown file.
type block struct {
	file string // within the repository
	line int    // of its first line
	lang string
	text string
}

// repository returns the directory of go.mod.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// blocks returns the code blocks in the given languages of all documentation.
func blocks(t *testing.T, langs ...string) []block {
	t.Helper()
	root := repository(t)
	var found []block
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		for _, b := range parseBlocks(filepath.ToSlash(rel), string(text)) {
			for _, lang := range langs {
				if b.lang == lang {
					found = append(found, b)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no code block in %v was found; is the repository where this test expects it?", langs)
	}
	return found
}

// parseBlocks finds the fenced code blocks of a Markdown text.
func parseBlocks(file, text string) []block {
	const fence = "```"
	var found []block
	var open *block
	n := 0
	for l := range strings.Lines(text) {
		n++
		trimmed := strings.TrimSpace(l)
		switch {
		case open == nil && strings.HasPrefix(trimmed, fence):
			open = &block{file: file, line: n + 1, lang: strings.TrimPrefix(trimmed, fence)}
		case open != nil && trimmed == fence:
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += l
		}
	}
	return found
}

func TestCodeBlocksAreFound(t *testing.T) {
	got := parseBlocks("x.md", "text\n```yaml\na: 1\n```\n\n```\nnothing\n```\n")
	want := []block{{"x.md", 3, "yaml", "a: 1\n"}, {"x.md", 7, "", "nothing\n"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
