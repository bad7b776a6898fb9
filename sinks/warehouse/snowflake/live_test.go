package snowflake

import (
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/drivertest"
)

// liveDSN names an account, with a database, a virtual warehouse, and a role that may make
// schemas in that database, such as
// user@myorg-myaccount/db?warehouse=wh&role=r&authenticator=snowflake_jwt&privateKey=…
const liveDSN = "HEADGATE_SNOWFLAKE_DSN"

// It makes a schema for each rule, which are dropped in the end, and takes some minutes of
// a warehouse of size XS.
func TestTheDriverKeepsTheContractWithSnowflake(t *testing.T) {
	dsn := os.Getenv(liveDSN)
	if dsn == "" {
		t.Skip(liveDSN + " names no account")
	}
	base := warehouse.Config{Driver: "snowflake", DSN: core.NewSecret(dsn), Table: "telemetry_events"}
	s, err := newSession(base)
	if err != nil {
		t.Fatal(err)
	}
	table := func(schema string) string { return s.database + "." + schema + ".telemetry_events" }
	do := func(t *testing.T, statement string) {
		withDB(t, base, func(db *sql.DB) {
			if _, err := db.Exec(statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		})
	}
	drivertest.Run(t, drivertest.Harness{
		New: func(t *testing.T) string {
			schema := fmt.Sprintf("HEADGATE_TEST_%d", time.Now().UnixNano())
			name := quote(s.database) + "." + quote(schema)
			do(t, "CREATE TRANSIENT SCHEMA "+name)
			t.Cleanup(func() { do(t, "DROP SCHEMA "+name) })
			return schema
		},
		Open: func(t *testing.T, place, schema string) warehouse.Driver {
			c := base
			c.Table, c.EnsureSchema = table(place), &schema
			o, err := warehouse.NewOptions(c)
			if err != nil {
				t.Fatal(err)
			}
			d, err := newWriter(o)
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		Rows: func(t *testing.T, place string) (rows []warehouse.Row) {
			parsed, err := warehouse.ParseTable(table(place))
			if err != nil {
				t.Fatal(err)
			}
			withDB(t, base, func(db *sql.DB) { rows = selectRows(t, db, tableName(parsed)) })
			return rows
		},
		Poison:   func(row *warehouse.Row) { row.Payload = []byte(`{"a":1,"a":2}`) },
		MaxRows:  1000,
		Patience: 2 * time.Minute,
	})
}
