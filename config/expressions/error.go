package expressions

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/headgate-dev/headgate/internal/spelling"
	"github.com/headgate-dev/headgate/registry"
)

var unknownName = regexp.MustCompile(`^unknown name (\S+)$`)

// compileError turns what the compiler said into one line.
func compileError(err error) *registry.ExpressionError {
	var at *file.Error
	if !errors.As(err, &at) {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return &registry.ExpressionError{Message: line}
	}
	line, _, _ := strings.Cut(at.Message, "\n")
	e := &registry.ExpressionError{Message: line}
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
	if near := spelling.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "a property is written props." + name + `, a text "` + name + `"`
}
