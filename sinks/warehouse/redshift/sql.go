package redshift

import (
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// tableAttributes make Redshift keep rows by the time that queries go by. The search for rows that
// are there already and retention go by the time of receipt, in whose order rows come.
const tableAttributes = ` DISTSTYLE AUTO SORTKEY ("timestamp")`

// typeOf returns the type of a column. Lengths are in bytes: the core takes 256 of an id and
// of a name, and replacing NUL may make three of one.
func typeOf(c warehouse.Column) string {
	const longest = "VARCHAR(65535)"
	switch {
	case c.Type == warehouse.JSON:
		return "SUPER"
	case c.Type == warehouse.Timestamp:
		return "TIMESTAMPTZ"
	case c.Type == warehouse.Integer:
		return "INTEGER"
	case strings.HasPrefix(c.Name, "app_"): // from the context, where it may be any text
		return longest
	default:
		return "VARCHAR(1024)"
	}
}

// ddl makes the table and the one that writers lock.
func ddl(t warehouse.Table, attributes string) []string {
	var columns []string
	for _, c := range warehouse.Columns() {
		definition := warehouse.Quote(c.Name) + " " + typeOf(c)
		if c.Required {
			definition += " NOT NULL"
		}
		columns = append(columns, definition)
	}
	return []string{
		"CREATE TABLE IF NOT EXISTS " + name(t) + " (\n\t" + strings.Join(columns, ",\n\t") + "\n)" + attributes,
		"CREATE TABLE IF NOT EXISTS " + name(t.With(lockSuffix)) + ` ("locked" INTEGER)`,
	}
}

const (
	lockSuffix = "_lock"
	stage      = `"headgate_stage"`
)

func name(t warehouse.Table) string { return t.Quoted(warehouse.Quote) }

// statements are what the driver executes, but for the rows of an INSERT.
type statements struct {
	look, lookLock string // nothing but whether the tables are there
	lock           string // keeps other writers out until the transaction ends

	stage  string // makes the temporary table
	insert string // into it; rows follow
	merge  string // from there; $1 and $2 are the first and the last time of receipt
	drop   string // the temporary table

	oldest string // second of the first time of receipt before $1
	expire string // what was received before $1
}

func statementsOf(t warehouse.Table) statements {
	var names, staged []string
	for _, c := range warehouse.Columns() {
		names = append(names, warehouse.Quote(c.Name))
		staged = append(staged, "s."+warehouse.Quote(c.Name))
	}
	table, list := name(t), strings.Join(names, ", ")
	return statements{
		look:     "SELECT " + list + " FROM " + table + " LIMIT 0",
		lookLock: "SELECT 1 FROM " + name(t.With(lockSuffix)) + " LIMIT 0",
		lock:     "LOCK TABLE " + name(t.With(lockSuffix)),
		stage:    "CREATE TEMP TABLE " + stage + " (LIKE " + table + ")",
		insert:   "INSERT INTO " + stage + " (" + list + ") VALUES ",
		merge: "INSERT INTO " + table + " (" + list + ") SELECT " + strings.Join(staged, ", ") + " FROM " + stage + ` AS s LEFT JOIN (SELECT "id" FROM ` + table +
			` WHERE "received_at" BETWEEN $1 AND $2) AS t ON t."id" = s."id" WHERE t."id" IS NULL`,
		drop:   "DROP TABLE " + stage,
		oldest: `SELECT CAST(FLOOR(EXTRACT(EPOCH FROM MIN("received_at"))) AS BIGINT) FROM ` + table + ` WHERE "received_at" < $1`,
		expire: "DELETE FROM " + table + ` WHERE "received_at" < $1`,
	}
}

// appendRow appends the places of a row's values to an INSERT, from $n on.
func appendRow(sql []byte, columns []warehouse.Column, n int) []byte {
	for i, c := range columns {
		if i == 0 {
			sql = append(sql, '(')
		} else {
			sql = append(sql, ',')
		}
		place := strconv.AppendInt([]byte{'$'}, int64(n+i), 10)
		if c.Type == warehouse.JSON {
			// Without it the text itself would be stored, as a SUPER that is a string.
			sql = append(append(append(sql, "JSON_PARSE("...), place...), ')')
		} else {
			sql = append(sql, place...)
		}
	}
	return append(sql, ')')
}
