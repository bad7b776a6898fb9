package expression

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/headgate-dev/headgate/internal/spelling"
)

// Error says why an expression cannot be compiled, and where.
type Error struct {
	// Column counts the characters of the expression from 1; 0 if it is wrong as a whole, or
	// is written over several lines.
	Column  int
	Message string
	// Hint says what was probably meant, or is empty.
	Hint string
}

func (e *Error) Error() string { return e.Message }

var unknownName = regexp.MustCompile(`^unknown name (\S+)$`)

// compileError turns what the compiler said into one line.
func compileError(err error) *Error {
	var at *file.Error
	if !errors.As(err, &at) {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return &Error{Message: line}
	}
	line, _, _ := strings.Cut(at.Message, "\n")
	e := &Error{Message: line}
	if at.Line == 1 {
		e.Column = at.Column + 1
	}
	if m := unknownName.FindStringSubmatch(line); m != nil {
		e.Hint = hint(m[1])
	}
	return e
}

// hint says how to write what was probably meant by a name that is none.
func hint(name string) string {
	if slices.Contains(absent, name) {
		return "an expression sees the event, and nothing else"
	}
	if name == "properties" || name == "event" {
		return "an event's properties are props, its name is name"
	}
	if near := spelling.Nearest(name, Names); near != "" {
		return "did you mean " + near + "?"
	}
	return "a property is written props." + name + `, a text "` + name + `"`
}
