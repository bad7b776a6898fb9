package amplitude

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendValue appends a JSON value in the form that Amplitude keeps as it is, and returns how
// many texts and keys in it were cut. raw is sealed: valid, compact, with unique keys, and
// nested less than maxDepth.
func appendValue(dst, raw []byte) (out []byte, cuts uint64) {
	w := valueWriter{in: raw}
	dst = w.value(dst)
	return dst, w.cuts
}

// valueWriter reads a value from in, at i, and writes it.
type valueWriter struct {
	in   []byte
	i    int
	cuts uint64
}

func (w *valueWriter) value(dst []byte) []byte {
	switch w.in[w.i] {
	case '{':
		return w.object(dst)
	case '[':
		return w.array(dst)
	case '"':
		return w.text(dst, w.token(), cut)
	default:
		return appendScalar(dst, w.token())
	}
}

// object leaves members out that are null: Amplitude has no such property value.
func (w *valueWriter) object(dst []byte) []byte {
	dst = append(dst, '{')
	first := true
	for w.i++; w.in[w.i] != '}'; {
		if w.in[w.i] == ',' {
			w.i++
		}
		key := w.token()
		w.i++ // :
		if w.in[w.i] == 'n' {
			w.token()
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = w.value(append(w.text(dst, key, cutKey), ':'))
	}
	w.i++
	return append(dst, '}')
}

func (w *valueWriter) array(dst []byte) []byte {
	dst = append(dst, '[')
	for w.i++; w.in[w.i] != ']'; {
		if w.in[w.i] == ',' {
			w.i++
			dst = append(dst, ',')
		}
		dst = w.value(dst)
	}
	w.i++
	return append(dst, ']')
}

// token returns the string, number or literal at i, and goes behind it.
func (w *valueWriter) token() []byte {
	from := w.i
	if w.in[from] == '"' {
		for w.i++; w.in[w.i] != '"'; w.i++ {
			if w.in[w.i] == '\\' {
				w.i++
			}
		}
		w.i++
		return w.in[from:w.i]
	}
	for w.i < len(w.in) && w.in[w.i] != ',' && w.in[w.i] != '}' && w.in[w.i] != ']' {
		w.i++
	}
	return w.in[from:w.i]
}

// text appends a quoted string, cut if it is too long.
func (w *valueWriter) text(dst, quoted []byte, cut func(string) string) []byte {
	if len(quoted) <= maxRunes+2 { // a character takes at least a byte
		return append(dst, quoted...)
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return append(dst, `""`...) // not sealed
	}
	kept := cut(s)
	if kept != s {
		w.cuts++
	}
	return appendString(dst, kept)
}

// cut returns the first maxRunes characters of s.
func cut(s string) string {
	if len(s) <= maxRunes || utf8.RuneCountInString(s) <= maxRunes {
		return s
	}
	return string([]rune(s)[:maxRunes])
}

// cutKey is cut that keeps different keys apart.
func cutKey(s string) string {
	if cut(s) == s {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return string([]rune(s)[:maxRunes-9]) + "_" + hex.EncodeToString(sum[:4])
}

// appendScalar appends a number or literal; as a string if it is a number that JavaScript
// would change.
func appendScalar(dst, raw []byte) []byte {
	if raw[0] == 't' || raw[0] == 'f' || raw[0] == 'n' || isExact(string(raw)) {
		return append(dst, raw...)
	}
	return append(append(append(dst, '"'), raw...), '"')
}

// isExact reports whether a number is kept as it is by a float64.
func isExact(number string) bool {
	if strings.ContainsAny(number, ".eE") {
		f, err := strconv.ParseFloat(number, 64)
		return err == nil && !math.IsInf(f, 0)
	}
	digits := strings.TrimPrefix(number, "-")
	return len(digits) < len(maxExact) || len(digits) == len(maxExact) && digits <= maxExact
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string cannot fail
	return append(dst, quoted...)
}
