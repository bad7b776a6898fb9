package wire

import "fmt"

// The bounds of one event. The sanitiser bounds what is kept far more tightly; these
// only keep the cost of decoding within a small factor of the bytes received:
// encoding/json turns a megabyte of small objects into forty of heap, and follows nesting by recursion.
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
