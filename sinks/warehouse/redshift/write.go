package redshift

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

const (
	// maxParameters of a statement: https://github.com/aws/amazon-redshift-python-driver/issues/165
	maxParameters = 32_767
	// maxStatement keeps an INSERT, its values included, below the 16 MB that a statement may have:
	// https://docs.aws.amazon.com/redshift/latest/dg/c_redshift-sql.html
	maxStatement = 12 << 20
)

// Write writes all of the rows that are not there yet, or none.
func (d *driver) Write(ctx context.Context, b warehouse.Batch) error {
	rows := distinct(b.Rows)
	first, last := span(rows)
	first, last = first.Add(-d.window), last.Add(d.window)
	return d.transact(ctx, "insert", func(conn *pgconn.PgConn) error {
		if err := execute(ctx, conn, d.sql.stage); err != nil {
			return err
		}
		for len(rows) > 0 {
			insert := newInsert(d.sql.insert)
			n := insert.add(rows)
			if err := insert.execute(ctx, conn); err != nil {
				return err
			}
			rows = rows[n:]
		}
		if _, err := conn.ExecParams(ctx, d.sql.merge, [][]byte{timeText(first), timeText(last)}, timeTypes[:], nil, nil).Close(); err != nil {
			return err
		}
		return execute(ctx, conn, d.sql.drop)
	})
}

// timeTypes are those of two parameters.
var timeTypes = [2]uint32{pgwire.OIDTimestamptz, pgwire.OIDTimestamptz}

func timeText(t time.Time) []byte { return pgwire.AppendTime(nil, t) }

// distinct leaves out rows whose id an earlier one has.
func distinct(rows []warehouse.Row) []warehouse.Row {
	seen := make(map[string]bool, len(rows))
	kept := make([]warehouse.Row, 0, len(rows))
	for _, row := range rows {
		if !seen[row.ID] {
			seen[row.ID] = true
			kept = append(kept, row)
		}
	}
	return kept
}

// span returns when the first and the last of the rows was received, as it is stored.
func span(rows []warehouse.Row) (first, last time.Time) {
	first, last = rows[0].Received, rows[0].Received
	for i := range rows {
		if t := rows[i].Received; t.Before(first) {
			first = t
		} else if t.After(last) {
			last = t
		}
	}
	return first.Truncate(time.Microsecond), last.Truncate(time.Microsecond)
}

// insert is one INSERT of many rows.
type insert struct {
	columns []warehouse.Column
	sql     []byte
	values  [][]byte
	size    int // of the values
}

func newInsert(sql string) *insert {
	return &insert{columns: warehouse.Columns(), sql: []byte(sql)}
}

// add adds as many of the rows as one statement may have, at least one, and returns how many.
func (s *insert) add(rows []warehouse.Row) int {
	for i := range rows {
		values, size := s.valuesOf(&rows[i])
		if i > 0 && (len(s.values)+len(values) > maxParameters || len(s.sql)+s.size+size > maxStatement) {
			return i
		}
		if i > 0 {
			s.sql = append(s.sql, ',')
		}
		s.sql = appendRow(s.sql, s.columns, len(s.values)+1)
		s.values = append(s.values, values...)
		s.size += size
	}
	return len(rows)
}

// valuesOf returns the values of a row as text, and their size with a place for each.
func (s *insert) valuesOf(row *warehouse.Row) (values [][]byte, size int) {
	const place = 20 // "JSON_PARSE($32767),"
	for _, c := range s.columns {
		var value []byte // nil for NULL
		switch v := c.Value(row).(type) {
		case string:
			value = []byte(v)
		case []byte:
			value = v
		case time.Time:
			value = timeText(v)
		case int:
			value = strconv.AppendInt(nil, int64(v), 10)
		}
		values = append(values, value)
		size += len(value) + place
	}
	return values, size
}

// execute sends the statement without preparing it by name.
func (s *insert) execute(ctx context.Context, conn *pgconn.PgConn) error {
	types := make([]uint32, 0, len(s.values))
	for range len(s.values) / len(s.columns) {
		for _, c := range s.columns {
			types = append(types, parameterType(c))
		}
	}
	_, err := conn.ExecParams(ctx, string(s.sql), s.values, types, nil, nil).Close()
	return err
}

func parameterType(c warehouse.Column) uint32 {
	switch c.Type {
	case warehouse.Timestamp:
		return pgwire.OIDTimestamptz
	case warehouse.Integer:
		return pgwire.OIDInt4
	default:
		return pgwire.OIDVarchar
	}
}
