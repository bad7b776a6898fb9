package ga4

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendScalar appends a JSON value in the form GA4 takes: a string of at most most
// characters, or a number. cut says that something was lost. ok is false for what is no
// scalar, and for null.
func appendScalar(dst, raw []byte, most int) (out []byte, cut, ok bool) {
	switch raw[0] {
	case 't', 'f': // as in Google's samples; what it makes of a JSON boolean is not documented
		return appendString(dst, string(raw)), false, true
	case '"':
		text, cut := cutText(unquote(raw), most)
		return appendString(dst, text), cut, true
	case 'n', '[', '{':
		return dst, false, false
	default:
		out, cut = appendNumber(dst, string(raw), most)
		return out, cut, true
	}
}

// unquote returns the text of a JSON string.
func unquote(raw []byte) (text string) {
	_ = json.Unmarshal(raw, &text) // sealed, so valid
	return text
}

// longestNumber is the length that no float64 in its shortest form exceeds.
const longestNumber = 24

// appendNumber appends a number, or as a string one that a float64 cannot hold.
func appendNumber(dst []byte, raw string, most int) (out []byte, cut bool) {
	f, err := strconv.ParseFloat(raw, 64)
	if err == nil && !strings.ContainsAny(raw, ".eE") {
		var n int64
		if n, err = strconv.ParseInt(raw, 10, 64); err == nil && (n > maxExact || n < -maxExact) {
			err = strconv.ErrRange
		}
	}
	switch {
	case err != nil:
		text, cut := cutText(raw, most)
		return appendString(dst, text), cut
	case len(raw) > longestNumber:
		return strconv.AppendFloat(dst, f, 'g', -1, 64), false
	default:
		return append(dst, raw...), false
	}
}

// joined returns the elements of an array as one text, separated by commas; those that
// are no scalars as JSON.
func joined(elements []json.RawMessage) string {
	texts := make([]string, 0, len(elements))
	for _, raw := range elements {
		switch raw[0] {
		case 'n':
		case '"':
			texts = append(texts, unquote(raw))
		default:
			texts = append(texts, string(raw))
		}
	}
	return strings.Join(texts, ",")
}

// cutText returns the first most characters of text, and whether there were more.
func cutText(text string, most int) (string, bool) {
	if len(text) <= most {
		return text, false
	}
	for i := range text {
		if most == 0 {
			return text[:i], true
		}
		most--
	}
	return text, false
}

// appendString appends text as JSON.
func appendString(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(text) // a string cannot fail
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}
