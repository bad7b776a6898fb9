package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const table = "telemetry_events"

func TestTheDriverKeepsTheContract(t *testing.T) {
	drivertest.Run(t, drivertest.Harness{
		New:    func(t *testing.T) string { return filepath.Join(t.TempDir(), "wäre?house #1 100%.db") },
		Open:   openAt,
		Rows:   func(t *testing.T, path string) []warehouse.Row { return readRows(t, path) },
		Poison: func(row *warehouse.Row) { row.Payload = []byte(`{bad`) },
		Break:  func(t *testing.T, path string) func() { return lockFile(t, path) },
	})
}

// options are those of a file.
func options(t testing.TB, path, schema string) warehouse.Options {
	t.Helper()
	o, err := warehouse.NewOptions(warehouse.Config{Driver: "sqlite", Path: path, Table: table, EnsureSchema: &schema})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func openAt(t *testing.T, path, schema string) warehouse.Driver {
	t.Helper()
	d, err := open(options(t, path, schema))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// database opens a file by other means than the driver's.
func database(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file{path: path}.uri(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func readRows(t testing.TB, path string) (read []warehouse.Row) {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	rows, err := database(t, path).Query(`SELECT id, endpoint, payload, timestamp, received_at, kind, user_id, anonymous_id, session_id,
		app_name, app_version, context, schema_version FROM telemetry_events`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r warehouse.Row
		var at, received string
		var user, anonymous, session, app, version sql.NullString
		if err := rows.Scan(&r.ID, &r.Endpoint, &r.Payload, &at, &received, &r.Kind, &user, &anonymous, &session, &app, &version, &r.Context, &r.SchemaVersion); err != nil {
			t.Fatal(err)
		}
		r.UserID, r.AnonymousID, r.SessionID, r.AppName, r.AppVersion = user.String, anonymous.String, session.String, app.String, version.String
		for text, into := range map[*string]*time.Time{&at: &r.Time, &received: &r.Received} {
			if *into, err = time.Parse(timeFormat, *text); err != nil {
				t.Fatal(err)
			}
		}
		read = append(read, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return read
}

// lockFile keeps the lock, as a program does that is in the middle of a long transaction.
func lockFile(t testing.TB, path string) (release func()) {
	t.Helper()
	db := database(t, path)
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
		if err := errors.Join(conn.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}
