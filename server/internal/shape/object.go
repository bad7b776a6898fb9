package shape

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// ErrNotObject is the error of [Members].
var ErrNotObject = errors.New("not a JSON object")

// Members calls visit with each member of a JSON object, in order, however often a key occurs.
// The values are not checked to be valid JSON themselves. It returns [ErrNotObject] if
// data is not an object, perhaps after some members were visited, or the error of visit,
// which ends it.
func Members(data []byte, visit func(key string, value []byte) error) error {
	data = bytes.Trim(data, space)
	if len(data) == 0 || data[0] != '{' {
		return ErrNotObject
	}
	rest := bytes.TrimLeft(data[1:], space)
	if len(rest) == 1 && rest[0] == '}' {
		return nil
	}
	for {
		key, after, ok := cutKey(rest)
		if !ok {
			return ErrNotObject
		}
		_, end, ok := Measure(after)
		if !ok || end == len(after) || after[end] == ']' {
			return ErrNotObject
		}
		if err := visit(key, bytes.Trim(after[:end], space)); err != nil {
			return err
		}
		rest = after[end+1:]
		if after[end] == '}' {
			if len(rest) > 0 {
				return ErrNotObject
			}
			return nil
		}
		rest = bytes.TrimLeft(rest, space)
	}
}

// cutKey cuts the key and its colon off what starts with them.
func cutKey(data []byte) (key string, after []byte, ok bool) {
	if len(data) == 0 || data[0] != '"' {
		return "", nil, false
	}
	n := stringEnd(data[1:])
	if n < 0 {
		return "", nil, false
	}
	quoted, after := data[:n+1], bytes.TrimLeft(data[n+1:], space)
	if len(after) == 0 || after[0] != ':' {
		return "", nil, false
	}
	special := func(r rune) bool { return r < ' ' || r == '\\' || r == utf8.RuneError }
	if inner := quoted[1:n]; !bytes.ContainsFunc(inner, special) {
		return string(inner), after[1:], true
	}
	if json.Unmarshal(quoted, &key) != nil {
		return "", nil, false
	}
	return key, after[1:], true
}
