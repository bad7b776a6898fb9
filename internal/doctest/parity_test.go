package doctest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// features is how many of Langflow's features there are to account for.
const features = 144

var (
	parityRow = regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+) \| (yes|different|not yet) \| (.+) \|$`)
	// A link to a test, or to a subtest, in the file that it is in.
	testLink = regexp.MustCompile(`\[((?:Test|Example|Benchmark)[A-Za-z0-9_]*)(?:/([^\]]+))?\]\(\.\./([^)]+)\)`)
)

func parity(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "docs", "langflow-parity.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryFeatureOfLangflowIsAccountedFor(t *testing.T) {
	text, counts := parity(t), map[string]int{}
	rows := parityRow.FindAllStringSubmatch(text, -1)
	if len(rows) != features {
		t.Errorf("there are %d rows, want %d", len(rows), features)
	}
	for i, row := range rows {
		number, feature, state, proof := row[1], row[2], row[3], row[4]
		if n, _ := strconv.Atoi(number); n != i+1 {
			t.Errorf("row %d has the number %s", i+1, number)
		}
		counts[state]++
		reason := strings.Trim(testLink.ReplaceAllString(proof, ""), " ,.:()")
		switch {
		case state == "yes" && !testLink.MatchString(proof):
			t.Errorf("%s %s: no test shows it", number, feature)
		case state != "yes" && reason == "":
			t.Errorf("%s %s: there is no reason why it is %s", number, feature, state)
		}
	}
	if want := fmt.Sprintf("\n%d yes, %d different, %d not yet.\n", counts["yes"], counts["different"], counts["not yet"]); !strings.Contains(text, want) {
		t.Errorf("the sum above the table is not %q", want)
	}
}

func TestEveryTestThatTheParityNamesExists(t *testing.T) {
	links := testLink.FindAllStringSubmatch(parity(t), -1)
	if len(links) < features {
		t.Fatalf("only %d links to tests were found", len(links))
	}
	for _, l := range links {
		name, subtest, file := l[1], l[2], filepath.Join(repository(t), filepath.FromSlash(l[3]))
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if filepath.Ext(file) == ".txtar" { // the file is the subtest
			if got := strings.TrimSuffix(filepath.Base(file), ".txtar"); got != subtest {
				t.Errorf("%s is not %s/%s", l[3], name, subtest)
			}
			continue
		}
		if !regexp.MustCompile(`(?m)^func ` + name + `\(`).Match(text) {
			t.Errorf("%s has no %s", l[3], name)
		}
		if subtest != "" && !strings.Contains(string(text), `"`+subtest+`"`) && !strings.Contains(string(text), `"`+subtest+`/"`) {
			t.Errorf("%s has no subtest %s", l[3], subtest)
		}
	}
}

// The tests of Langflow that are named beside a test here are its subtests.
func TestEveryTestOfLangflowThatTheParityNamesIsASubtest(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| test_[^|]+\\| \\[(Test[A-Za-z]+)\\]\\(\\.\\./([^)]+)\\) \\| ((?:`test_[a-z0-9_]+`(?:, )?)+) \\|$").FindAllStringSubmatch(parity(t), -1)
	if len(rows) != 5 {
		t.Fatalf("%d rows were found", len(rows))
	}
	for _, row := range rows {
		text, err := os.ReadFile(filepath.Join(repository(t), filepath.FromSlash(row[2])))
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.SplitSeq(row[3], ", ") {
			name = strings.Trim(name, "`")
			if !regexp.MustCompile(`"` + name + `(/?"\+|": *|", func)`).Match(text) {
				t.Errorf("%s of %s has no subtest %s", row[1], row[2], name)
			}
		}
	}
}
