//go:build unix

package postgres

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

var roles atomic.Int32

// role makes a role that may sign in with a password, gives it rights by statements that
// name it as %s, and returns the DSN with which it does.
func role(t testing.TB, dsn string, grants ...string) string {
	t.Helper()
	name := fmt.Sprintf("role%d", roles.Add(1))
	// Roles are those of all databases.
	queryAt(t, dsn, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", name, strings.ReplaceAll(passwordOf(name), "'", "''")))
	if u, err := url.Parse(dsn); err == nil && u.Query().Has("search_path") {
		grants = append(grants, "GRANT USAGE ON SCHEMA "+schemaName(t, dsn)+" TO %s")
	}
	for _, grant := range grants {
		queryAt(t, dsn, fmt.Sprintf(grant, name))
	}
	return as(t, dsn, name, passwordOf(name))
}

func passwordOf(role string) string { return "the password of " + role + ": 'quoted' @/?" }

// schemaName returns the schema that a DSN of Lazy.Schema leads to.
func schemaName(t testing.TB, dsn string) string { return one(t, dsn, "SELECT current_schema()") }

// lockTable keeps everybody else from the table until unlock is called.
func lockTable(t testing.TB, dsn string) (unlock func()) {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE telemetry_events").ReadAll(); err != nil {
		t.Fatal(err)
	}
	return func() { conn.Close(context.Background()) }
}
