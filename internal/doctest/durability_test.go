package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// catalogue has the numbers of what a durable queue has to stand.
var catalogue = []int{
	1, 2, 3, 4, 6, 7, 9, 10, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 29, 30, 31, 32, 33, 35, 36, 38, 39, 40,
	44, 47, 48, 61, 62,
}

// mistakes is how many were made on purpose.
const mistakes = 38

var (
	catalogueRow = regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|$`)
	mistakeRow   = regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+) \| ([^|]+) \|$`)
	testCommand  = regexp.MustCompile("`go test \\./([^ `]+) -run '\\^(Test[A-Za-z0-9_]+)\\$'`")
)

// section returns the part of the page on durability under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "docs", "durability.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no section %q", heading)
	}
	part, _, _ := strings.Cut(rest, "\n## ")
	return part
}

func TestEveryEntryOfTheCatalogueNamesATestOrSaysWhyThereIsNone(t *testing.T) {
	var numbers []int
	for _, row := range catalogueRow.FindAllStringSubmatch(section(t, "The catalogue"), -1) {
		n, _ := strconv.Atoi(row[1])
		numbers = append(numbers, n)
		if !testLink.MatchString(row[3]) && strings.Trim(row[4], " —") == "" {
			t.Errorf("%d %s: there is no test, and no reason why", n, row[2])
		}
	}
	if !slices.Equal(numbers, catalogue) {
		t.Errorf("the catalogue has %v, want %v", numbers, catalogue)
	}
}

func TestEveryTestThatThePageOnDurabilityLinksExists(t *testing.T) {
	links := testLink.FindAllStringSubmatch(section(t, "The catalogue")+section(t, "Mistakes that the tests notice"), -1)
	if len(links) < len(catalogue)+mistakes {
		t.Fatalf("only %d links to tests were found", len(links))
	}
	for _, l := range links {
		if !hasTest(t, filepath.FromSlash(l[3]), l[1]) {
			t.Errorf("%s has no %s", l[3], l[1])
		}
	}
}

func TestEveryCommandThatTriesAMistakeOfOthersRunsATest(t *testing.T) {
	text := section(t, "What went wrong elsewhere")
	rows, commands := strings.Count(text, "\n| ")-1, testCommand.FindAllStringSubmatch(text, -1)
	if rows < 30 || len(commands) != rows {
		t.Fatalf("%d rows have %d commands", rows, len(commands))
	}
	for _, c := range commands {
		files, err := filepath.Glob(filepath.Join(repository(t), filepath.FromSlash(c[1]), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			rel, _ := filepath.Rel(repository(t), file)
			return hasTest(t, rel, c[2])
		}) {
			t.Errorf("%s has no %s", c[1], c[2])
		}
	}
}

func TestEveryMistakeThatWasMadeOnPurposeIsNoticed(t *testing.T) {
	rows := mistakeRow.FindAllStringSubmatch(section(t, "Mistakes that the tests notice"), -1)
	if len(rows) != mistakes {
		t.Errorf("there are %d mistakes, want %d", len(rows), mistakes)
	}
	for i, row := range rows {
		if row[1] != strconv.Itoa(i+1) || !testLink.MatchString(row[3]) {
			t.Errorf("row %d: number %s, noticed by %s", i+1, row[1], row[3])
		}
	}
}

// hasTest reports whether a file of the repository has a test.
func hasTest(t *testing.T, file, name string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), file))
	if err != nil {
		t.Error(err)
		return false
	}
	return regexp.MustCompile(`(?m)^func ` + name + `\(t \*testing\.T\)`).Match(text)
}
