package fake

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	rest "google.golang.org/api/bigquery/v2"
)

// table is a table or a view.
type table struct {
	fields       []*rest.TableFieldSchema
	partitioning *rest.TimePartitioning
	clustering   []string
	view         string // the query of a view
	rows         []Row
}

// Row is a row of a table, by the names of its columns: string, json.RawMessage, time.Time
// or int64, and no entry for NULL.
type Row map[string]any

// Rows returns the rows of a table, as often as they are in it.
func (s *Server) Rows(name string) []Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return nil
	}
	return slices.Clone(t.rows)
}

// once is the part of a view that makes every row of it the only one of its key.
var once = regexp.MustCompile(`FROM (\S+)\s+WHERE TRUE\s+QUALIFY ROW_NUMBER\(\) OVER \(PARTITION BY \x60(\w+)\x60 ORDER BY \x60(\w+)\x60\) = 1$`)

// Query returns the rows that a view has, by the query it was made with.
func (s *Server) Query(view string) ([]Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.tables[view]
	if v == nil {
		return nil, nil
	}
	m := once.FindStringSubmatch(v.view)
	if m == nil {
		return nil, errors.New("the query of the view is not understood: " + v.view)
	}
	of := s.tables[unquote(m[1])]
	if of == nil {
		return nil, errors.New("the view is of a table that is not there")
	}
	first := map[any]Row{}
	for _, row := range of.rows {
		other, taken := first[row[m[2]]]
		if !taken || row[m[3]].(time.Time).Before(other[m[3]].(time.Time)) {
			first[row[m[2]]] = row
		}
	}
	var rows []Row
	for _, row := range first {
		rows = append(rows, row)
	}
	return rows, nil
}

// Table returns how a table is described, nil if it is not there.
func (s *Server) Table(name string) *rest.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.describe(name)
}

func (s *Server) describe(name string) *rest.Table {
	t := s.tables[name]
	if t == nil {
		return nil
	}
	parts := strings.Split(name, ".")
	d := &rest.Table{
		TableReference:   &rest.TableReference{ProjectId: parts[0], DatasetId: parts[1], TableId: parts[2]},
		Location:         s.datasets[parts[0]+"."+parts[1]],
		Schema:           &rest.TableSchema{Fields: t.fields},
		TimePartitioning: t.partitioning,
		Type:             "TABLE",
	}
	if t.clustering != nil {
		d.Clustering = &rest.Clustering{Fields: t.clustering}
	}
	if t.view != "" {
		d.Type, d.View = "VIEW", &rest.ViewDefinition{Query: t.view}
	}
	return d
}

// AddDataset makes a dataset.
func (s *Server) AddDataset(name, location string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.datasets[name] = location
}

// Remove removes a table or view.
func (s *Server) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tables, name)
}

// Change changes the columns of a table, and how it is partitioned, as somebody else would.
func (s *Server) Change(name string, change func(fields []*rest.TableFieldSchema, p *rest.TimePartitioning) ([]*rest.TableFieldSchema, *rest.TimePartitioning)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	t.fields, t.partitioning = change(t.fields, t.partitioning)
}

// maxDepth is how deep JSON may be: https://cloud.google.com/bigquery/docs/json-data
const maxDepth = 500

// store returns a value as the table keeps it, or what BigQuery would refuse about it.
func store(field *rest.TableFieldSchema, value any) (any, error) {
	switch v := value.(type) {
	case string:
		switch {
		case !utf8.ValidString(v):
			return nil, errors.New("invalid UTF-8 in " + field.Name)
		case field.Type == "JSON":
			if !json.Valid([]byte(v)) || depth(v) > maxDepth {
				return nil, errors.New("invalid JSON in " + field.Name + ": " + v)
			}
			return json.RawMessage(v), nil
		case field.Type == "STRING":
			return v, nil
		case field.Type == "TIMESTAMP":
			at, err := time.Parse("2006-01-02T15:04:05.999999Z", v) // six digits at most
			if err != nil {
				return nil, errors.New("could not parse " + v + " as TIMESTAMP")
			}
			return at, nil
		}
	case int64:
		switch field.Type {
		case "INTEGER":
			return v, nil
		case "TIMESTAMP":
			at := time.UnixMicro(v).UTC()
			if at.Year() < 1 || at.Year() > 9999 {
				return nil, errors.New("timestamp out of range")
			}
			return at, nil
		}
	}
	return nil, errors.New("column " + field.Name + " does not take such a value")
}

// depth is how deep brackets are nested.
func depth(text string) (most int) {
	now := 0
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == '{' || c == '['):
			now++
			most = max(most, now)
		case !inString && (c == '}' || c == ']'):
			now--
		}
	}
	return most
}

func unquote(name string) string { return strings.ReplaceAll(name, "`", "") }
