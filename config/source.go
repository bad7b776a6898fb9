package config

import (
	"strings"
	"unicode/utf8"
)

// source is the text of the file by lines, to find places that the parser does not tell.
type source []string

// references returns the positions of the first n "${" in the scalar v. Those it cannot
// find, because they are written in a way that hides them, are at the scalar's own.
func (s source) references(v value, n int) []position {
	found := make([]position, 0, n)
	for line := max(v.line, 1); line <= len(s) && len(found) < n; line++ {
		column := 1
		rest := s[line-1]
		if line == v.line {
			column, rest = v.column, rest[byteOffset(rest, v.column):]
		}
		for len(found) < n {
			i := strings.Index(rest, "${")
			if i < 0 {
				break
			}
			column += utf8.RuneCountInString(rest[:i])
			found = append(found, position{line, column})
			column += len("${")
			rest = rest[i+len("${"):]
		}
	}
	for len(found) < n {
		found = append(found, v.position)
	}
	return found
}

// byteOffset returns where the column-th character of a line starts.
func byteOffset(line string, column int) int {
	for offset := range line {
		if column--; column <= 0 {
			return offset
		}
	}
	return len(line)
}

// place puts the file's name to problems, moves those beyond its end to its end, and
// sorts them.
func (s source) place(path string, problems Problems) Problems {
	for i := range problems {
		p := &problems[i]
		if p.File = path; p.Line > len(s) {
			p.Line, p.Column = len(s), utf8.RuneCountInString(s[len(s)-1])+1
		}
	}
	return problems.sorted()
}
