package main

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build makes the headgate binary that the demonstration runs.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "headgate")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/headgate-dev/headgate/cmd/headgate").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

func TestTheDemonstrationShowsFanOutRedactionAndBooks(t *testing.T) {
	t.Setenv("DO_NOT_TRACK", "")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	o := options{
		headgate: build(t), once: true, database: filepath.Join(t.TempDir(), "headgate.db"),
		config: filepath.Join("..", "..", "examples", "config", "quickstart.yaml"),
	}
	var out strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.run(ctx, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		`daemon \| \[TELEMETRY\] Endpoint: signup`,
		`posted \| → 200 OK \{"accepted":1`,
		`The http sink posted 5 events to its receiver:`,
		`"api_key":"\[redacted`,
		`The archive sink wrote 5 lines to a file`,
		`The warehouse sink has 5 rows in .*headgate.db. How many runs failed, day by day\?`,
		`(?m)^  20\d\d-\d\d-\d\d  1     1$`,
		`received  5 = 5 accepted \+ 0 denied \+ 0 rejected \+ 0 duplicates`,
		`receiver +http +ok +5 `,
		`warehouse +warehouse +ok +5 `,
		`is in no sink's output`,
		`daemon \| .*msg=stopped`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the output lacks %q", want)
		}
	}
	left := out.String()[strings.Index(out.String(), "The http sink posted"):]
	if strings.Contains(left, "ada.lovelace") {
		t.Error("the e-mail address got out")
	}
	if t.Failed() {
		t.Log(out.String())
	}
	theReadmeAsksTheFile(t, o.database)
}

// What the README tells a newcomer to ask is asked, as it stands there, of what the
// demonstration left behind.
func theReadmeAsksTheFile(t *testing.T, database string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sql\n(.*?);\n```").FindSubmatch(readme)
	if block == nil || string(block[1]) != failedRuns {
		t.Fatalf("README.md does not ask what the demonstration does:\n%s", block)
	}
	if guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "warehouse.md")); err != nil || !strings.Contains(string(guide), failedRuns) {
		t.Errorf("docs/warehouse.md does not ask it: %v", err)
	}
	if left, err := filepath.Glob(database + "-*"); err != nil || len(left) > 0 {
		t.Errorf("the daemon has left %v beside the file (%v)", left, err)
	}
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answer strings.Builder
	if err := printRows(t.Context(), db, string(block[1]), &answer); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^  day +runs  failed\n  20\d\d-\d\d-\d\d  1     1\n$`).MatchString(answer.String()) {
		t.Errorf("the answer is\n%s", answer.String())
	}
}
