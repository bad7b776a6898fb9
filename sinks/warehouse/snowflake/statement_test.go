package snowflake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// The statements are in a file so that a change of one is seen by who reviews it: what
// Snowflake makes of them is known by its documents, and by emulators, alone.
func TestTheStatementsAreThoseOfTheFile(t *testing.T) {
	table, err := warehouse.ParseTable("analytics.Events.telemetry_events")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 12, 0, 0, 1, time.UTC)
	got := strings.Join([]string{
		createTable(table), describeTable(table), mergeRows(table, timestamp(at.Add(-24*time.Hour)), timestamp(at)), insertRows(table),
		oldestRow(table), deleteRows(table, at), "",
	}, "\n")
	path := filepath.Join("testdata", "statements.sql")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the statements differ from %s (UPDATE=1 writes it):\n%s", path, diff)
	}
}

func TestNoNameOfAnOptionCanEndAnIdentifier(t *testing.T) {
	for _, name := range []string{`a"b`, "a b", "a;b", "1a", "", "a.b.c.d", "ä"} {
		if table, err := warehouse.ParseTable(name); err == nil {
			t.Errorf("table %q becomes %s", name, tableName(table))
		}
	}
}
