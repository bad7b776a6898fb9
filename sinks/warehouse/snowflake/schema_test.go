package snowflake

import (
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

func TestATableThatDoesNotSuitIsToldColumnByColumn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		column, typ string
		required    bool
		want        string
	}{
		"a column is missing":           {"KIND", "", false, `column "KIND" VARCHAR is missing`},
		"a type is another":             {"PAYLOAD", "VARCHAR(16777216)", true, `column "PAYLOAD" must be VARIANT`},
		"what may be absent may not":    {"USER_ID", "VARCHAR(100)", true, `column "USER_ID" must not be NOT NULL`},
		"a further column is asked for": {"TENANT", "VARCHAR(100)", true, "a further column is NOT NULL and has no default"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAccount(t)
			d := ready(t, s)
			s.Alter(events, test.column, test.typ, test.required)
			for _, err := range []error{d.EnsureSchema(within(t)), d.Check(within(t))} {
				wantClass(t, err, core.ClassUnauthorized)
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("%q does not say %q", err, test.want)
				}
			}
		})
	}
}

func TestATableOfSomebodyElsesMakingSuits(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	s.Alter(events, "TENANT", "VARCHAR(100)", false)
	s.Alter(events, "KIND", "VARCHAR(20)", false)
	s.Alter(events, "TIMESTAMP", "TIMESTAMP_TZ(9)", true)
	if err := d.EnsureSchema(within(t)); err != nil {
		t.Error(err)
	}
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Error(err)
	}
}

// A role that may insert, but not make tables, is all that is needed once the table is there.
func TestATableThatIsThereIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	ready(t, s)
	before := len(s.Calls(fakeflake.PathQuery))
	if err := ready(t, s).Check(within(t)); err != nil {
		t.Fatal(err)
	}
	for _, call := range s.Calls(fakeflake.PathQuery)[before:] {
		if !strings.HasPrefix(call.Statement, "DESCRIBE") {
			t.Errorf("executed %s", call.Statement)
		}
	}
}

func TestWithoutALookAtTheSchemaACheckSignsInOnly(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	off := warehouse.SchemaOff
	c := configOf(s)
	c.EnsureSchema = &off
	d := open(t, c)
	if err := d.Check(within(t)); err != nil {
		t.Error(err)
	}
	s.EndSessions()
	wantClass(t, d.Check(within(t)), core.ClassRetry)
	if err := d.Check(within(t)); err != nil {
		t.Error(err)
	}
}

func TestOldRowsGoADayAtATime(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	b := batch("new", "limit", "b", "c", "d")
	for i, age := range []time.Duration{0, 48 * time.Hour, 49 * time.Hour, 90 * time.Hour, 1000 * time.Hour} {
		b.Rows[i].Received = now.Add(-age)
	}
	if err := d.Write(within(t), b); err != nil {
		t.Fatal(err)
	}
	before := len(s.Calls(fakeflake.PathQuery))
	n, err := d.Expire(within(t), now.Add(-48*time.Hour))
	if err != nil || n != 3 || len(ids(s)) != 2 {
		t.Fatalf("deleted %d (%v), %q are left", n, err, ids(s))
	}
	deletes := 0
	for _, call := range s.Calls(fakeflake.PathQuery)[before:] {
		if strings.HasPrefix(call.Statement, "DELETE") {
			deletes++
		}
	}
	if deletes != 3 {
		t.Errorf("%d statements delete rows of three days, want 3: a MERGE waits for each", deletes)
	}

	before = len(s.Calls(fakeflake.PathQuery))
	if n, err := d.Expire(within(t), now.Add(-48*time.Hour)); n != 0 || err != nil {
		t.Errorf("deleted %d more, %v", n, err)
	}
	for _, call := range s.Calls(fakeflake.PathQuery)[before:] {
		if !strings.HasPrefix(call.Statement, "SELECT MIN") {
			t.Errorf("with nothing to delete, executed %s, which starts the warehouse", call.Statement)
		}
	}
}
