package scrub

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Each is a scrubber that cleans one thing after the other.
type Each[T any] struct {
	Take  func(object []byte) (T, error)
	Clean func(T) (T, error)
	Give  func(T) (any, error) // what encoding/json makes JSON of

	things []T
}

// Load implements [Scrubber].
func (e *Each[T]) Load(objects [][]byte) error {
	e.things = make([]T, len(objects))
	for i, object := range objects {
		var err error
		if e.things[i], err = e.Take(object); err != nil {
			return fmt.Errorf("take object %d: %w", i, err)
		}
	}
	return nil
}

// Scrub implements [Scrubber].
func (e *Each[T]) Scrub() error {
	for i, thing := range e.things {
		var err error
		if e.things[i], err = e.Clean(thing); err != nil {
			return fmt.Errorf("clean object %d: %w", i, err)
		}
	}
	return nil
}

// Append implements [Scrubber].
func (e *Each[T]) Append(buf []byte, i int) ([]byte, error) {
	value, err := e.Give(e.things[i])
	if err != nil {
		return buf, fmt.Errorf("give object %d: %w", i, err)
	}
	text, err := json.Marshal(value)
	return append(buf, text...), err
}

// Decode decodes an object, with its numbers as they stand.
func Decode(object []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	var value any
	err := d.Decode(&value)
	return value, err
}

// Lines is a scrubber of what cleans objects that are written as a line of JSON. A line that is not JSON any more is
// given as a text.
func Lines(clean func(line string) string) Scrubber {
	return &Each[string]{
		Take:  func(object []byte) (string, error) { return string(object), nil },
		Clean: func(line string) (string, error) { return clean(line), nil },
		Give: func(line string) (any, error) {
			if json.Valid([]byte(line)) {
				return json.RawMessage(line), nil
			}
			return line, nil
		},
	}
}
