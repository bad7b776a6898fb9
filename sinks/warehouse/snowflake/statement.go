package snowflake

import (
	"fmt"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// The statements are all here. Names are quoted in upper case, which is what Snowflake
// makes of a name without quotes, so that queries need none. Every value of an event is
// in the one parameter, and no other text comes from an event.

// quote quotes a name that an option gave.
func quote(name string) string { return warehouse.Quote(strings.ToUpper(name)) }

func tableName(t warehouse.Table) string { return t.Quoted(quote) }

// columnTypes are Snowflake's words for the types of a column.
var columnTypes = map[warehouse.Type]string{
	warehouse.Text:      "VARCHAR",
	warehouse.JSON:      "VARIANT",
	warehouse.Timestamp: "TIMESTAMP_NTZ(9)",
	warehouse.Integer:   "NUMBER(9, 0)",
}

// createTable makes a transient table: no fail-safe, for which seven days of storage are
// paid, and one day of time travel. It has no clustering key, which is paid for whenever rows
// are added: rows come in by the time they were received, which is what de-duplication and
// retention go by.
func createTable(t warehouse.Table) string {
	var columns []string
	for _, c := range warehouse.Columns() {
		column := quote(c.Name) + " " + columnTypes[c.Type]
		if c.Required {
			column += " NOT NULL"
		}
		columns = append(columns, column)
	}
	return fmt.Sprintf("CREATE TRANSIENT TABLE IF NOT EXISTS %s (%s) DATA_RETENTION_TIME_IN_DAYS = 1", tableName(t), strings.Join(columns, ", "))
}

// describeTable needs no virtual warehouse, and no privilege but any on the table.
func describeTable(t warehouse.Table) string { return "DESCRIBE TABLE " + tableName(t) }

// source has the rows of a batch, which is bound as the text of one JSON array of arrays,
// with the values of a row in the order of the columns. One scalar works for any number of
// rows: arrays of parameters are for VALUES alone, which takes no PARSE_JSON
// (https://github.com/snowflakedb/gosnowflake/issues/1002), and many go through a stage.
func source() string {
	var values []string
	for i, c := range warehouse.Columns() {
		values = append(values, fmt.Sprintf("%s AS %s", value(c.Type, i), quote(c.Name)))
	}
	return "SELECT " + strings.Join(values, ", ") + " FROM (SELECT PARSE_JSON(?) AS batch) AS b, LATERAL FLATTEN(INPUT => b.batch) AS f"
}

// value takes the i-th value of a row. A null of JSON becomes NULL. A time is in
// nanoseconds since 1970, so that no parameter of the session has a say in what it means.
func value(t warehouse.Type, i int) string {
	switch t {
	case warehouse.JSON:
		return fmt.Sprintf("f.value[%d]", i)
	case warehouse.Timestamp:
		return fmt.Sprintf("TO_TIMESTAMP_NTZ(f.value[%d]::NUMBER, 9)", i)
	case warehouse.Integer:
		return fmt.Sprintf("f.value[%d]::NUMBER", i)
	default:
		return fmt.Sprintf("f.value[%d]::VARCHAR", i)
	}
}

// insertRows adds the rows of a batch, whether they are there or not.
func insertRows(t warehouse.Table) string {
	return fmt.Sprintf("INSERT INTO %s (%s) %s", tableName(t), columnList(""), source())
}

// mergeRows adds the rows of a batch whose ids are not among the rows that were received
// between two times. Without these, Snowflake would read the ids of the whole table.
func mergeRows(t warehouse.Table, from, to string) string {
	return fmt.Sprintf("MERGE INTO %s AS t USING (%s) AS s ON t.%s = s.%s AND t.%s BETWEEN %s AND %s WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)",
		tableName(t), source(), quote("id"), quote("id"), quote("received_at"), from, to, columnList(""), columnList("s."))
}

func columnList(prefix string) string {
	var names []string
	for _, c := range warehouse.Columns() {
		names = append(names, prefix+quote(c.Name))
	}
	return strings.Join(names, ", ")
}

// oldestRow is answered from metadata, without a virtual warehouse.
func oldestRow(t warehouse.Table) string {
	return fmt.Sprintf("SELECT MIN(%s) FROM %s", quote("received_at"), tableName(t))
}

// deleteRows deletes the rows that were received before a time.
func deleteRows(t warehouse.Table, before time.Time) string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s < %s", tableName(t), quote("received_at"), timestamp(before))
}

// timestamp writes a time of headgate's own as an expression, from 1678 to 2261.
func timestamp(t time.Time) string { return fmt.Sprintf("TO_TIMESTAMP_NTZ(%d, 9)", t.UnixNano()) }
