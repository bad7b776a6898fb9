package config

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// expressions are those of a sink, compiled.
type expressions struct {
	when registry.Expression            // nil: every event passes
	set  map[string]registry.Expression // by property
}

// condition returns what lets an event pass, nil if everything does.
func (e expressions) condition() func(core.Sealed) bool {
	if e.when == nil {
		return nil
	}
	return func(s core.Sealed) bool {
		holds, err := e.when.Eval(s)
		return err == nil && holds == true
	}
}

// values returns what properties are set to.
func (e expressions) values() map[string]func(core.Sealed) (any, error) {
	if len(e.set) == 0 {
		return nil
	}
	values := make(map[string]func(core.Sealed) (any, error), len(e.set))
	for key, program := range e.set {
		values[key] = program.Eval
	}
	return values
}

// compile compiles the expressions that the mapping gives; what it does not give was
// compiled where it comes from.
func (d *decoder) compile(k *delivery, found places) {
	if at, given := found["when"]; given && !at.open {
		k.compiled.when = nil
		if k.When != "" {
			k.compiled.when = d.expression("when", k.When, at, true)
		}
	}
	if at, given := found["set"]; given && at.in != nil {
		k.compiled.set = make(map[string]registry.Expression, len(k.Set))
		for key, text := range k.Set {
			k.compiled.set[key] = d.expression("set: "+clip(key), text, at.in[key], false)
		}
	}
}

// expression compiles one, or reports what is wrong with it.
func (d *decoder) expression(key, text string, at place, condition bool) registry.Expression {
	if d.language == nil {
		d.problem(at.key, "", "%s: this program has no expressions; import _ %q", key, expressionsPackage)
		return nil
	}
	compiled, err := d.language.Compile(text, condition)
	if err != nil {
		d.expressionProblem(key, text, at, err)
		return nil
	}
	return compiled
}

// expressionProblem reports what is wrong with an expression, at the very character if that
// stands in the file as it is read.
func (d *decoder) expressionProblem(key, text string, at place, err error) {
	var wrong *registry.ExpressionError
	if at.reference != "" || !errors.As(err, &wrong) {
		d.problem(at.value, "", "%s: the value of %s is no expression", key, at.reference)
		return
	}
	d.problem(d.source.within(at.value, text, wrong.Column), wrong.Hint, "%s: %s", key, wrong.Message)
}

// within returns the position of a character, counted from 1, of a text that is the scalar
// at a position; the scalar's own if it is not written as it is read.
func (s source) within(at position, text string, character int) position {
	if character < 1 || at.line < 1 || at.line > len(s) {
		return at
	}
	line := s[at.line-1]
	rest := line[byteOffset(line, at.column):]
	quote := len(rest) - len(strings.TrimLeft(rest, `'"`))
	if quote > 1 || !strings.HasPrefix(rest[quote:], text) {
		return at
	}
	return position{at.line, at.column + quote + min(character-1, utf8.RuneCountInString(text))}
}

// checkEdit finds what makes no sense in drop, rename and set.
func (d *decoder) checkEdit(k *delivery, found places) {
	if found.has("drop") && found.settled("drop") {
		d.checkGlobs("drop", k.Drop, found)
		if len(k.Drop) > 0 && !slices.ContainsFunc(k.Drop, func(glob string) bool { return !strings.HasPrefix(glob, "!") }) {
			d.problem(found["drop"].value, "", "drop: ! keeps what another glob takes out, and there is no other")
		}
	}
	taken := make(map[string]string, len(k.Rename))
	for _, from := range slices.Sorted(maps.Keys(k.Rename)) {
		at, to := found["rename"].in[from], k.Rename[from]
		switch other, twice := taken[to]; {
		case found["rename"].in == nil:
		case from == "":
			d.problem(at.key, "", "rename: want the name of a property")
		case to == "":
			d.problem(at.value, "", "rename: %q needs a name; use drop to take a property out", clip(from))
		case twice:
			d.problem(at.value, "", "rename: %q and %q would have the same name", clip(other), clip(from))
		}
		taken[to] = from
	}
	if at, empty := found["set"].in[""]; empty {
		d.problem(at.key, "", "set: want the name of a property")
	}
}
