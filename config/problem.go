package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong in a file, or worth a warning. It never holds the value
// of a secret, nor one that came from the environment or another file.
type Problem struct {
	File string `json:"file"`
	// Line and Column count from 1, the column in characters. Both are 0 when the
	// file as a whole is meant, such as one that cannot be read.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Message says what is wrong.
	Message string `json:"message"`
	// Hint says what was probably meant, such as `did you mean "token"?`, or is empty.
	Hint string `json:"hint,omitempty"`
}

// String returns "FILE:LINE:COL: message (hint)" on one line.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": " + p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Problems are all the things wrong in a file, in the order of their positions.
type Problems []Problem

// Error returns every problem on its own line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps as an error, or nil if there is no problem.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// sorted orders ps by position and drops repetitions: what is said of an anchor is
// found again at each of its aliases.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(ps)
}
