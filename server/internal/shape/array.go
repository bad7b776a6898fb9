package shape

import (
	"bytes"
	"errors"

	"github.com/headgate-dev/headgate/core/wire"
)

// Errors of [Elements].
var (
	ErrNotArray = errors.New("not a JSON array")
	ErrTooMany  = errors.New("too many elements")
)

// Element is one element of an array, with its shape.
type Element struct {
	wire.Event
	Shape wire.Shape
	// Valid is set if the element is valid JSON and its shape within the bounds.
	Valid bool
}

// Cut makes e the value that data starts with, and returns where it ends as [Measure] does. Whether it is
// valid, the element says.
func (e *Element) Cut(data []byte) (end int, ok bool) {
	e.Shape, end, e.Valid = e.Event.Cut(data)
	if ok = e.Valid; !ok {
		e.Shape, end, ok = Measure(data)
		e.Text = bytes.Trim(data[:end], space)
	}
	return end, ok
}

// Elements calls visit with each element of a JSON array, valid or not, in order. It returns [ErrNotArray] if data is not an
// array, [ErrTooMany] if it has more than limit elements, perhaps after some were visited, or the error of visit, which ends it.
// The element is visit's until it returns.
func Elements(data []byte, limit int, visit func(*Element) error) error {
	data = bytes.Trim(data, space)
	if len(data) == 0 || data[0] != '[' {
		return ErrNotArray
	}
	rest := bytes.TrimLeft(data[1:], space)
	if len(rest) > 0 && rest[0] == ']' {
		return onlyThis(rest)
	}
	var e Element
	for n := 0; ; n++ {
		end, ok := e.Cut(rest)
		if !ok || end == len(rest) || rest[end] == '}' {
			return ErrNotArray
		}
		if n == limit {
			return ErrTooMany
		}
		if err := visit(&e); err != nil {
			return err
		}
		if rest[end] == ']' {
			return onlyThis(rest[end:])
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
