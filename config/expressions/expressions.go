// Package expressions is the language of the expressions in sinks.yaml, that of
// [github.com/expr-lang/expr]: `when` of a sink, and the values of its `set`. A program
// that imports it for its side effect takes these keys:
//
//	import _ "github.com/headgate-dev/headgate/config/expressions"
//
// Package sinks/all imports it.
//
// An expression sees one event as it was sealed, and nothing else: no clock, no
// environment, no file. What it costs grows with the size of the event, and no faster:
// what could loop within a loop, or make text grow, is not part of the language here.
package expressions

import (
	"fmt"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// event is what an expression sees.
type event struct {
	Name        string         `expr:"name"`
	Kind        string         `expr:"kind"`
	ID          string         `expr:"id"`
	Time        time.Time      `expr:"time"`
	UserID      string         `expr:"user_id"`
	AnonymousID string         `expr:"anonymous_id"`
	SessionID   string         `expr:"session_id"`
	Props       map[string]any `expr:"props"`
	Context     map[string]any `expr:"context"`
}

// names are what an expression can name.
var names = []string{"name", "kind", "id", "time", "user_id", "anonymous_id", "session_id", "props", "context"}

// absent are builtins that an expression is not to have: now, timezone and the time zones of
// date reach beyond the event; repeat and reduce could make much of little.
var absent = []string{"now", "timezone", "date", "repeat", "reduce"}

const (
	maxLength = 4096   // bytes of an expression
	maxNodes  = 500    // in its tree
	budget    = 20_000 // elements that one evaluation may make
)

func init() { registry.RegisterLanguage(language{}) }

type language struct{}

// Compile implements [registry.Language].
func (language) Compile(text string, condition bool) (registry.Expression, error) {
	var options []expr.Option
	if condition {
		options = append(options, expr.AsBool())
	}
	return compile(text, options...)
}

// Language returns the language, for a registry of one's own.
func Language() registry.Language { return language{} }

// program is a compiled expression.
type program struct {
	compiled *vm.Program
	uses     uses
	vms      sync.Pool
}

func compile(text string, more ...expr.Option) (*program, error) {
	if len(text) > maxLength {
		return nil, &registry.ExpressionError{Message: fmt.Sprintf("it is longer than %d bytes", maxLength)}
	}
	p := &program{vms: sync.Pool{New: func() any { return &vm.VM{MemoryBudget: budget} }}}
	check := &checker{uses: &p.uses}
	options := []expr.Option{expr.Env(event{}), expr.MaxNodes(maxNodes), expr.Patch(check), dateFunction}
	for _, name := range absent {
		options = append(options, expr.DisableBuiltin(name))
	}
	compiled, err := expr.Compile(text, append(options, more...)...)
	if err != nil {
		return nil, compileError(err)
	}
	if err := check.nesting(compiled.Node()); err != nil {
		return nil, err
	}
	p.compiled = compiled
	return p, nil
}

// dateFunction reads a date, or a date and time, as time can be compared with it.
var dateFunction = expr.Function("date", func(args ...any) (any, error) {
	text := args[0].(string)
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return nil, fmt.Errorf("%d characters that are no date such as 2006-01-02 or 2006-01-02T15:04:05Z", len(text))
}, new(func(string) time.Time))

// Eval returns what the expression makes of an event. It fails where an operator meets
// what it is not for, such as a text that is compared with a number.
func (p *program) Eval(s core.Sealed) (any, error) {
	machine := p.vms.Get().(*vm.VM)
	defer p.vms.Put(machine)
	result, err := machine.Run(p.compiled, p.uses.of(s))
	if err != nil {
		return nil, fmt.Errorf("the expression has no value for this event") // the cause may quote it
	}
	return result, nil
}

// checker is handed the nodes of an expression while it is compiled, and notes what it uses.
type checker struct{ uses *uses }

// Visit is called for a node after its children were visited.
func (c *checker) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.uses.named(n.Value)
	case *ast.MemberNode:
		if base, ok := n.Node.(*ast.IdentifierNode); ok {
			if key, ok := n.Property.(*ast.StringNode); ok {
				c.uses.member(base.Value, key.Value)
			}
		}
	}
}

// nesting refuses a loop within a loop, the cost of which is the square of an event's size.
func (c *checker) nesting(root ast.Node) error {
	for predicate := range predicates(root) {
		for inner := range predicates(predicate.Node) {
			return &registry.ExpressionError{Column: inner.Location().From + 1, Message: "a loop within a loop; its cost would grow with the square of the event's size"}
		}
	}
	return nil
}

// predicates iterates over what a tree runs once for each of several elements.
func predicates(root ast.Node) func(yield func(*ast.PredicateNode) bool) {
	return func(yield func(*ast.PredicateNode) bool) {
		found := &finder{}
		ast.Walk(&root, found)
		for _, n := range found.predicates {
			if !yield(n) {
				return
			}
		}
	}
}

type finder struct{ predicates []*ast.PredicateNode }

func (f *finder) Visit(node *ast.Node) {
	if n, ok := (*node).(*ast.PredicateNode); ok {
		f.predicates = append(f.predicates, n)
	}
}
