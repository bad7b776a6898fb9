package fakeflake

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	namePattern = `((?:"[A-Z0-9_]+"\.){0,2}"[A-Z0-9_]+")`
	listPattern = `((?:"[A-Z0-9_]+"(?:, )?)+)`
	timePattern = `TO_TIMESTAMP_NTZ\((-?[0-9]+), 9\)`
	rowsPattern = `SELECT (.+) FROM \(SELECT PARSE_JSON\(\?\) AS batch\) AS b, LATERAL FLATTEN\(INPUT => b\.batch\) AS f`
)

var (
	createForm   = regexp.MustCompile(`^CREATE TRANSIENT TABLE IF NOT EXISTS ` + namePattern + ` \((.+)\) DATA_RETENTION_TIME_IN_DAYS = 1$`)
	columnForm   = regexp.MustCompile(`^"([A-Z0-9_]+)" (VARCHAR|VARIANT|TIMESTAMP_NTZ\(9\)|NUMBER\(9; 0\))( NOT NULL)?$`)
	describeForm = regexp.MustCompile(`^DESCRIBE TABLE ` + namePattern + `$`)
	insertForm   = regexp.MustCompile(`^INSERT INTO ` + namePattern + ` \(` + listPattern + `\) ` + rowsPattern + `$`)
	mergeForm    = regexp.MustCompile(`^MERGE INTO ` + namePattern + ` AS t USING \(` + rowsPattern + `\) AS s ON t\."ID" = s\."ID" AND t\."RECEIVED_AT" BETWEEN ` +
		timePattern + ` AND ` + timePattern + ` WHEN NOT MATCHED THEN INSERT \(` + listPattern + `\) VALUES \(((?:s\."[A-Z0-9_]+"(?:, )?)+)\)$`)
	valueForm  = regexp.MustCompile(`(?:TO_TIMESTAMP_NTZ\(f\.value\[(\d+)\]::NUMBER, (9)\)|f\.value\[(\d+)\](::VARCHAR|::NUMBER)?) AS "([A-Z0-9_]+)"(?:, |$)`)
	minForm    = regexp.MustCompile(`^SELECT MIN\("([A-Z0-9_]+)"\) FROM ` + namePattern + `$`)
	forgetForm = regexp.MustCompile(`^DELETE FROM ` + namePattern + ` WHERE "([A-Z0-9_]+)" IN \(SELECT f\.value::VARCHAR FROM TABLE\(FLATTEN\(INPUT => PARSE_JSON\(\?\)\)\) AS f\)$`)
	deleteForm = regexp.MustCompile(`^DELETE FROM ` + namePattern + ` WHERE "([A-Z0-9_]+)" < ` + timePattern + `$`)
)

// run executes a statement. All of it has an effect, or nothing.
func (s *Server) run(sess *session, statement, text string, isBound bool) (*result, error) {
	if want := strings.Contains(statement, "?"); want != isBound {
		return nil, sqlErrorf("002049", "42601", "SQL compilation error: Bind variable ? not set.")
	}
	if statement == "SELECT 1" {
		return &result{kind: typeSelect, columns: []resultColumn{{name: "1", typ: "fixed"}}, rows: [][]any{{"1"}}}, nil
	}
	if m := createForm.FindStringSubmatch(statement); m != nil {
		return s.create(sess, m[1], m[2])
	}
	if m := describeForm.FindStringSubmatch(statement); m != nil {
		return s.describe(sess, m[1])
	}
	if m := insertForm.FindStringSubmatch(statement); m != nil {
		return s.insert(sess, m[1], names(m[2]), m[3], text)
	}
	if m := mergeForm.FindStringSubmatch(statement); m != nil {
		values := names(strings.ReplaceAll(m[6], "s.", ""))
		return s.merge(sess, m[1], m[2], m[3], m[4], names(m[5]), values, text)
	}
	if m := minForm.FindStringSubmatch(statement); m != nil {
		return s.min(sess, m[2], m[1])
	}
	if m := deleteForm.FindStringSubmatch(statement); m != nil {
		return s.delete(sess, m[1], m[2], m[3])
	}
	if m := forgetForm.FindStringSubmatch(statement); m != nil {
		return s.forget(sess, m[1], m[2], text)
	}
	return nil, sqlErrorf("001003", "42000", "SQL compilation error: syntax error in %s", statement)
}

// find resolves the name of a table.
func (s *Server) find(sess *session, name string) (*table, error) {
	if t := s.tables[full(sess, name)]; t != nil {
		return t, nil
	}
	return nil, sqlErrorf("002003", "42S02", "SQL compilation error: Object '%s' does not exist or not authorized.", name)
}

// full completes a name by what the session works in.
func full(sess *session, name string) string {
	parts := names(strings.ReplaceAll(name, ".", ", "))
	return strings.Join(slices.Concat([]string{sess.database, sess.schema}[:3-len(parts)], parts), ".")
}

func names(list string) (names []string) {
	for name := range strings.SplitSeq(list, ", ") {
		names = append(names, strings.Trim(name, `"`))
	}
	return names
}

func (s *Server) create(sess *session, name, columns string) (*result, error) {
	t := new(table)
	for text := range strings.SplitSeq(strings.ReplaceAll(columns, "(9, 0)", "(9; 0)"), ", ") {
		m := columnForm.FindStringSubmatch(text)
		if m == nil {
			return nil, sqlErrorf("001003", "42000", "SQL compilation error: syntax error at %s", text)
		}
		t.columns = append(t.columns, tableColumn{name: m[1], typ: strings.ReplaceAll(m[2], ";", ","), required: m[3] != ""})
	}
	key := full(sess, name)
	if !s.namespaces[key[:strings.LastIndexByte(key, '.')]] {
		return nil, sqlErrorf("002003", "02000", "SQL compilation error: Schema of '%s' does not exist or not authorized.", key)
	}
	if s.tables[key] == nil {
		s.tables[key] = t
	}
	return &result{kind: typeDDL, columns: []resultColumn{{name: "status", typ: "text"}}, rows: [][]any{{"done"}}}, nil
}

func (s *Server) describe(sess *session, name string) (*result, error) {
	t, err := s.find(sess, name)
	if err != nil {
		return nil, err
	}
	r := &result{kind: typeSelect}
	for _, c := range []string{"name", "type", "kind", "null?", "default", "primary key"} {
		r.columns = append(r.columns, resultColumn{name: c, typ: "text"})
	}
	for _, c := range t.columns {
		typ, nullable := c.typ, "Y"
		if typ == "VARCHAR" {
			typ = "VARCHAR(16777216)"
		}
		if c.required {
			nullable = "N"
		}
		r.rows = append(r.rows, []any{c.name, typ, "COLUMN", nullable, nil, "N"})
	}
	return r, nil
}

func (s *Server) insert(sess *session, name string, into []string, values, text string) (*result, error) {
	t, err := s.find(sess, name)
	if err != nil {
		return nil, err
	}
	rows, _, err := source(values, text)
	if err != nil {
		return nil, err
	}
	if err := t.add(into, rows); err != nil {
		return nil, err
	}
	return counted(typeInsert, "inserted", len(rows)), nil
}

func (s *Server) merge(sess *session, name, values, from, to string, into, take []string, text string) (*result, error) {
	t, err := s.find(sess, name)
	if err != nil {
		return nil, err
	}
	rows, called, err := source(values, text)
	if err != nil {
		return nil, err
	}
	id, received := t.index("ID"), t.index("RECEIVED_AT")
	there := make(map[any]bool)
	for _, row := range t.rows {
		if at := row[received].(time.Time); !at.Before(nanoseconds(from)) && !at.After(nanoseconds(to)) {
			there[row[id]] = true
		}
	}
	var missing [][]any
	for _, row := range rows {
		picked := make([]any, len(take))
		for i, c := range take {
			at := slices.Index(called, c)
			if at < 0 {
				return nil, sqlErrorf("000904", "42000", "SQL compilation error: invalid identifier 'S.%s'", c)
			}
			picked[i] = row[at]
		}
		if !there[row[slices.Index(called, "ID")]] { // rows of the source are not compared with one another
			missing = append(missing, picked)
		}
	}
	if err := t.add(into, missing); err != nil {
		return nil, err
	}
	return counted(typeMerge, "inserted", len(missing)), nil
}

// source evaluates the expressions of a SELECT for each element of the array that is bound.
func source(values, text string) (rows [][]any, called []string, err error) {
	matches := valueForm.FindAllStringSubmatch(values, -1)
	var whole strings.Builder
	for _, m := range matches {
		whole.WriteString(m[0])
		called = append(called, m[5])
	}
	if whole.String() != values {
		return nil, nil, sqlErrorf("001003", "42000", "SQL compilation error: syntax error in %s", values)
	}
	batch, err := parseJSON(text)
	if err != nil {
		return nil, nil, err
	}
	elements, _ := batch.([]any)
	for _, element := range elements {
		var row []any
		for _, m := range matches {
			v, err := cast(item(element, m[1]+m[3]), m[2]+m[4])
			if err != nil {
				return nil, nil, err
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows, called, nil
}

// item is VALUE[i] of a VARIANT: NULL if there is none.
func item(element any, index string) any {
	i, _ := strconv.Atoi(index)
	if array, ok := element.([]any); ok && i < len(array) {
		return array[i]
	}
	return nil
}

// cast converts a VARIANT. A null of JSON becomes NULL, but where it stays a VARIANT.
func cast(v any, as string) (any, error) {
	if as == "" {
		return variant{v}, nil
	}
	if v == nil {
		return nil, nil
	}
	if as == "::VARCHAR" {
		if s, ok := v.(string); ok {
			return s, nil
		}
		return render(v), nil
	}
	n, ok := new(big.Int).SetString(fmt.Sprint(v), 10)
	if !ok {
		return nil, sqlErrorf("100071", "22000", "Failed to cast variant value %s to FIXED", render(v))
	}
	if as == "9" {
		return time.Unix(0, n.Int64()).UTC(), nil
	}
	return n, nil
}

func nanoseconds(text string) time.Time {
	n, _ := strconv.ParseInt(text, 10, 64)
	return time.Unix(0, n).UTC()
}

func (s *Server) min(sess *session, name, column string) (*result, error) {
	t, err := s.find(sess, name)
	if err != nil {
		return nil, err
	}
	i := t.index(column)
	var least any
	for _, row := range t.rows {
		if at := row[i].(time.Time); least == nil || at.Before(least.(time.Time)) {
			least = at
		}
	}
	if at, ok := least.(time.Time); ok {
		least = fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond())
	}
	return &result{kind: typeSelect, columns: []resultColumn{{name: "MIN", typ: "timestamp_ntz", scale: 9}}, rows: [][]any{{least}}}, nil
}

func (s *Server) delete(sess *session, name, column, before string) (*result, error) {
	t, err := s.find(sess, name)
	if err != nil {
		return nil, err
	}
	i, n := t.index(column), len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(row []any) bool { return row[i].(time.Time).Before(nanoseconds(before)) })
	return counted(typeDelete, "deleted", n-len(t.rows)), nil
}

// forget deletes the rows whose column has one of the texts in a JSON array.
func (s *Server) forget(sess *session, name, column, list string) (*result, error) {
	t, err := s.find(sess, name)
	if err != nil {
		return nil, err
	}
	var texts []any
	if err := json.Unmarshal([]byte(list), &texts); err != nil {
		return nil, sqlErrorf("100069", "22P02", "Error parsing JSON")
	}
	i, n := t.index(column), len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(row []any) bool { return row[i] != nil && slices.Contains(texts, row[i]) })
	return counted(typeDelete, "deleted", n-len(t.rows)), nil
}
