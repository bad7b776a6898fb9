package pgwire

import (
	"encoding/binary"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Identifiers of types, which are the same in every server:
// https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
const (
	OIDInt4        = 23
	OIDText        = 25
	OIDVarchar     = 1043
	OIDTimestamptz = 1184
	OIDJSONB       = 3802
)

// AppendBinary appends a value of a column in the binary format of the protocol with its
// length before it. JSON is in the form of text, unless jsonb.
func AppendBinary(dst []byte, value any, jsonb bool) []byte {
	switch v := value.(type) {
	case string:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v)))
		return append(dst, v...)
	case []byte:
		if jsonb {
			const version = 1
			dst = binary.BigEndian.AppendUint32(dst, uint32(len(v)+1))
			return append(append(dst, version), v...)
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v)))
		return append(dst, v...)
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

const (
	null = 0xffffffff // instead of a length
	// epoch is the first of January 2000, from which the server counts.
	epoch = 946_684_800_000_000
)

// AppendArray appends the values of a column in the rows as a binary array of one dimension:
// https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c (array_recv)
func AppendArray(dst []byte, column warehouse.Column, rows []warehouse.Row, element uint32, jsonb bool) []byte {
	hasNull := uint32(1)
	if column.Required {
		hasNull = 0
	}
	for _, word := range []uint32{1, hasNull, element, uint32(len(rows)), 1} { // dimensions, …, length, first index
		dst = binary.BigEndian.AppendUint32(dst, word)
	}
	for i := range rows {
		dst = AppendBinary(dst, column.Value(&rows[i]), jsonb)
	}
	return dst
}

// SizeOf bounds what the values of a column take in either format.
func SizeOf(column warehouse.Column, rows []warehouse.Row) int {
	const header, each = 32, 12 // a length and a version, or a number
	size := header + each*len(rows)
	for i := range rows {
		switch v := column.Value(&rows[i]).(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	return size
}

// copySignature begins a binary COPY, without flags and extensions:
// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
const copySignature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// AppendCopy appends rows in the binary format of COPY, JSON as jsonb.
func AppendCopy(dst []byte, rows []warehouse.Row) []byte {
	columns := warehouse.Columns()
	dst = append(dst, copySignature...)
	for i := range rows {
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(columns)))
		for _, column := range columns {
			dst = AppendBinary(dst, column.Value(&rows[i]), true)
		}
	}
	return append(dst, 0xff, 0xff) // no more rows
}
