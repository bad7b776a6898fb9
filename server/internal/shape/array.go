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
}

// Elements cuts a JSON array into its elements, which are not checked to be valid JSON
// themselves. It returns [ErrNotArray] if data is not an array, ErrTooMany if it has more
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
		s, end, ok := Measure(rest)
		if !ok || end == len(rest) || rest[end] == '}' {
			return nil, ErrNotArray
		}
		if len(list) == limit {
			return nil, ErrTooMany
		}
		list = append(list, Element{bytes.Trim(rest[:end], space), s})
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
