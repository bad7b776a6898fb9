package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

// kind is how a type of column is called by the server.
type kind struct {
	name    string
	oid     uint32 // of a value
	arrayOf uint32 // of an array of them
}

var kinds = map[warehouse.Type]kind{
	warehouse.Text:      {"text", pgwire.OIDText, 1009},
	warehouse.JSON:      {"jsonb", pgwire.OIDJSONB, 3807},
	warehouse.Timestamp: {"timestamptz", pgwire.OIDTimestamptz, 1185},
	warehouse.Integer:   {"integer", pgwire.OIDInt4, 1007},
}

// ddl makes the table and its indexes. The index on received_at, which retention goes by,
// is of the kind that costs next to nothing where rows come in its order.
func ddl(o warehouse.Options) []string {
	table := o.Table.Quoted(warehouse.Quote)
	var columns []string
	for _, c := range warehouse.Columns() {
		definition := warehouse.Quote(c.Name) + " " + kinds[c.Type].name
		switch {
		case c.Name == key:
			definition += " PRIMARY KEY"
		case c.Required:
			definition += " NOT NULL"
		}
		columns = append(columns, definition)
	}
	statements := []string{
		"CREATE TABLE IF NOT EXISTS " + table + " (\n\t" + strings.Join(columns, ",\n\t") + "\n)",
		"CREATE INDEX IF NOT EXISTS " + indexName(o, "_timestamp") + " ON " + table + ` ("timestamp")`,
		"CREATE INDEX IF NOT EXISTS " + indexName(o, "_received_at") + " ON " + table + ` USING brin ("received_at")`,
	}
	if schema := schemaOf(o.Table); schema != "" {
		statements = slices.Insert(statements, 0, "CREATE SCHEMA IF NOT EXISTS "+warehouse.Quote(schema))
	}
	return statements
}

// key is the column that no two rows have the same of.
const key = "id"

// schemaOf returns the schema that a table's name gives, or "".
func schemaOf(t warehouse.Table) string {
	if parts := t.Parts(); len(parts) > 1 {
		return parts[0]
	}
	return ""
}

// indexName names an index, which is in the schema of its table whatever it is called.
func indexName(o warehouse.Options, suffix string) string {
	return warehouse.Quote(o.Table.With(suffix).Name())
}

// statements are what Write executes, for a table whose rows are told apart by given columns.
type statements struct {
	unnest string // $1 to $13 are arrays, one for each column
	stage  string // begins a transaction and makes a table that lasts as long
	copy   string // into that table
	merge  string // from there, and ends the transaction
}

func statementsOf(t warehouse.Table, unique []string) statements {
	var names, casts, definitions []string
	for i, c := range warehouse.Columns() {
		name, is := warehouse.Quote(c.Name), kinds[c.Type].name
		names = append(names, name)
		casts = append(casts, fmt.Sprintf("$%d::%s[]", i+1, is))
		definitions = append(definitions, name+" "+is)
	}
	list := strings.Join(names, ", ")
	insert := "INSERT INTO " + t.Quoted(warehouse.Quote) + " (" + list + ") SELECT " + list
	conflict := " ON CONFLICT (" + strings.Join(quoted(unique), ", ") + ") DO NOTHING"
	return statements{
		unnest: insert + " FROM unnest(" + strings.Join(casts, ", ") + ") AS r (" + list + ")" + conflict,
		stage:  "BEGIN; CREATE TEMPORARY TABLE " + stage + " (" + strings.Join(definitions, ", ") + ") ON COMMIT DROP",
		copy:   "COPY pg_temp." + stage + " (" + list + ") FROM STDIN (FORMAT binary)",
		merge:  insert + " FROM pg_temp." + stage + conflict + "; COMMIT",
	}
}

const stage = "headgate_stage"

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = warehouse.Quote(name)
	}
	return out
}
