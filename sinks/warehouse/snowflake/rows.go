package snowflake

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	// maxStatement bounds the text of a statement with what is bound to it. Snowflake runs
	// larger ones, but cannot try them again by itself after a failure within:
	// https://docs.snowflake.com/en/user-guide/query-size-limits
	maxStatement = 1 << 20

	// maxRow bounds a single row, which cannot be divided. It is what a VARIANT held
	// before it was raised to 128 MB, which not every account has:
	// https://docs.snowflake.com/en/sql-reference/data-types-semistructured
	maxRow = 16 << 20

	// maxBatch bounds the JSON of the events of a batch, which is about as long as the text
	// that their rows make, such that maxStatement is seldom exceeded.
	maxBatch = 900_000
)

// bound is a batch as it is bound to a statement.
type bound struct {
	text     string    // the JSON array of rows
	rows     int       // in it
	from, to time.Time // when they were received
}

// bind writes the rows as JSON. With distinct, each id is there once: MERGE compares rows
// with those of the table, not with one another. Rows that cannot be written are left
// out, and named in bad.
func bind(rows []warehouse.Row, distinct bool) (b bound, bad core.BatchError) {
	seen := make(map[string]bool, len(rows))
	columns := warehouse.Columns()
	text := []byte{'['}
	for i := range rows {
		row := &rows[i]
		if distinct && seen[row.ID] {
			continue
		}
		start := len(text)
		if b.rows > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = appendRow(text, columns, row); err != nil {
			text = text[:start]
			bad.Fail(i, core.Permanent(err))
			continue
		}
		seen[row.ID] = true
		b.add(row.Received)
	}
	b.text = string(append(text, ']'))
	return b, bad
}

func (b *bound) add(received time.Time) {
	if b.rows == 0 || received.Before(b.from) {
		b.from = received
	}
	if b.rows == 0 || received.After(b.to) {
		b.to = received
	}
	b.rows++
}

// fits returns an error if a statement with so much bound to it is too large.
func (b bound) fits(statement string) error {
	size, limit := len(statement)+len(b.text), maxStatement
	if b.rows == 1 {
		limit = maxRow
	}
	if size <= limit {
		return nil
	}
	return core.TooLarge(fmt.Errorf("snowflake: %d rows make a statement of %d bytes, of which %d are allowed", b.rows, size, limit))
}

var errNoJSON = errors.New("snowflake: a row has something in a column of JSON that is none")

// appendRow writes a row as a JSON array, its values in the order of the columns.
func appendRow(dst []byte, columns []warehouse.Column, row *warehouse.Row) ([]byte, error) {
	dst = append(dst, '[')
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch v := c.Value(row).(type) {
		case nil:
			dst = append(dst, "null"...)
		case []byte:
			// What is not JSON would end the row, and begin another.
			if !json.Valid(v) {
				return dst, errNoJSON
			}
			dst = append(dst, v...)
		case time.Time:
			dst = strconv.AppendInt(dst, v.UnixNano(), 10)
		case int:
			dst = strconv.AppendInt(dst, int64(v), 10)
		case string:
			text, err := json.Marshal(v)
			if err != nil {
				return dst, err
			}
			dst = append(dst, text...)
		default:
			return dst, fmt.Errorf("snowflake: column %s holds a %T", c.Name, v)
		}
	}
	return append(dst, ']'), nil
}
