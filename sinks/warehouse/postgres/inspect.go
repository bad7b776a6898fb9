package postgres

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// table is what the catalogue of the server says about a table.
type table struct {
	exists, schemaExists bool

	missing   []string // columns that are not there
	wrong     []string // columns of other types than are needed, with their types
	foreign   []string // columns that are not ours and must have a value
	forbidden []string // columns that the role may not insert into, or must read and may not
	unique    []string // columns that tell rows apart, nil if no index of use does
}

// catalogue lists the columns of $1: name, type below any domain, whether it must be given
// a value, whether the role may insert into it and read it.
const catalogue = `SELECT a.attname, format_type(CASE t.typbasetype WHEN 0 THEN t.oid ELSE t.typbasetype END, NULL),
	a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
	has_column_privilege(a.attrelid, a.attnum, 'INSERT'), has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`

// uniqueIndexes lists the columns of those indexes of $1 that ON CONFLICT can name.
const uniqueIndexes = `SELECT (SELECT string_agg(a.attname, ' ' ORDER BY a.attname) FROM pg_catalog.pg_attribute a
	WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]))
FROM pg_catalog.pg_index i WHERE i.indrelid = to_regclass($1)
	AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`

// inspect looks a table up.
func inspect(ctx context.Context, conn *pgconn.PgConn, t warehouse.Table) (table, error) {
	name := t.Quoted(warehouse.Quote)
	columns, err := query(ctx, conn, catalogue, name)
	if err != nil {
		return table{}, err
	}
	indexes, err := query(ctx, conn, uniqueIndexes, name)
	if err != nil {
		return table{}, err
	}
	found := table{exists: len(columns) > 0, schemaExists: true}
	if schema := schemaOf(t); schema != "" && !found.exists {
		rows, err := query(ctx, conn, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", schema)
		if err != nil {
			return table{}, err
		}
		found.schemaExists = len(rows) > 0
	}
	found.compare(columns)
	for _, keys := range [][]string{{key}, {key, "timestamp"}} {
		if slices.ContainsFunc(indexes, func(row []string) bool { return row[0] == strings.Join(keys, " ") }) {
			found.unique = keys
			break
		}
	}
	return found, nil
}

// compare notes how the columns differ from what is needed.
func (t *table) compare(columns [][]string) {
	const yes = "t"
	ours := warehouse.Columns()
	for _, c := range columns {
		name, is, needsValue, insert, read := c[0], c[1], c[2] == yes, c[3] == yes, c[4] == yes
		i := slices.IndexFunc(ours, func(c warehouse.Column) bool { return c.Name == name })
		switch {
		case i < 0 && needsValue:
			t.foreign = append(t.foreign, name)
		case i < 0:
		case !slices.Contains(kinds[ours[i].Type].takes, is):
			t.wrong = append(t.wrong, fmt.Sprintf("%s is %s, want %s", name, is, kinds[ours[i].Type].name))
		case !insert || name == key && !read:
			t.forbidden = append(t.forbidden, name)
		}
		if i >= 0 {
			ours = slices.Delete(ours, i, i+1)
		}
	}
	for _, c := range ours {
		t.missing = append(t.missing, c.Name)
	}
}

// problem says what somebody has to set right before the table can be written to.
func (t *table) problem(name warehouse.Table) error {
	var text string
	switch {
	case !t.exists:
		text = "it does not exist; create it, or set ensure_schema: create"
	case len(t.missing) > 0:
		text = fmt.Sprintf("it lacks columns %s; add them", strings.Join(t.missing, ", "))
	case len(t.wrong) > 0:
		text = "its columns are of other types: " + strings.Join(t.wrong, "; ")
	case len(t.foreign) > 0:
		text = fmt.Sprintf("headgate does not know its columns %s; give them defaults", strings.Join(t.foreign, ", "))
	case len(t.forbidden) > 0:
		text = fmt.Sprintf(`the role lacks rights on columns %s; GRANT INSERT, SELECT ("id") ON it`, strings.Join(t.forbidden, ", "))
	case t.unique == nil:
		text = "it has no unique index on id, without which an event that is sent again would be there twice; create one"
	default:
		return nil
	}
	return core.Unauthorized(fmt.Errorf("table %s: %s", name, text))
}

// create makes the table with what belongs to it, in one transaction. Others that do the
// same at the same time wait for it: IF NOT EXISTS alone does not keep them apart.
func (d *driver) create(ctx context.Context, conn *pgconn.PgConn, schemaExists bool) error {
	o := d.options()
	all := ddl(o)
	if schemaOf(o.Table) != "" && schemaExists {
		all = all[1:] // it takes a right on the database, even where there is nothing to do
	}
	h := fnv.New32a()
	h.Write([]byte("headgate " + o.Table.String()))
	lock := fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", h.Sum32())
	_, err := conn.Exec(ctx, strings.Join(append([]string{lock}, all...), ";\n")).ReadAll()
	return err
}

// query returns the rows of a statement with parameters of text, as text.
func query(ctx context.Context, conn *pgconn.PgConn, sql string, args ...string) ([][]string, error) {
	values := make([][]byte, len(args))
	for i, arg := range args {
		values[i] = []byte(arg)
	}
	result := conn.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, value := range row {
			rows[i] = append(rows[i], string(value))
		}
	}
	return rows, result.Err
}
