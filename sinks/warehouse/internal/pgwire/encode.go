package pgwire

import (
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Identifiers of types, which are the same in every server:
// https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
const (
	OIDInt4             = 23
	OIDText             = 25
	OIDInt4Array        = 1007
	OIDTextArray        = 1009
	OIDVarchar          = 1043
	OIDTimestamptz      = 1184
	OIDTimestamptzArray = 1185
)

// AppendArray appends the values of a column in the rows as an array of one dimension in the
// binary format, JSON as text:
// https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c (array_recv)
func AppendArray(dst []byte, column warehouse.Column, rows []warehouse.Row, element uint32) []byte {
	const header, each = 20, 12
	size := header
	for i := range rows {
		size += each + lengthOf(column.Value(&rows[i]))
	}
	dst = slices.Grow(dst, size)
	hasNull := uint32(1)
	if column.Required {
		hasNull = 0
	}
	for _, word := range []uint32{1, hasNull, element, uint32(len(rows)), 1} { // dimensions, …, length, first index
		dst = binary.BigEndian.AppendUint32(dst, word)
	}
	for i := range rows {
		dst = appendBinary(dst, column.Value(&rows[i]))
	}
	return dst
}

// lengthOf returns the length of a text.
func lengthOf(value any) int {
	switch v := value.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	default:
		return 0
	}
}

// appendBinary appends a value in the binary format with its length before it.
func appendBinary(dst []byte, value any) []byte {
	const null = 0xffffffff // instead of a length
	switch v := value.(type) {
	case string:
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...)
	case []byte:
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...)
	case time.Time:
		dst = binary.BigEndian.AppendUint32(dst, 8)
		return binary.BigEndian.AppendUint64(dst, uint64(v.UnixMicro()-epoch))
	case int:
		dst = binary.BigEndian.AppendUint32(dst, 4)
		return binary.BigEndian.AppendUint32(dst, uint32(int32(v)))
	default:
		return binary.BigEndian.AppendUint32(dst, null)
	}
}

// epoch is the first of January 2000, from which the server counts, in microseconds.
const epoch = 946_684_800_000_000

// AppendCopy appends rows in the text format of COPY, which the server reads whatever types
// its columns have: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2
func AppendCopy(dst []byte, rows []warehouse.Row) []byte {
	columns := warehouse.Columns()
	const each = 32 // a time, and what is escaped
	size := 0
	for i := range rows {
		for _, column := range columns {
			size += each + lengthOf(column.Value(&rows[i]))
		}
	}
	dst = slices.Grow(dst, size)
	for i := range rows {
		for j, column := range columns {
			if j > 0 {
				dst = append(dst, '\t')
			}
			dst = appendCopyValue(dst, column.Value(&rows[i]))
		}
		dst = append(dst, '\n')
	}
	return dst
}

func appendCopyValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendEscaped(dst, v)
	case []byte:
		return appendEscaped(dst, v)
	case time.Time:
		return AppendTime(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	default:
		return append(dst, `\N`...)
	}
}

// appendEscaped appends text with a backslash before what has a meaning to COPY.
func appendEscaped[T string | []byte](dst []byte, text T) []byte {
	from := 0
	for i := range len(text) {
		var instead byte
		switch text[i] {
		case '\\':
			instead = '\\'
		case '\t':
			instead = 't'
		case '\n':
			instead = 'n'
		case '\r':
			instead = 'r'
		default:
			continue
		}
		dst = append(append(dst, text[from:i]...), '\\', instead)
		from = i + 1
	}
	return append(dst, text[from:]...)
}

// AppendTime appends a time in a form that is read alike whatever the settings of the session.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, "2006-01-02 15:04:05.999999Z07:00")
}
