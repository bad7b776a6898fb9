// Package shape measures JSON before it is decoded, and cuts it into elements and members.
package shape

import (
	"bytes"

	"github.com/headgate-dev/headgate/core/wire"
)

// Measure returns the shape of the JSON value that data starts with, and where it ends: at the
// comma or bracket that follows, or at the end of data. It does not check that the
// value is valid, only that its strings end and its brackets close; if not, ok is false.
func Measure(data []byte) (s wire.Shape, end int, ok bool) {
	depth := 0
	s.Values = 1
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			n := stringEnd(data[i+1:])
			if n < 0 {
				return s, len(data), false
			}
			i += n
		case '{', '[':
			depth++
			s.Values++
			s.Depth = max(s.Depth, depth)
		case '}', ']':
			if depth == 0 {
				return s, i, true
			}
			depth--
		case ',', ':':
			if depth == 0 && data[i] == ',' {
				return s, i, true
			}
			s.Values++
		}
	}
	return s, len(data), depth == 0
}

// stringEnd returns the length of a string after its opening quote, the closing one
// included, -1 if it does not end.
func stringEnd(data []byte) int {
	for from := 0; ; {
		quote := bytes.IndexByte(data[from:], '"')
		if quote < 0 {
			return -1
		}
		quote += from
		backslashes := 0
		for quote-backslashes > 0 && data[quote-backslashes-1] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return quote + 1
		}
		from = quote + 1
	}
}
