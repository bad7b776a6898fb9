package config

import "strings"

// source is the text of the file by lines, to find places that the parser does not tell.
type source []string

// reference returns the position of the ordinal-th "${" in the scalar v, or that of v
// itself when it is written in a way that hides it.
func (s source) reference(v value, ordinal int) position {
	for line := v.line; line <= len(s) && line > 0; line++ {
		text := s[line-1]
		from := 0
		if line == v.line {
			from = byteOffset(text, v.column)
		}
		for {
			i := strings.Index(text[from:], "${")
			if i < 0 {
				break
			}
			if from += i; ordinal == 0 {
				return position{line, 1 + len([]rune(text[:from]))}
			}
			ordinal--
			from += len("${")
		}
	}
	return v.position
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
			p.Line, p.Column = len(s), len([]rune(s[len(s)-1]))+1
		}
	}
	return problems.sorted()
}
