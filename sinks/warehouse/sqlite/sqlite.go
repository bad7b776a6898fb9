// Package sqlite is the driver of the warehouse sink for a SQLite file: the warehouse that
// needs no setting up. It is linked into a program that imports it:
//
//	import _ "github.com/headgate-dev/headgate/sinks/warehouse/sqlite"
//
// The engine is modernc.org/sqlite, which needs no C compiler. A batch is one transaction
// of prepared inserts, synced before it is reported; a row whose id is there already is
// left out. The file is in WAL mode, so that others can read it while rows are
// written: sqlite3 headgate.db, or DuckDB with ATTACH.
package sqlite

import (
	"context"
	"log/slog"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Driver writes to one table of one file. It has one connection, which the first call that
// needs it opens: SQLite lets one write at a time.
type Driver struct {
	file   file
	table  warehouse.Table
	schema string
	logger *slog.Logger
	insert string

	turn    chan struct{} // held by whoever opens, closes or replaces the connection
	current *connection   // nil: none is open; guarded by turn
	closed  bool          // by Close; guarded by turn

	pragmas []string // further ones, of tests
}

// open makes the driver. It touches no file.
func open(o warehouse.Options) (warehouse.Driver, error) {
	f, err := locate(o.Config)
	if err != nil {
		return nil, err
	}
	d := &Driver{file: f, table: o.Table, schema: o.Schema, logger: o.Logger, insert: insert(o.Table), turn: make(chan struct{}, 1)}
	d.turn <- struct{}{}
	return d, nil
}

func init() {
	warehouse.Register(warehouse.DriverInfo{
		Name:    "sqlite",
		Summary: "A file on this machine, made when the first event is written. Rows with an id that is there are left out.",
		Parts:   1,
		Schema:  warehouse.SchemaCreate,
		Limits:  func(warehouse.Config) core.Limits { return core.Limits{MaxConcurrency: 1} },
		Validate: func(c warehouse.Config) error {
			_, err := locate(c)
			return err
		},
		DDL:       ddl,
		Erasure:   erasure,
		Statement: func(o warehouse.Options) string { return insert(o.Table) },
		Open:      open,
	})
}

// insert is the statement that writes a row.
func insert(table warehouse.Table) string {
	columns := warehouse.Columns()
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = warehouse.Quote(column.Name)
	}
	return "INSERT INTO " + table.Quoted(warehouse.Quote) + " (" + strings.Join(names, ", ") + ") VALUES (?" +
		strings.Repeat(", ?", len(columns)-1) + `) ON CONFLICT ("id") DO NOTHING`
}

// Close takes what is in the write-ahead log into the file and closes it. Nothing is lost
// without it: the log is a part of the database.
func (d *Driver) Close(ctx context.Context) error {
	if err := d.take(ctx); err != nil {
		return err
	}
	defer d.leave()
	c := d.current
	d.current, d.closed = nil, true
	if c == nil {
		return nil
	}
	_, _ = c.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // somebody may be reading
	return c.close()
}

// dsnConflict is why path and dsn do not go together.
func dsnConflict() error {
	return registry.Field("dsn", "path names the file already; give one of them")
}

var _ warehouse.Driver = (*Driver)(nil)
