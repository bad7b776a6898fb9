//go:build unix

package redshift

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

func write(t testing.TB, d *driver, rows []warehouse.Row) {
	t.Helper()
	if err := d.Write(t.Context(), warehouse.Batch{Rows: rows}); err != nil {
		t.Fatal(err)
	}
}

// mustHave checks that the table has exactly these rows, each once.
func mustHave(t testing.TB, dsn string, want ...[]warehouse.Row) {
	t.Helper()
	ids := func(rows []warehouse.Row) string {
		var all []string
		for _, r := range rows {
			all = append(all, r.ID)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	if got, want := ids(rowsAt(t, dsn)), ids(slices.Concat(want...)); got != want {
		t.Errorf("the table has the rows\n%.2000s\nwant\n%.2000s", got, want)
	}
}

func TestARowThatAnotherWriterIsAboutToCommitIsWaitedFor(t *testing.T) {
	d, dsn := ready(t)
	rows := makeRows("row", 3)
	other, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	begin := fmt.Sprintf(`BEGIN; LOCK TABLE telemetry_events_lock;
		INSERT INTO telemetry_events SELECT '%s', 'run', '{}', '%s', now(), 'track', NULL, NULL, NULL, NULL, NULL, '{}', 1`, rows[1].ID, timeText(rows[1].Time))
	if _, err := other.Exec(t.Context(), begin).ReadAll(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- d.Write(t.Context(), warehouse.Batch{Rows: rows}) }()
	for queryAt(t, dsn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate' AND wait_event_type = 'Lock'")[0][0] != "1" {
		time.Sleep(5 * time.Millisecond)
	}
	// Queries are not waited for, and do not wait.
	if got := queryAt(t, dsn, "SELECT count(*) FROM telemetry_events"); got[0][0] != "0" {
		t.Errorf("a query sees %v rows", got)
	}
	if _, err := other.Exec(t.Context(), "COMMIT").ReadAll(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mustHave(t, dsn, rows)
}

func TestAnIdIsLookedForAroundTheTimeOfReceipt(t *testing.T) {
	d, dsn := ready(t)
	rows := makeRows("row", 50)
	for i := range rows {
		rows[i].Received = rows[i].Received.AddDate(0, 0, -i*i).Add(time.Duration(i) * 999) // cut to microseconds
	}
	write(t, d, rows)
	write(t, d, rows[3:4])
	write(t, d, rows[10:])
	write(t, d, append(slices.Clone(rows[49:]), rows[49], rows[0]))
	again := slices.Clone(rows[:1])
	for _, later := range []time.Duration{-defaultWindow, defaultWindow} { // reported again by its sender
		again[0].Received = rows[0].Received.Add(later)
		again[0].Time = again[0].Received
		write(t, d, again)
	}
	mustHave(t, dsn, rows)
	again[0].Received = rows[0].Received.Add(defaultWindow + time.Second)
	write(t, d, again)
	mustHave(t, dsn, rows, again) // as documented
}

func TestJSONIsStoredAsJSONAndNothingIsLeftInTheSession(t *testing.T) {
	d, dsn := ready(t)
	write(t, d, makeRows("row", 2))
	if got := queryAt(t, dsn, `SELECT DISTINCT jsonb_typeof("payload") || jsonb_typeof("context") FROM telemetry_events`); len(got) != 1 || got[0][0] != "objectobject" {
		t.Errorf("the JSON is stored as %v", got)
	}
	err := d.pool.Do(t.Context(), func(conn *pgconn.PgConn) error {
		results, err := conn.Exec(t.Context(), "SELECT (SELECT count(*) FROM pg_prepared_statements) + (SELECT count(*) FROM pg_class WHERE relname = 'headgate_stage')").ReadAll()
		if err == nil && string(results[0].Rows[0][0]) != "0" {
			t.Error("a prepared statement or a temporary table is left")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAStatementKeepsWithinTheBoundsOfRedshift(t *testing.T) {
	columns := len(warehouse.Columns())
	large := makeRows("large", 20)
	for i := range large {
		large[i].Payload = []byte(`{"v":"` + strings.Repeat("x", 1<<20) + `"}`)
	}
	huge := makeRows("huge", 2)
	for i := range huge {
		huge[i].Payload = []byte(`{"v":"` + strings.Repeat("x", maxStatement) + `"}`)
	}
	for name, rows := range map[string][]warehouse.Row{"many": makeRows("row", 6000), "large": large, "huge": huge, "one": makeRows("row", 1)} {
		total := 0
		for left := rows; len(left) > 0; {
			s := newInsert(statementsOf(table(t)).insert)
			n := s.add(left)
			size := len(s.sql)
			for _, v := range s.values {
				size += len(v)
			}
			if len(s.values) != n*columns || len(s.values) > maxParameters || size > maxStatement && n > 1 {
				t.Errorf("%s: %d values and %d bytes for %d rows", name, len(s.values), size, n)
			}
			if more := n + 1; more <= len(left) && name == "many" && (n+1)*columns <= maxParameters {
				t.Errorf("%s: only %d rows", name, n)
			}
			if last := fmt.Sprintf("$%d", len(s.values)); !strings.HasSuffix(string(s.sql), ","+last+")") {
				t.Errorf("%s: the last place is not %s", name, last)
			}
			total, left = total+n, left[n:]
		}
		if total != len(rows) {
			t.Errorf("%s: %d rows of %d", name, total, len(rows))
		}
	}
}

func table(t *testing.T) warehouse.Table {
	t.Helper()
	parsed, err := warehouse.ParseTable("a.events")
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTheStatementsAreInTheDialectOfRedshift(t *testing.T) {
	const columns = `"id", "endpoint", "payload", "timestamp", "received_at", "kind", "user_id", "anonymous_id", "session_id", "app_name", "app_version", "context", "schema_version"`
	sql := statementsOf(table(t))
	insert := newInsert(sql.insert)
	insert.add(makeRows("row", 2))
	for got, want := range map[string]string{
		strings.Join(ddl(table(t), tableAttributes), ";\n"): `CREATE TABLE IF NOT EXISTS "a"."events" (
	"id" VARCHAR(1024) NOT NULL,
	"endpoint" VARCHAR(1024) NOT NULL,
	"payload" SUPER NOT NULL,
	"timestamp" TIMESTAMPTZ NOT NULL,
	"received_at" TIMESTAMPTZ NOT NULL,
	"kind" VARCHAR(1024) NOT NULL,
	"user_id" VARCHAR(1024),
	"anonymous_id" VARCHAR(1024),
	"session_id" VARCHAR(1024),
	"app_name" VARCHAR(65535),
	"app_version" VARCHAR(65535),
	"context" SUPER NOT NULL,
	"schema_version" INTEGER NOT NULL
) DISTSTYLE AUTO SORTKEY ("timestamp");
CREATE TABLE IF NOT EXISTS "a"."events_lock" ("locked" INTEGER)`,
		sql.lock:  `LOCK TABLE "a"."events_lock"`,
		sql.stage: `CREATE TEMP TABLE "headgate_stage" (LIKE "a"."events")`,
		string(insert.sql): `INSERT INTO "headgate_stage" (` + columns + `) VALUES ($1,$2,JSON_PARSE($3),$4,$5,$6,$7,$8,$9,$10,$11,JSON_PARSE($12),$13)` +
			`,($14,$15,JSON_PARSE($16),$17,$18,$19,$20,$21,$22,$23,$24,JSON_PARSE($25),$26)`,
		sql.merge: `INSERT INTO "a"."events" (` + columns + `) SELECT s.` + strings.ReplaceAll(columns, ", ", ", s.") +
			` FROM "headgate_stage" AS s LEFT JOIN (SELECT "id" FROM "a"."events" WHERE "received_at" BETWEEN $1 AND $2) AS t ON t."id" = s."id" WHERE t."id" IS NULL`,
		sql.expire: `DELETE FROM "a"."events" WHERE "received_at" < $1`,
	} {
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestWhatRedshiftSaysInWordsIsUnderstood(t *testing.T) {
	for message, want := range map[string]core.Class{
		"1023": core.ClassRetry,
		" 1023  Detail: Serializable isolation violation on table - 142443": core.ClassRetry,
		"Value too long for character type":                                 core.ClassPermanent,
		"String length exceeds DDL length":                                  core.ClassPermanent,
		"JSON parsing error":                                                core.ClassPermanent,
		"Assert":                                                            core.ClassRetry,
		"Disk Full":                                                         core.ClassRetry,
	} {
		err := pgwire.Explain("insert", &pgconn.PgError{Code: internalError, Message: message, Detail: "canary"}, classOf)
		if got, _ := core.Classify(err); got != want || strings.Contains(fmt.Sprintf("%v %#v", err, err), "canary") {
			t.Errorf("%s: %v has the class %s, want %s", message, err, got, want)
		}
	}
	for code, want := range map[string]core.Class{"42P01": core.ClassUnauthorized, "22P02": core.ClassPermanent, "40001": core.ClassRetry, "53100": core.ClassRetry} {
		if got, _ := core.Classify(pgwire.Explain("insert", &pgconn.PgError{Code: code}, classOf)); got != want {
			t.Errorf("%s has the class %s, want %s", code, got, want)
		}
	}
}

func TestOldRowsGoADayAtATime(t *testing.T) {
	d, dsn := ready(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	old, fresh := makeRows("old", 40), makeRows("fresh", 3)
	for i := range old {
		old[i].Received = now.AddDate(0, 0, -2-7*(i/10)).Add(-time.Duration(i) * time.Hour)
	}
	write(t, d, old)
	write(t, d, fresh)
	deleted, err := d.Expire(t.Context(), now.AddDate(0, 0, -1))
	if err != nil || deleted != int64(len(old)) {
		t.Errorf("deleted %d rows, %v, want %d", deleted, err, len(old))
	}
	mustHave(t, dsn, fresh)
}

func TestTheRightsThatAreDocumentedAreEnough(t *testing.T) {
	_, dsn := ready(t)
	schema := queryAt(t, dsn, "SELECT current_schema()")[0][0]
	writer := schema + "_writer"
	queryAt(t, dsn, strings.NewReplacer("WRITER", writer, "SCHEMA_NAME", schema).Replace(`CREATE ROLE WRITER LOGIN PASSWORD 'writes';
		GRANT USAGE ON SCHEMA SCHEMA_NAME TO WRITER;
		GRANT INSERT, SELECT ON telemetry_events TO WRITER;
		GRANT SELECT, INSERT, UPDATE, DELETE ON telemetry_events_lock TO WRITER`))
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(writer, "writes")
	d := openAt(t, u.String(), warehouse.SchemaVerify)
	defer d.Close(context.Background())
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Check(t.Context()); err != nil {
		t.Error(err)
	}
	write(t, d, makeRows("row", 3))
	write(t, d, makeRows("row", 5))
	mustHave(t, dsn, makeRows("row", 5))
	_, err = d.Expire(t.Context(), time.Now().Add(time.Hour))
	if class, _ := core.Classify(err); class != core.ClassUnauthorized || !strings.Contains(fmt.Sprint(err), "permission denied for table telemetry_events") {
		t.Errorf("%v has the class %s", err, class)
	}
	queryAt(t, dsn, "GRANT DELETE ON telemetry_events TO "+writer)
	if n, err := d.Expire(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 5 {
		t.Errorf("deleted %d rows, %v", n, err)
	}
	queryAt(t, dsn, "DROP TABLE telemetry_events_lock")
	err = d.Write(t.Context(), warehouse.Batch{Rows: makeRows("row", 1)})
	if class, _ := core.Classify(err); class != core.ClassUnauthorized || !strings.Contains(fmt.Sprint(err), "telemetry_events_lock") {
		t.Errorf("without the table that writers lock: %v has the class %s", err, class)
	}
}

// The whole way, from the dispatcher to the table: the server is killed while events
// come, and in the end each is there once.
func TestEveryEventIsThereOnceAfterTheServerWasKilled(t *testing.T) {
	s := server.Need(t)
	d, dsn := ready(t)
	verify := warehouse.SchemaVerify
	sink, err := warehouse.New(t.Context(), registry.Env{Name: "db", Timeout: 10 * time.Second}, warehouse.Config{
		Driver: "redshift", Table: tableName, DSN: core.NewSecret(dsn), EnsureSchema: &verify,
	})
	if err != nil {
		t.Fatal(err)
	}
	if limits := sink.(core.Limiter).Limits(); limits.MaxConcurrency != 1 {
		t.Errorf("limits are %+v: transactions at once would only wait for each other", limits)
	}
	dispatcher, err := core.New(core.Config{Sinks: []core.SinkConfig{{
		Name: "db", Reach: core.ReachNetwork, Sink: sink,
		Batch: core.BatchConfig{MaxEvents: 20, MaxWait: time.Millisecond},
		Retry: core.RetryConfig{Initial: time.Millisecond, Max: 20 * time.Millisecond},
	}}}, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		t.Fatal(err)
	}
	const events = 300
	for i := range events {
		if err := dispatcher.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("event-", i), Name: "run", AnonymousID: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	for dispatcher.Stats().Sinks["db"].Delivered == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Kill()
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := dispatcher.Flush(ctx); err != nil {
		t.Error(err)
	}
	if err := dispatcher.Close(ctx); err != nil {
		t.Error(err)
	}
	if got := queryAt(t, dsn, `SELECT count(*) || ' ' || count(DISTINCT "id") FROM telemetry_events`)[0][0]; got != fmt.Sprint(events, " ", events) {
		t.Errorf("%s rows and ids, want %d of both", got, events)
	}
	if n := dispatcher.Stats().Sinks["db"].Delivered; n != events {
		t.Errorf("%d events were counted as delivered, want %d", n, events)
	}
	_ = d
}
