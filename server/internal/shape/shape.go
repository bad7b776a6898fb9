// Package shape measures JSON before it is decoded: encoding/json turns a megabyte of
// small objects into forty of heap, and follows nesting by recursion.
package shape

import (
	"bytes"
	"fmt"
)

// The bounds of one event. The sanitiser bounds what is kept far more tightly; these
// only keep the cost of decoding within a small factor of the bytes received.
const (
	MaxDepth  = 64
	MaxValues = 10_000
)

// Shape is what a JSON value costs to decode.
type Shape struct {
	// Depth is the largest number of objects and arrays around a value.
	Depth int
	// Values is the number of values and keys, within two.
	Values int
}

// Check returns an error that says which bound the shape exceeds.
func (s Shape) Check() error {
	switch {
	case s.Depth > MaxDepth:
		return fmt.Errorf("nested deeper than %d", MaxDepth)
	case s.Values > MaxValues:
		return fmt.Errorf("more than %d values", MaxValues)
	}
	return nil
}

// Measure returns the shape of the JSON value that data starts with, and where it ends: at the
// comma or bracket that follows, or at the end of data. It does not check that the
// value is valid, only that its strings end and its brackets close; if not, ok is false.
func Measure(data []byte) (s Shape, end int, ok bool) {
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
