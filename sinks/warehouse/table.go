package warehouse

import (
	"fmt"
	"regexp"
	"strings"
)

// Table is the name of a table that has been checked: one to three identifiers, such as
// schema and table. No engine has a way to bind a name, so nothing else may become one.
type Table struct{ parts []string }

// identifier is what every engine takes as a name, within the shortest bound of them,
// that of Postgres: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)

const (
	maxIdentifier = 63
	maxParts      = 3
)

// ParseTable reads a name such as "telemetry_events" or "analytics.telemetry_events".
func ParseTable(name string) (Table, error) {
	parts := strings.Split(name, ".")
	if len(parts) > maxParts {
		return Table{}, fmt.Errorf("want at most %d names with dots between them", maxParts)
	}
	for _, part := range parts {
		if !CheckIdentifier(part) {
			return Table{}, fmt.Errorf("want a name of letters, digits and underscores, at most 63, that starts with no digit")
		}
	}
	return Table{parts}, nil
}

// CheckIdentifier reports whether a name that an option gives, of a table, a schema or
// a role, may be put into a statement.
func CheckIdentifier(name string) bool { return identifier.MatchString(name) }

// Parts returns the identifiers from the outermost to the table's own.
func (t Table) Parts() []string { return append([]string(nil), t.parts...) }

// Name returns the table's own identifier.
func (t Table) Name() string {
	if len(t.parts) == 0 {
		return ""
	}
	return t.parts[len(t.parts)-1]
}

// Unique returns the name of the view that has every event once, for engines whose table
// may have one twice.
func (t Table) Unique() Table { return t.With("_unique") }

// With returns the name with a suffix, for what belongs to the table: an index, a view. A
// name that would be too long is cut before the suffix.
func (t Table) With(suffix string) Table {
	parts := t.Parts()
	last := &parts[len(parts)-1]
	*last = (*last)[:min(len(*last), maxIdentifier-len(suffix))] + suffix
	return Table{parts}
}

// Quoted returns the name with each identifier quoted by quote and dots between them.
func (t Table) Quoted(quote func(string) string) string {
	quoted := make([]string, len(t.parts))
	for i, part := range t.parts {
		quoted[i] = quote(part)
	}
	return strings.Join(quoted, ".")
}

// Quote quotes an identifier as standard SQL does.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// String returns the name as it was given.
func (t Table) String() string { return strings.Join(t.parts, ".") }
