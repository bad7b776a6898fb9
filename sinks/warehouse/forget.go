package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// Forgetter is a [Driver] that can delete the rows of a person.
type Forgetter interface {
	// Forget deletes the rows whose user_id or anonymous_id is one of these, and returns how
	// many. It may be called beside Write.
	Forget(ctx context.Context, ids core.PersonIDs) (deleted int64, err error)
}

// Erasure describes how a driver deletes the rows of a person.
type Erasure struct {
	// Statement deletes them, with the ids written into it, for whoever executes it by hand.
	Statement func(Options, core.PersonIDs) string
	// Notes say what the engine keeps all the same, and for how long.
	Notes []string
}

// PersonColumn is a column that says whom a row is about, with the ids to look for.
type PersonColumn struct {
	Name string
	IDs  []string
}

// PersonColumns returns the columns for which there are ids.
func PersonColumns(ids core.PersonIDs) (columns []PersonColumn) {
	for _, c := range []PersonColumn{{"user_id", ids.UserIDs}, {"anonymous_id", ids.AnonymousIDs}} {
		if len(c.IDs) > 0 {
			columns = append(columns, c)
		}
	}
	return columns
}

// DeleteStatement writes a DELETE of the rows of a person in a dialect of SQL: value writes one
// id into it, as a literal or as a place for a parameter, in the order of [PersonValues].
func DeleteStatement(table string, quote, value func(string) string, ids core.PersonIDs) string {
	var conditions []string
	for _, c := range PersonColumns(ids) {
		values := make([]string, len(c.IDs))
		for i, id := range c.IDs {
			values[i] = value(id)
		}
		conditions = append(conditions, quote(c.Name)+" IN ("+strings.Join(values, ", ")+")")
	}
	if len(conditions) == 0 {
		conditions = []string{"1 = 0"} // never without a condition
	}
	return "DELETE FROM " + table + " WHERE " + strings.Join(conditions, " OR ")
}

// PersonValues returns the ids in the order in which [DeleteStatement] asks for them.
func PersonValues(ids core.PersonIDs) (values []string) {
	for _, c := range PersonColumns(ids) {
		values = append(values, c.IDs...)
	}
	return values
}

// Literal writes a text as standard SQL does.
func Literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// EscapedLiteral writes a text for an engine that takes a backslash in it for an escape.
func EscapedLiteral(text string) string {
	return Literal(strings.ReplaceAll(text, `\`, `\\`))
}

// Deletion returns the statement that deletes the rows of a person.
func (s *Sink) Deletion(ids core.PersonIDs) (core.Deletion, error) {
	if s.info.Erasure.Statement == nil {
		return core.Deletion{Notes: []string{"this driver does not know how rows are deleted"}}, nil
	}
	o := s.options()
	d := core.Deletion{
		Requests: []core.Request{{Target: o.Driver + " " + o.Table.String(), Body: s.info.Erasure.Statement(o, ids)}},
		Notes:    s.info.Erasure.Notes,
	}
	if o.KeepFor > 0 {
		d.Notes = append(d.Notes[:len(d.Notes):len(d.Notes)], fmt.Sprintf("rows expire after %s in any case", o.Retention))
	}
	return d, nil
}

// Forget deletes the rows of a person.
func (s *Sink) Forget(ctx context.Context, ids core.PersonIDs) (string, error) {
	f, ok := s.driver.(Forgetter)
	if !ok {
		return "", fmt.Errorf("the driver %s cannot delete rows", s.info.Name)
	}
	n, err := f.Forget(ctx, ids)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d rows were deleted", n), nil
}

var _ core.Forgetter = (*Sink)(nil)
