package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

// kind is how a type of column is called by the server, and what its values are sent as.
type kind struct {
	name           string
	cast           string   // from what is sent
	element, array uint32   // types of what is sent
	takes          []string // types that a table of somebody's own may have
}

var kinds = map[warehouse.Type]kind{
	warehouse.Text:      {name: "text", element: pgwire.OIDText, array: pgwire.OIDTextArray, takes: []string{"text", "character varying"}},
	warehouse.JSON:      {name: "jsonb", cast: "::jsonb", element: pgwire.OIDText, array: pgwire.OIDTextArray, takes: []string{"jsonb", "json", "text"}},
	warehouse.Timestamp: {name: "timestamptz", element: pgwire.OIDTimestamptz, array: pgwire.OIDTimestamptzArray, takes: []string{"timestamp with time zone"}},
	warehouse.Integer:   {name: "integer", element: pgwire.OIDInt4, array: pgwire.OIDInt4Array, takes: []string{"integer", "smallint", "bigint", "numeric"}},
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
	copy   string // of rows that are likely to be new
	insert string // $1 to $13 are arrays, one for each column

	stage     string // begins a transaction and makes a table that lasts as long
	copyStage string // into that table
	merge     string // from there, and ends the transaction
}

func statementsOf(t warehouse.Table, unique []string) statements {
	var names, arrays, definitions []string
	for i, c := range warehouse.Columns() {
		name, k := warehouse.Quote(c.Name), kinds[c.Type]
		names = append(names, name)
		// In the list of results, unlike after FROM, the arrays are not copied once more.
		arrays = append(arrays, fmt.Sprintf("unnest($%d)%s", i+1, k.cast))
		definitions = append(definitions, name+" "+k.name)
	}
	table, list := t.Quoted(warehouse.Quote), strings.Join(names, ", ")
	insert := "INSERT INTO " + table + " (" + list + ") SELECT "
	conflict := " ON CONFLICT (" + strings.Join(quoted(unique), ", ") + ") DO NOTHING"
	return statements{
		copy:      "COPY " + table + " (" + list + ") FROM STDIN",
		insert:    insert + strings.Join(arrays, ", ") + conflict,
		stage:     "BEGIN; CREATE TEMPORARY TABLE " + stage + " (" + strings.Join(definitions, ", ") + ") ON COMMIT DROP",
		copyStage: "COPY pg_temp." + stage + " (" + list + ") FROM STDIN",
		merge:     insert + list + " FROM pg_temp." + stage + conflict + "; COMMIT",
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
