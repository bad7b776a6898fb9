package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	sf "github.com/snowflakedb/gosnowflake"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// EnsureSchema looks at the table, and makes it if it is missing and is to be made. A role
// that may not make tables can so write to one that is there.
func (d *writer) EnsureSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	missing, err := d.look(ctx)
	if !missing || d.schema != warehouse.SchemaCreate {
		return err
	}
	err = d.work(ctx, attemptCreate, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, createTable(d.table))
		return err
	})
	if err != nil {
		return err
	}
	_, err = d.look(ctx)
	return err
}

// Check signs in and looks at the table, unless it is not to be looked at. No virtual
// warehouse is started by it.
func (d *writer) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	if d.schema == warehouse.SchemaOff {
		return d.work(ctx, attemptReach, func(ctx context.Context, conn *sql.Conn) error {
			return conn.PingContext(ctx)
		})
	}
	missing, err := d.look(ctx)
	if missing && d.schema == warehouse.SchemaCreate {
		return nil
	}
	return err
}

// look finds out what is wrong with the table.
func (d *writer) look(ctx context.Context) (missing bool, err error) {
	var there map[string]column
	err = d.work(ctx, attemptLook, func(ctx context.Context, conn *sql.Conn) (err error) {
		there, err = describe(ctx, conn, describeTable(d.table))
		var s *sf.SnowflakeError
		missing = errors.As(err, &s) && (s.Number == 2003 || s.Number == 2043)
		return err
	})
	if err != nil {
		return missing, err
	}
	if problems := unsuited(there); len(problems) > 0 {
		return false, core.Unauthorized(fmt.Errorf("snowflake: table %s: %s", tableName(d.table), strings.Join(problems, "; ")))
	}
	return false, nil
}

// column is a column of the table that is there.
type column struct {
	typ        string
	nullable   bool
	hasDefault bool
}

// describe reads the answer to DESCRIBE TABLE by the names of its columns, to which
// Snowflake adds some from time to time.
func describe(ctx context.Context, conn *sql.Conn, statement string) (map[string]column, error) {
	rows, err := conn.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	there := make(map[string]column)
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var name string
		var c column
		for i, v := range values {
			switch strings.ToLower(names[i]) {
			case "name":
				name = v.String
			case "type":
				c.typ = v.String
			case "null?":
				c.nullable = v.String == "Y"
			case "default":
				c.hasDefault = v.String != ""
			}
		}
		there[name] = c
	}
	return there, rows.Err()
}

// suited are the types that a column may have, by how their names begin.
var suited = map[warehouse.Type][]string{
	warehouse.Text:      {"VARCHAR", "TEXT", "STRING"},
	warehouse.JSON:      {"VARIANT"},
	warehouse.Timestamp: {"TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ"},
	warehouse.Integer:   {"NUMBER", "FLOAT"},
}

// unsuited says what keeps rows out of a table with these columns.
func unsuited(there map[string]column) (problems []string) {
	for _, want := range warehouse.Columns() {
		name := strings.ToUpper(want.Name)
		c, ok := there[name]
		delete(there, name)
		switch {
		case !ok:
			problems = append(problems, fmt.Sprintf("column %s %s is missing", quote(name), columnTypes[want.Type]))
		case !hasPrefix(c.typ, suited[want.Type]):
			problems = append(problems, fmt.Sprintf("column %s must be %s", quote(name), columnTypes[want.Type]))
		case !want.Required && !c.nullable:
			problems = append(problems, fmt.Sprintf("column %s must not be NOT NULL", quote(name)))
		}
	}
	for _, c := range there {
		if !c.nullable && !c.hasDefault {
			problems = append(problems, "a further column is NOT NULL and has no default")
			break
		}
	}
	return problems
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
