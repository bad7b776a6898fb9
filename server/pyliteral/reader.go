package pyliteral

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of what is read: a literal comes from a stranger.
const (
	maxDepth  = 64     // of lists, dicts, tuples and sets within each other
	maxValues = 10_000 // in one literal, keys included
)

// Parse reads one Python literal and returns it as what encoding/json makes of the
// corresponding JSON, so that it can always be encoded as JSON:
//
//   - None, True and False as nil and bool; a str as a string,
//   - an int as an int64, as a [json.Number] when it does not fit, and as a string when
//     not even a float64 can hold it,
//   - a float as a float64; inf, -inf and nan, for which JSON has no number, as strings,
//   - bytes as a string,
//   - a list, tuple, set or frozenset as a []any,
//   - a dict as a map[string]any; a key that is not a string becomes the text it has in the
//     literal, and of equal keys the last stands.
//
// What is not valid UTF-8 in the result, such as a lone surrogate, is replaced by U+FFFD.
// Expressions, calls and comments are not literals. Nesting and size are bounded.
// The error says where reading stopped and repeats nothing of s.
func Parse(s string) (any, error) {
	r := reader{text: s}
	v, err := r.value(0)
	if err == nil {
		if r.space(); r.pos < len(r.text) {
			err = errTrailing
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read a Python literal: byte %d: %w", r.pos, err)
	}
	return v, nil
}

var (
	errTrailing = errors.New("text after the literal")
	errEnd      = errors.New("the literal ends too early")
	errDepth    = fmt.Errorf("nested deeper than %d", maxDepth)
	errValues   = fmt.Errorf("more than %d values", maxValues)
	errLiteral  = errors.New("not a literal")
	errComma    = errors.New("a comma or the closing bracket is missing")
	errMixed    = errors.New("a dict and a set are mixed")
	errString   = errors.New("the string does not end")
	errEscape   = errors.New("not an escape sequence")
	errBytes    = errors.New("a bytes literal has a character that is not ASCII")
)

// reader reads text from pos on.
type reader struct {
	text   string
	pos    int
	values int
}

func (r *reader) space() {
	for r.pos < len(r.text) && strings.IndexByte(" \t\r\n\f", r.text[r.pos]) >= 0 {
		r.pos++
	}
}

// peek returns the next byte that is not white space, 0 at the end.
func (r *reader) peek() byte {
	r.space()
	if r.pos == len(r.text) {
		return 0
	}
	return r.text[r.pos]
}

// accept consumes what follows, white space aside, if it is token.
func (r *reader) accept(token string) bool {
	r.space()
	if !strings.HasPrefix(r.text[r.pos:], token) {
		return false
	}
	r.pos += len(token)
	return true
}

// value reads any literal; depth is that of the containers around it.
func (r *reader) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	if r.values++; r.values > maxValues {
		return nil, errValues
	}
	switch c := r.peek(); {
	case c == 0 && r.pos == len(r.text):
		return nil, errEnd
	case c == '\'' || c == '"':
		return r.str()
	case c == '[':
		r.pos++
		list, _, err := r.items(depth, "]")
		return list, err
	case c == '(':
		return r.parenthesised(depth)
	case c == '{':
		return r.braced(depth)
	case c == '-' || c == '+' || c == '.' || isDigit(c):
		return r.number()
	default:
		return r.word(depth)
	}
}

// words are the names that stand for a value.
var words = map[string]any{"None": nil, "True": true, "False": false, "inf": "inf", "nan": "nan"}

// word reads a name, a bytes literal, or the call that repr writes for some sets.
func (r *reader) word(depth int) (any, error) {
	name := r.name()
	if v, ok := words[name]; ok {
		return v, nil
	}
	if r.pos == len(r.text) {
		return nil, errLiteral
	}
	switch next := r.text[r.pos]; {
	case (name == "b" || name == "B") && (next == '\'' || next == '"'):
		return r.bytes()
	case (name == "set" || name == "frozenset") && next == '(':
		r.pos++
		return r.setCall(depth)
	default:
		return nil, errLiteral
	}
}

// name consumes the letters, digits and underscores that follow.
func (r *reader) name() string {
	from := r.pos
	for r.pos < len(r.text) && isNameByte(r.text[r.pos]) {
		r.pos++
	}
	return r.text[from:r.pos]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameByte(c byte) bool {
	return c == '_' || isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
