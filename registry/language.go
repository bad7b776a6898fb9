package registry

import (
	"github.com/headgate-dev/headgate/core"
)

// Language compiles the expressions of sinks.yaml. It is linked by programs that import it,
// such as package config/expressions, for it weighs some megabytes.
type Language interface {
	// Compile compiles an expression; a condition must be true or false. An error about the
	// expression is an [*ExpressionError].
	Compile(text string, condition bool) (Expression, error)
}

// Expression is a compiled expression. Its methods may be called from several goroutines.
type Expression interface {
	// Eval returns what the expression makes of an event. An error says that it has no value
	// for this one, and quotes nothing of it.
	Eval(core.Sealed) (any, error)
}

// ExpressionError says why an expression cannot be compiled, and where.
type ExpressionError struct {
	// Column counts the characters of the expression from 1; 0 if it is wrong as a whole, or
	// is written over several lines.
	Column  int
	Message string
	// Hint says what was probably meant, or is empty.
	Hint string
}

func (e *ExpressionError) Error() string { return e.Message }

// RegisterLanguage sets the language of [Default]. It is meant to be called from init, and
// panics if there is one.
func RegisterLanguage(l Language) { RegisterLanguageIn(Default, l) }

// RegisterLanguageIn sets the language of r. It panics as [RegisterLanguage] does.
func RegisterLanguageIn(r *Registry, l Language) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.language != nil {
		panic("registry: a language for expressions is registered twice")
	}
	r.language = l
}

// Language returns the language of expressions, nil if the program has none.
func (r *Registry) Language() Language {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.language
}
