package registry_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// paths is a language in which one can name a property, and nothing else: "props.plan".
type paths struct{}

// Compile finds what is wrong with the text when the file is read, not when an event comes.
func (paths) Compile(text string, condition bool) (registry.Expression, error) {
	key, ok := strings.CutPrefix(text, "props.")
	if !ok {
		return nil, &registry.ExpressionError{Column: 1, Message: "unknown name " + text, Hint: "a property is written props." + text}
	}
	return property{key, condition}, nil
}

// property is a compiled expression.
type property struct {
	key       string
	condition bool
}

// Eval returns the value, or whether it is true.
func (p property) Eval(event core.Sealed) (any, error) {
	value, ok := event.Props().Lookup(p.key)
	if !ok {
		return nil, errors.New("the event has no such property")
	}
	if p.condition {
		return value.Text() == "true", nil
	}
	return value.Text(), nil
}

// A program can have another language for "when" and "set" than that of config/expressions, or a smaller one.
func ExampleLanguage() {
	r := registry.NewRegistry()
	registry.RegisterLanguageIn(r, paths{})
	var plan registry.Expression
	plan, err := r.Language().Compile("props.plan", false)
	if err != nil {
		log.Fatal(err)
	}
	event, err := core.Seal(core.Config{}, core.Event{Name: "signup", Props: core.Props{"plan": "pro"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plan.Eval(event))
	// Output: pro <nil>
}

// What is wrong with an expression has a place in it, which is shown as one in the file.
func ExampleExpressionError() {
	_, err := paths{}.Compile("plan", false)
	var wrong *registry.ExpressionError
	if errors.As(err, &wrong) {
		fmt.Printf("character %d: %s (%s)\n", wrong.Column, wrong.Message, wrong.Hint)
	}
	// Output: character 1: unknown name plan (a property is written props.plan)
}
