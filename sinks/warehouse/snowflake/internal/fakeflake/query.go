package fakeflake

import (
	"fmt"
)

// The types of statement that the driver tells apart.
const (
	typeSelect = 0x1000
	typeDML    = 0x3000
	typeInsert = 0x3100
	typeDelete = 0x3300
	typeMerge  = 0x3400
	typeDDL    = 0x6000
)

// query executes a statement, unless it has been executed under the same id.
func (s *Server) query(call Call, fault Fault) answer {
	sess := s.sessions[token(call)]
	switch {
	case sess == nil:
		return refuse("390111", "", "Session no longer exists. New login required to access the service.", "")
	case sess.expired:
		return refuse("390112", "", "Your session has expired. Please login again.", "")
	}
	request := call.Query.Get("requestId")
	if a, done := s.answers[request]; done && !s.forgetful {
		return a
	}
	s.nextID++
	query := fmt.Sprintf("01b00000-0000-0000-0000-%012d", s.nextID)
	var a answer
	if fault.Code != "" {
		a = refuse(fault.Code, fault.State, fault.Message, query)
	} else {
		a = s.execute(sess, call, query)
	}
	s.answers[request] = a
	if fault.InProgress > 0 {
		path := "/queries/" + query + "/result"
		s.results[path], s.polls[path] = a, fault.InProgress
		return inProgress(path)
	}
	return a
}

// bound returns what is bound to the first parameter of a statement, if it is one text.
func bound(body map[string]any) (text string, ok bool) {
	bindings, _ := body["bindings"].(map[string]any)
	first, _ := bindings["1"].(map[string]any)
	if len(bindings) != 1 || first["type"] != "TEXT" {
		return "", false
	}
	text, ok = first["value"].(string)
	return text, ok
}

func (s *Server) execute(sess *session, call Call, query string) answer {
	text, isBound := bound(call.Body)
	result, err := s.run(sess, call.Statement, text, isBound)
	if err != nil {
		e := err.(*sqlError)
		return refuse(e.code, e.state, e.message, query)
	}
	var types []any
	for _, c := range result.columns {
		types = append(types, map[string]any{
			"name": c.name, "type": c.typ, "nullable": true, "scale": c.scale, "precision": 38, "length": 16777216, "byteLength": 16777216,
		})
	}
	return answer{Success: true, Data: map[string]any{
		"queryId": query, "sqlState": "00000", "statementTypeId": result.kind, "queryResultFormat": "json",
		"rowtype": types, "rowset": result.rows, "total": len(result.rows), "returned": len(result.rows),
		"finalDatabaseName": sess.database, "finalSchemaName": sess.schema,
	}}
}

// result is what a statement gives.
type result struct {
	kind    int
	columns []resultColumn
	rows    [][]any
}

type resultColumn struct {
	name, typ string
	scale     int
}

// counted is the result of a statement that changes rows.
func counted(kind int, what string, n int) *result {
	return &result{kind: kind, columns: []resultColumn{{name: "number of rows " + what, typ: "fixed"}}, rows: [][]any{{fmt.Sprint(n)}}}
}

// sqlError is an error of a statement. Its message quotes what it is about, as Snowflake's do.
type sqlError struct{ code, state, message string }

func (e *sqlError) Error() string { return e.code + ": " + e.message }

func sqlErrorf(code, state, format string, args ...any) *sqlError {
	return &sqlError{code, state, fmt.Sprintf(format, args...)}
}
