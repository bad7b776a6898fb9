package shape

import (
	"bytes"
	"errors"
)

// Errors of [Elements].
var (
	ErrNotArray = errors.New("not a JSON array")
	ErrTooMany  = errors.New("too many elements")
)

// Element is one element of an array, with its shape.
type Element struct {
	JSON  []byte
	Shape Shape
	// Valid is set if the element is valid JSON and its shape within the bounds.
	Valid bool
}

// Cut returns the value that data starts with, and where it ends as [Measure] does. Whether it is
// valid, the element says.
func Cut(data []byte) (e Element, end int, ok bool) {
	e.Shape, end, e.Valid = Valid(data)
	if ok = e.Valid; !ok {
		e.Shape, end, ok = Measure(data)
	}
	e.JSON = bytes.Trim(data[:end], space)
	return e, end, ok
}

// Elements cuts a JSON array into its elements, valid or not. It returns [ErrNotArray] if data is not an array, ErrTooMany if it has more
// than limit elements.
func Elements(data []byte, limit int) ([]Element, error) {
	data = bytes.Trim(data, space)
	if len(data) == 0 || data[0] != '[' {
		return nil, ErrNotArray
	}
	rest := bytes.TrimLeft(data[1:], space)
	var list []Element
	if len(rest) > 0 && rest[0] == ']' {
		return list, onlyThis(rest)
	}
	for {
		e, end, ok := Cut(rest)
		if !ok || end == len(rest) || rest[end] == '}' {
			return nil, ErrNotArray
		}
		if len(list) == limit {
			return nil, ErrTooMany
		}
		list = append(list, e)
		if rest[end] == ']' {
			return list, onlyThis(rest[end:])
		}
		rest = rest[end+1:]
	}
}

// space is the white space of JSON.
const space = " \t\r\n"

func onlyThis(rest []byte) error {
	if len(rest) > 1 {
		return ErrNotArray
	}
	return nil
}
