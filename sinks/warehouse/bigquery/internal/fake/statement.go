package fake

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"
)

// The statements that are understood. Whatever differs from them is refused, as is by
// BigQuery what it does not understand.
var (
	createSchema = regexp.MustCompile(`(?s)^CREATE SCHEMA IF NOT EXISTS (\S+)\s+OPTIONS \(location = '([\w-]+)'\)$`)
	createTable  = regexp.MustCompile(`(?s)^CREATE TABLE IF NOT EXISTS (\S+) \(\n(.*)\n\)\nPARTITION BY DATE\(\x60(\w+)\x60\)\nCLUSTER BY ([\x60\w, ]+)(?:\nOPTIONS \(partition_expiration_days = ([\d.]+)\))?$`)
	createView   = regexp.MustCompile(`(?s)^CREATE VIEW IF NOT EXISTS (\S+) AS\s+(SELECT .*)$`)
	alterTable   = regexp.MustCompile(`(?s)^ALTER TABLE (\S+)\s+SET OPTIONS \(partition_expiration_days = ([\d.]+)\)$`)
	deleteRows   = regexp.MustCompile(`^DELETE FROM (\S+) WHERE (\x60\w+\x60 IN UNNEST\(@\w+\)(?: OR \x60\w+\x60 IN UNNEST\(@\w+\))*)$`)
	listed       = regexp.MustCompile(`\x60(\w+)\x60 IN UNNEST\(@(\w+)\)`)
	columnLine   = regexp.MustCompile(`^  \x60(\w+)\x60 (STRING|JSON|TIMESTAMP|INT64)( NOT NULL)? OPTIONS \(description = '([^'\\\n]*)'\),?$`)
)

// failure is an error of the REST API.
type failure struct {
	status          int
	reason, message string
}

func (f *failure) Error() string { return f.message }

// Execute runs a statement, as somebody else would.
func (s *Server) Execute(sql string) { _ = s.execute(sql) }

// execute runs a statement.
func (s *Server) execute(sql string) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := createSchema.FindStringSubmatch(sql); m != nil {
		if name := unquote(m[1]); s.datasets[name] == "" {
			s.datasets[name] = m[2]
		}
		return nil
	}
	if m := createTable.FindStringSubmatch(sql); m != nil {
		return s.create(m)
	}
	if m := createView.FindStringSubmatch(sql); m != nil {
		return s.make(unquote(m[1]), &table{view: m[2]})
	}
	if m := alterTable.FindStringSubmatch(sql); m != nil {
		t := s.tables[unquote(m[1])]
		if t == nil {
			return &failure{http.StatusNotFound, "notFound", "Not found: Table " + m[1]}
		}
		t.partitioning = &rest.TimePartitioning{Type: "DAY", Field: t.partitioning.Field, ExpirationMs: milliseconds(m[2])}
		return nil
	}
	return &failure{http.StatusBadRequest, "invalidQuery", "Syntax error: " + sql}
}

// create makes a table of a statement that was taken apart.
func (s *Server) create(m []string) *failure {
	t := &table{partitioning: &rest.TimePartitioning{Type: "DAY", Field: m[3], ExpirationMs: milliseconds(m[5])}}
	for line := range strings.SplitSeq(m[2], "\n") {
		c := columnLine.FindStringSubmatch(line)
		if c == nil {
			return &failure{http.StatusBadRequest, "invalidQuery", "Syntax error: " + line}
		}
		field := &rest.TableFieldSchema{Name: c[1], Type: c[2], Mode: "NULLABLE", Description: c[4]}
		if c[2] == "INT64" {
			field.Type = "INTEGER" // as the REST API calls it
		}
		if c[3] != "" {
			field.Mode = "REQUIRED"
		}
		t.fields = append(t.fields, field)
	}
	for name := range strings.SplitSeq(m[4], ", ") {
		t.clustering = append(t.clustering, unquote(name))
	}
	return s.make(unquote(m[1]), t)
}

func (s *Server) make(name string, t *table) *failure {
	dataset := name[:strings.LastIndex(name, ".")]
	if _, there := s.datasets[dataset]; !there {
		return &failure{http.StatusNotFound, "notFound", "Not found: Dataset " + dataset}
	}
	if s.tables[name] == nil {
		s.tables[name] = t
	}
	return nil
}

func milliseconds(days string) int64 {
	if days == "" {
		return 0
	}
	n, err := strconv.ParseFloat(days, 64)
	if err != nil {
		panic(fmt.Sprint(days, " is no number"))
	}
	return int64(n * float64(24*time.Hour/time.Millisecond))
}

// deleteRows deletes the rows of which a column has one of the texts of a parameter.
func (s *Server) deleteRows(m []string, parameters []*rest.QueryParameter) (deleted int64, f *failure) {
	texts := map[string]map[any]bool{}
	for _, p := range parameters {
		if p.ParameterType.Type != "ARRAY" || p.ParameterType.ArrayType.Type != "STRING" {
			return 0, &failure{http.StatusBadRequest, "invalidQuery", "want an array of STRING"}
		}
		texts[p.Name] = map[any]bool{}
		for _, v := range p.ParameterValue.ArrayValues {
			texts[p.Name][v.Value] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[unquote(m[1])]
	if t == nil {
		return 0, &failure{http.StatusNotFound, "notFound", "Not found: Table " + m[1]}
	}
	conditions := listed.FindAllStringSubmatch(m[2], -1)
	for _, c := range conditions {
		if texts[c[2]] == nil {
			return 0, &failure{http.StatusBadRequest, "invalidQuery", "Query parameter '" + c[2] + "' not found"}
		}
	}
	before := len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(row Row) bool {
		return slices.ContainsFunc(conditions, func(c []string) bool { return texts[c[2]][row[c[1]]] })
	})
	return int64(before - len(t.rows)), nil
}
