package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	engine "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// batch makes rows with the given ids.
func batch(ids ...string) warehouse.Batch {
	b := warehouse.Batch{ID: "00000000-0000-8000-8000-000000000000"}
	for _, id := range ids {
		b.Rows = append(b.Rows, warehouse.Row{
			ID: id, Endpoint: "run", Kind: "track", Payload: []byte(`{"runSeconds":3}`), Context: []byte(`{}`),
			Time: time.Now(), Received: time.Now(), SchemaVersion: warehouse.SchemaVersion,
		})
	}
	return b
}

// numbered makes n rows of a kilobyte.
func numbered(from, n int) warehouse.Batch {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%08d", from+i)
	}
	b := batch(ids...)
	for i := range b.Rows {
		b.Rows[i].Payload = fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("x", 1000))
	}
	return b
}

func TestARowThatTheTableRefusesIsNamedAndTheOthersAreWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, path, warehouse.SchemaCreate)
	defer d.Close(context.Background())
	b := batch("a", "b", "c", "d")
	b.Rows[1].Payload, b.Rows[3].Context = []byte(`{secret`), []byte(`secret`)
	err := d.Write(t.Context(), b)
	var refused *core.BatchError
	if !errors.As(err, &refused) || len(refused.Failed) != 2 {
		t.Fatalf("got %v", err)
	}
	for _, i := range []int{1, 3} {
		if class, _ := core.Classify(refused.Failed[i]); class != core.ClassPermanent || strings.Contains(refused.Failed[i].Error(), "secret") {
			t.Errorf("row %d: %s %v", i, class, refused.Failed[i])
		}
	}
	if rows := readRows(t, path); len(rows) != 2 {
		t.Errorf("%d rows are there, want 2", len(rows))
	}
}

func TestAFullDiskIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, path, warehouse.SchemaCreate).(*Driver)
	defer d.Close(context.Background())
	d.pragmas = []string{"max_page_count(40)"}
	if err := d.Write(t.Context(), numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	err := d.Write(t.Context(), numbered(100, 500))
	if class, _ := core.Classify(err); err == nil || class != core.ClassRetry {
		t.Fatalf("a disk that is full: %v of class %s", err, class)
	}
	if n := len(readRows(t, path)); n != 10 {
		t.Errorf("%d rows are there, want the 10 of before: a transaction is all or nothing", n)
	}
	d.drop(d.current)
	d.pragmas = nil // there is room again
	if err := d.Write(t.Context(), numbered(100, 500)); err != nil {
		t.Error(err)
	}
	if n := len(readRows(t, path)); n != 510 {
		t.Errorf("%d rows are there, want 510", n)
	}
}

// https://www.sqlite.org/rescode.html
func TestEveryResultCodeHasItsClass(t *testing.T) {
	again := []int{
		codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_NOMEM,
		codes.SQLITE_INTERRUPT, codes.SQLITE_PROTOCOL, codes.SQLITE_SCHEMA, codes.SQLITE_ABORT, codes.SQLITE_INTERNAL,
	}
	setup := []int{
		codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY, codes.SQLITE_PERM,
		codes.SQLITE_AUTH, codes.SQLITE_ERROR,
	}
	data := []int{codes.SQLITE_CONSTRAINT, codes.SQLITE_TOOBIG, codes.SQLITE_MISMATCH}
	for code := range 27 {
		got := [3]bool{!isSetup(code) && !isData(code), isSetup(code), isData(code)}
		for i, group := range [][]int{again, setup, data} {
			if slices.Contains(group, code) && !got[i] {
				t.Errorf("code %d (%s) is in the wrong class: %v", code, engine.ErrorCodeString[code], got)
			}
		}
	}
}

func TestDeletedRowsGiveTheirRoomBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, path, warehouse.SchemaCreate)
	if err := d.Write(t.Context(), numbered(0, 5000)); err != nil {
		t.Fatal(err)
	}
	before := closedSize(t, d, path)
	d = openAt(t, path, warehouse.SchemaCreate)
	deleted, err := d.Expire(t.Context(), time.Now().Add(time.Hour))
	if err != nil || deleted != 5000 {
		t.Fatalf("deleted %d, %v", deleted, err)
	}
	if after := closedSize(t, d, path); after > before/10 {
		t.Errorf("the file had %d bytes and has %d with every row deleted", before, after)
	}
}

func closedSize(t *testing.T, d warehouse.Driver, path string) int64 {
	t.Helper()
	if err := d.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("closing has left the write-ahead log beside the file: somebody who copies the file misses what is in it")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestSomebodyWhoReadsHoldsUpNoWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, path, warehouse.SchemaCreate)
	defer d.Close(context.Background())
	if err := d.Write(t.Context(), numbered(0, 100)); err != nil {
		t.Fatal(err)
	}
	reader, err := database(t, path).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback()
	count := func() (n int) {
		if err := reader.QueryRow("SELECT count(*) FROM telemetry_events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 100 {
		t.Fatalf("%d rows", n)
	}
	if err := d.Write(t.Context(), numbered(100, 100)); err != nil {
		t.Errorf("while somebody reads: %v", err)
	}
	if n := count(); n != 100 {
		t.Errorf("a reader sees %d rows in the middle of its transaction", n)
	}
}

// The settings without which a power failure would lose what was reported.
func TestACommitIsOnTheDisk(t *testing.T) {
	d := openAt(t, filepath.Join(t.TempDir(), "x.db"), warehouse.SchemaCreate).(*Driver)
	defer d.Close(context.Background())
	c, err := d.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "auto_vacuum": "2"} {
		var got string
		if err := c.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", pragma, got, want, err)
		}
	}
}

func TestATableThatDoesNotFitIsForSomebodyToSetRight(t *testing.T) {
	for _, c := range []struct{ change, want string }{
		{`ALTER TABLE telemetry_events DROP COLUMN app_version`, "has no column app_version"},
		{`DROP TABLE telemetry_events`, "has no table telemetry_events; set ensure_schema: create"},
		{`DROP TABLE telemetry_events; CREATE TABLE telemetry_events AS SELECT 1 AS id, 1 AS endpoint, 1 AS payload, 1 AS timestamp, 1 AS received_at, 1 AS kind,
			1 AS user_id, 1 AS anonymous_id, 1 AS session_id, 1 AS app_name, 1 AS app_version, 1 AS context, 1 AS schema_version`, "ON CONFLICT clause does not match any PRIMARY KEY"},
		{`DROP TABLE telemetry_events; CREATE TABLE telemetry_events (id TEXT PRIMARY KEY, endpoint, payload, timestamp, received_at, kind, user_id, anonymous_id, session_id,
			app_name, app_version, context, schema_version, tenant TEXT NOT NULL)`, "wants a value for its column tenant"},
	} {
		path := filepath.Join(t.TempDir(), "x.db")
		d := openAt(t, path, warehouse.SchemaCreate)
		if err := errors.Join(d.EnsureSchema(t.Context()), d.Close(t.Context())); err != nil {
			t.Fatal(err)
		}
		if _, err := database(t, path).Exec(c.change); err != nil {
			t.Fatal(err)
		}
		d = openAt(t, path, warehouse.SchemaVerify)
		err := d.Write(t.Context(), batch("a"))
		if class, _ := core.Classify(err); class != core.ClassUnauthorized || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v of class %s, want %q", c.change, err, class, c.want)
		}
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestATableDroppedMeanwhileIsMadeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := openAt(t, path, warehouse.SchemaCreate)
	defer d.Close(context.Background())
	if err := d.Write(t.Context(), batch("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := database(t, path).Exec("DROP TABLE telemetry_events"); err != nil {
		t.Fatal(err)
	}
	err := d.Write(t.Context(), batch("b"))
	if class, _ := core.Classify(err); class != core.ClassUnauthorized {
		t.Errorf("got %v of class %s", err, class)
	}
	if err := errors.Join(d.EnsureSchema(t.Context()), d.Write(t.Context(), batch("b"))); err != nil {
		t.Error(err)
	}
	if rows := readRows(t, path); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}
