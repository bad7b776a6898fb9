//go:build unix

package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// mustBeSetRight checks that an error is for somebody to set right, and says what.
func mustBeSetRight(t *testing.T, err error, says string) {
	t.Helper()
	if class, _ := core.Classify(err); class != core.ClassUnauthorized {
		t.Errorf("%v has the class %s, want %s", err, class, core.ClassUnauthorized)
	}
	if err != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}
}

func TestATableThatWillNotDoIsSaidToBeSo(t *testing.T) {
	for change, c := range map[string]struct {
		verify string // what EnsureSchema says
		write  string // what Write says, "" if it works
	}{
		`DROP TABLE telemetry_events`: {
			"it does not exist; create it, or set ensure_schema: create", "create the table, or set ensure_schema: create",
		},
		`ALTER TABLE telemetry_events DROP COLUMN "kind", DROP COLUMN "context"`: {
			"it lacks columns kind, context", "does not exist (SQLSTATE 42703); add the column",
		},
		`ALTER TABLE telemetry_events ALTER COLUMN "schema_version" TYPE date USING now()`: {
			"schema_version is date, want integer", "(SQLSTATE 42804)",
		},
		`ALTER TABLE telemetry_events ADD COLUMN "tenant" text NOT NULL`: {
			"headgate does not know its columns tenant; give them defaults", `column "tenant" (SQLSTATE 23502); a column that headgate does not know needs a default`,
		},
		`ALTER TABLE telemetry_events DROP CONSTRAINT telemetry_events_pkey`: {
			"no unique index on id", "(SQLSTATE 42P10); the table needs a unique index on id",
		},
		`ALTER TABLE telemetry_events DROP CONSTRAINT telemetry_events_pkey; CREATE UNIQUE INDEX ON telemetry_events ("id") WHERE "kind" = 'track'`: {
			"no unique index on id", "(SQLSTATE 42P10)",
		},
	} {
		d, dsn := ready(t)
		queryAt(t, dsn, "DO $$ BEGIN "+change+"; END $$")
		mustBeSetRight(t, d.Write(t.Context(), warehouse.Batch{Rows: makeRows("row", 3)}), c.write)
		verify := openAt(t, dsn, warehouse.SchemaVerify)
		mustBeSetRight(t, verify.EnsureSchema(t.Context()), c.verify)
		mustBeSetRight(t, verify.Check(t.Context()), c.verify)
		closeDriver(t, verify)
	}
}

func TestATableOfOnesOwnWillDo(t *testing.T) {
	for name, make := range map[string][]string{
		"with other types, more columns and a unique index": {
			`ALTER TABLE telemetry_events ALTER COLUMN "id" TYPE varchar(300), ALTER COLUMN "payload" TYPE json, ALTER COLUMN "context" TYPE text, ALTER COLUMN "schema_version" TYPE bigint`,
			`ALTER TABLE telemetry_events DROP CONSTRAINT telemetry_events_pkey, ADD COLUMN "loaded" timestamptz NOT NULL DEFAULT now(), ADD COLUMN "number" bigint GENERATED ALWAYS AS IDENTITY`,
			`CREATE UNIQUE INDEX ON telemetry_events ("id")`,
		},
		"partitioned": {
			`ALTER TABLE telemetry_events RENAME TO model`,
			`CREATE TABLE telemetry_events (LIKE model, PRIMARY KEY ("timestamp", "id")) PARTITION BY RANGE ("timestamp")`,
			`CREATE TABLE early PARTITION OF telemetry_events FOR VALUES FROM (MINVALUE) TO ('2020-01-01')`,
			`CREATE TABLE late PARTITION OF telemetry_events DEFAULT`,
		},
		"with row security": {
			`ALTER TABLE telemetry_events ENABLE ROW LEVEL SECURITY`,
			`CREATE POLICY everything ON telemetry_events USING (true)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, dsn := ready(t)
			for _, statement := range make {
				queryAt(t, dsn, statement)
			}
			d := openAt(t, role(t, dsn, "GRANT INSERT, SELECT, DELETE ON telemetry_events TO %s"), warehouse.SchemaVerify).(*driver)
			defer closeDriver(t, d)
			if err := d.EnsureSchema(t.Context()); err != nil {
				t.Fatal(err)
			}
			early, late := makeRows("early", 5), makeRows("late", 5)
			for i := range early {
				early[i].Time = time.Date(2019, 1, 1, 0, 0, i, 0, time.UTC)
			}
			for range 3 {
				write(t, d, early)
				trusting(d)
				write(t, d, late)
				trusting(d)
			}
			mustHave(t, dsn, early, late)
			if n, err := d.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 10 {
				t.Errorf("deleted %d rows, %v, want 10", n, err)
			}
		})
	}
}

func TestTheTableMayChangeWhileItIsWrittenTo(t *testing.T) {
	d, dsn := ready(t)
	d.stageFrom = 100
	var all [][]warehouse.Row
	for i, change := range []string{
		`SELECT 1`, `ALTER TABLE telemetry_events ALTER COLUMN "payload" TYPE json`, `ALTER TABLE telemetry_events ALTER COLUMN "payload" TYPE text`,
		`ALTER TABLE telemetry_events ADD COLUMN "more" int`, `ALTER TABLE telemetry_events DROP COLUMN "more"`, `ALTER TABLE telemetry_events ALTER COLUMN "payload" TYPE jsonb USING "payload"::jsonb`,
	} {
		queryAt(t, dsn, change)
		for _, way := range []string{"inserted", "copied", "staged"} {
			n := 4
			if way == "staged" {
				n = d.stageFrom
			}
			rows := makeRows(strings.Repeat("x", i)+way, n)
			d.doubt.left.Store(cautious)
			if way == "copied" {
				trusting(d)
			}
			write(t, d, rows)
			all = append(all, rows)
		}
		if n := one(t, dsn, `SELECT count(*) FROM telemetry_events WHERE ("payload"::json->>'n')::int >= 0`); n == "0" {
			t.Errorf("after %s: no payload is JSON", change)
		}
	}
	mustHave(t, dsn, all...)
}

func TestTheRightsThatAreDocumentedAreEnough(t *testing.T) {
	_, dsn := ready(t)
	d := openAt(t, role(t, dsn, `GRANT INSERT, SELECT ("id") ON telemetry_events TO %s`), warehouse.SchemaVerify).(*driver)
	defer closeDriver(t, d)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Check(t.Context()); err != nil {
		t.Error(err)
	}
	d.stageFrom = 300
	all := makeRows("row", d.stageFrom)
	write(t, d, all[:100])
	trusting(d)
	write(t, d, all[100:200])
	write(t, d, all)
	mustHave(t, dsn, all)
	_, err := d.Expire(t.Context(), time.Now())
	mustBeSetRight(t, err, "permission denied for table telemetry_events")

	keeper := openAt(t, role(t, dsn, `GRANT INSERT, SELECT ("id") ON telemetry_events TO %s`, `GRANT DELETE, SELECT ("id", "received_at") ON telemetry_events TO %s`), warehouse.SchemaVerify)
	defer closeDriver(t, keeper)
	if n, err := keeper.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil || n != int64(len(all)) {
		t.Errorf("deleted %d rows, %v", n, err)
	}

	reader := openAt(t, role(t, dsn, "GRANT SELECT ON telemetry_events TO %s"), warehouse.SchemaVerify)
	defer closeDriver(t, reader)
	mustBeSetRight(t, reader.EnsureSchema(t.Context()), "the role lacks rights on columns id, endpoint")
	mustBeSetRight(t, reader.Write(t.Context(), warehouse.Batch{Rows: all[:1]}), "permission denied for table telemetry_events (SQLSTATE 42501)")
	stranger := openAt(t, role(t, dsn), warehouse.SchemaCreate)
	defer closeDriver(t, stranger)
	mustBeSetRight(t, stranger.EnsureSchema(t.Context()), "the role lacks rights")
}

func TestTheTableMayBeInASchemaThatIsMadeWithIt(t *testing.T) {
	dsn := server.Database(t)
	schema := warehouse.SchemaCreate
	c := warehouse.Config{Driver: "postgres", Table: "Analytics.Events", DSN: core.NewSecret(dsn), EnsureSchema: &schema}
	for range 2 { // the second finds it
		d := openWith(t, c)
		if err := d.EnsureSchema(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, d, makeRows("row", 3))
		closeDriver(t, d)
	}
	if got := ids(rowsAt(t, dsn, `"Analytics"."Events"`)); got != "row-0 row-1 row-2" {
		t.Error(got)
	}
	// Somebody who may make tables in the schema needs no right on the database.
	c.Table, c.DSN = "Analytics.More", core.NewSecret(role(t, dsn, `GRANT USAGE, CREATE ON SCHEMA "Analytics" TO %s`))
	d := openWith(t, c)
	defer closeDriver(t, d)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Error(err)
	}
	c.Table = "elsewhere.events"
	forbidden := openWith(t, c)
	defer closeDriver(t, forbidden)
	mustBeSetRight(t, forbidden.EnsureSchema(t.Context()), "permission denied for database")
}

func TestTheStatementsAreWhatTheDocumentationShows(t *testing.T) {
	o, err := warehouse.NewOptions(warehouse.Config{Driver: "postgres", Table: "a.events"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `CREATE SCHEMA IF NOT EXISTS "a";
CREATE TABLE IF NOT EXISTS "a"."events" (
	"id" text PRIMARY KEY,
	"endpoint" text NOT NULL,
	"payload" jsonb NOT NULL,
	"timestamp" timestamptz NOT NULL,
	"received_at" timestamptz NOT NULL,
	"kind" text NOT NULL,
	"user_id" text,
	"anonymous_id" text,
	"session_id" text,
	"app_name" text,
	"app_version" text,
	"context" jsonb NOT NULL,
	"schema_version" integer NOT NULL
);
CREATE INDEX IF NOT EXISTS "events_timestamp" ON "a"."events" ("timestamp");
CREATE INDEX IF NOT EXISTS "events_received_at" ON "a"."events" USING brin ("received_at")`
	if got := strings.Join(ddl(o), ";\n"); got != want {
		t.Errorf("%s", got)
	}
	const list = `"id", "endpoint", "payload", "timestamp", "received_at", "kind", "user_id", "anonymous_id", "session_id", "app_name", "app_version", "context", "schema_version"`
	const statements = `COPY "a"."events" (` + list + `) FROM STDIN;
-- or, while rows may be there already:
INSERT INTO "a"."events" (` + list + `) SELECT unnest($1), unnest($2), unnest($3)::jsonb, unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9), unnest($10), unnest($11), unnest($12)::jsonb, unnest($13) ON CONFLICT ("id") DO NOTHING`
	if got := statement(o); got != statements {
		t.Errorf("%s", got)
	}
}
