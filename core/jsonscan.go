package core

import (
	"bytes"
	"encoding/json"
)

// This file walks JSON that headgate itself wrote: valid, compact, no whitespace. What only seeks the end of a
// string, an object or an array goes for any JSON.

// nextMember reads the first member of an object, or of what follows one. rest
// starts at '{' or ','; next does again, or is at '}'.
func nextMember(rest []byte) (key, value, next []byte, ok bool) {
	if len(rest) < 2 || rest[0] != '{' && rest[0] != ',' || rest[1] != '"' {
		return nil, nil, nil, false
	}
	k := stringEnd(rest, 1)
	if k < 0 || k >= len(rest) || rest[k] != ':' {
		return nil, nil, nil, false
	}
	v := valueEnd(rest, k+1)
	if v < 0 {
		return nil, nil, nil, false
	}
	return rest[1:k], rest[k+1 : v], rest[v:], true
}

// stringEnd returns the index after the string that starts at b[i], -1 if it does not end.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// valueEnd returns the index after the value that starts at b[i], -1 if it does not end.
func valueEnd(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = stringEnd(b, i); i < 0 {
				return -1
			}
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of a number or literal
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return -1
}

// unquote decodes a JSON string with its quotes.
func unquote(quoted []byte) string {
	if len(quoted) < 2 {
		return ""
	}
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // written by headgate, so valid
	return s
}
