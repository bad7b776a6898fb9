package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

var types = map[warehouse.Type]string{
	warehouse.Text:      "TEXT",
	warehouse.JSON:      "TEXT",
	warehouse.Timestamp: "TEXT",
	warehouse.Integer:   "INTEGER",
}

// ddl returns the statements that make the table and an index for what expires.
func ddl(o warehouse.Options) []string {
	table := o.Table.Quoted(warehouse.Quote)
	var lines []string
	for _, column := range warehouse.Columns() {
		name := warehouse.Quote(column.Name)
		line := "  " + name + " " + types[column.Type]
		if column.Required {
			line += " NOT NULL"
		}
		if column.Name == "id" {
			line += " PRIMARY KEY"
		}
		if column.Type == warehouse.JSON {
			line += " CHECK (json_valid(" + name + "))"
		}
		lines = append(lines, line)
	}
	return []string{
		"CREATE TABLE IF NOT EXISTS " + table + " (\n" + strings.Join(lines, ",\n") + "\n)",
		"CREATE INDEX IF NOT EXISTS " + warehouse.Quote(o.Table.With("_received_at").Name()) + " ON " + table + ` ("received_at")`,
	}
}

// EnsureSchema opens the file. With [warehouse.SchemaCreate] that makes what is missing.
func (d *Driver) EnsureSchema(ctx context.Context) error {
	_, err := d.connect(ctx)
	return d.explain(err)
}

// verify finds out whether rows can be written to the table.
func (d *Driver) verify(ctx context.Context, db *sql.DB) error {
	if d.schema == warehouse.SchemaOff {
		return nil
	}
	rows, err := db.QueryContext(ctx, `SELECT name, "notnull" AND dflt_value IS NULL AND NOT pk FROM pragma_table_info(?)`, d.table.Name())
	if err != nil {
		return err
	}
	defer rows.Close()
	mustHave := map[string]bool{} // columns that are there, and whether each must be given
	for rows.Next() {
		var name string
		var must bool
		if err := rows.Scan(&name, &must); err != nil {
			return err
		}
		mustHave[name] = must
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if len(mustHave) == 0 {
		return core.Unauthorized(fmt.Errorf("%s has no table %s; set ensure_schema: create, or execute what headgate sinks warehouse --ddl sqlite prints", d.file.shown, d.table))
	}
	for _, column := range warehouse.Columns() {
		if _, there := mustHave[column.Name]; !there {
			return core.Unauthorized(fmt.Errorf("table %s of %s has no column %s; headgate sinks warehouse --ddl sqlite prints what it should have", d.table, d.file.shown, column.Name))
		}
		delete(mustHave, column.Name)
	}
	for name, must := range mustHave {
		if must {
			return core.Unauthorized(fmt.Errorf("table %s of %s wants a value for its column %s, which no event has", d.table, d.file.shown, name))
		}
	}
	return nil
}

// Check looks whether the file and the table could be written to, and changes nothing.
func (d *Driver) Check(ctx context.Context) error {
	there, err := d.file.check()
	if err != nil {
		return err
	}
	if !there {
		if d.schema == warehouse.SchemaCreate {
			return nil
		}
		return core.Unauthorized(fmt.Errorf("there is no %s; set ensure_schema: create to have it made", d.file.shown))
	}
	db := sql.OpenDB(d.connector("ro"))
	defer db.Close()
	db.SetMaxOpenConns(1)
	return d.explain(d.whileBusy(ctx, func() error {
		if d.schema == warehouse.SchemaCreate { // the table need not be there yet
			var tables int
			return db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables)
		}
		return d.verify(ctx, db)
	}))
}
