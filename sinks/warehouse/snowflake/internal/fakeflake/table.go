package fakeflake

import (
	"bytes"
	"encoding/json"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"
)

type table struct {
	columns []tableColumn
	rows    [][]any // in the order of columns: nil, string, variant, time.Time or *big.Int
}

type tableColumn struct {
	name, typ string
	required  bool
}

// variant is a value of type VARIANT, which may be null without being NULL.
type variant struct{ value any }

// index returns where a column is; -1 if nowhere.
func (t *table) index(name string) int {
	return slices.IndexFunc(t.columns, func(c tableColumn) bool { return c.name == name })
}

// maxText is what a VARCHAR holds.
const maxText = 16 << 20

// add adds rows whose values are for the columns named, all or none.
func (t *table) add(into []string, rows [][]any) error {
	var added [][]any
	for _, values := range rows {
		row := make([]any, len(t.columns))
		for i, name := range into {
			at := t.index(name)
			if at < 0 {
				return sqlErrorf("000904", "42000", "SQL compilation error: invalid identifier '%s'", name)
			}
			if !fits(values[i], t.columns[at].typ) {
				return sqlErrorf("002023", "22000", "SQL compilation error: Expression type does not match column data type for column %s", name)
			}
			if s, ok := values[i].(string); ok && len(s) > maxText {
				return sqlErrorf("100078", "22000", "String '%.100s' is too long and would be truncated", s)
			}
			row[at] = values[i]
		}
		for i, c := range t.columns {
			if c.required && row[i] == nil {
				return sqlErrorf("100072", "22000", "NULL result in a non-nullable column %s of %v", c.name, row[0])
			}
		}
		added = append(added, row)
	}
	t.rows = append(t.rows, added...)
	return nil
}

func fits(v any, typ string) bool {
	switch v.(type) {
	case string:
		return strings.HasPrefix(typ, "VARCHAR")
	case variant:
		return typ == "VARIANT"
	case time.Time:
		return strings.HasPrefix(typ, "TIMESTAMP")
	case *big.Int:
		return strings.HasPrefix(typ, "NUMBER")
	}
	return v == nil
}

// Rows returns the rows of a table, such as DB.PUBLIC.EVENTS, by the names of columns: a
// string, the []byte of JSON, a time.Time, an int64, or nil.
func (s *Server) Rows(name string) (rows []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return nil
	}
	for _, row := range t.rows {
		values := make(map[string]any)
		for i, c := range t.columns {
			switch v := row[i].(type) {
			case variant:
				values[c.name] = []byte(render(v.value))
			case *big.Int:
				values[c.name] = v.Int64()
			default:
				values[c.name] = v
			}
		}
		rows = append(rows, values)
	}
	return rows
}

// Alter changes the column of a table: its type and whether it may be NULL. A type of "" drops it.
func (s *Server) Alter(name, column, typ string, required bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	changed := tableColumn{name: column, typ: typ, required: required}
	switch i := t.index(column); {
	case i < 0:
		t.columns = append(t.columns, changed)
	case typ == "":
		t.columns = slices.Delete(t.columns, i, i+1)
	default:
		t.columns[i] = changed
	}
}

func render(v any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return strings.TrimSuffix(out.String(), "\n")
}

// parseJSON is PARSE_JSON. As Snowflake's, it refuses an object that has a key twice, and
// says what it refused.
func parseJSON(text string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	v, err := parseValue(dec)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = sqlErrorf("100069", "22P02", "Error parsing JSON: %s", text)
		}
	}
	return v, err
}

func parseValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, sqlErrorf("100069", "22P02", "Error parsing JSON: %v", err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	array, object := []any{}, map[string]any{}
	for dec.More() {
		var key string
		if delim == '{' {
			token, err := dec.Token()
			if err != nil {
				return nil, sqlErrorf("100069", "22P02", "Error parsing JSON: %v", err)
			}
			key, _ = token.(string)
			if _, twice := object[key]; twice {
				return nil, sqlErrorf("100069", "22P02", "Error parsing JSON: duplicate object attribute %q, pos %d", key, dec.InputOffset())
			}
		}
		v, err := parseValue(dec)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
		object[key] = v
	}
	if _, err := dec.Token(); err != nil {
		return nil, sqlErrorf("100069", "22P02", "Error parsing JSON: %v", err)
	}
	if delim == '{' {
		return object, nil
	}
	return array, nil
}
