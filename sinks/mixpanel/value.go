package mixpanel

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// appendValue appends a property's value as Mixpanel takes it. depth is how many levels it
// is in, limit the length that dst must not exceed within a list or object.
func (m *mapper) appendValue(dst, raw []byte, depth, limit int) []byte {
	switch raw[0] {
	case '"':
		return m.appendText(dst, unquote(raw))
	case 't', 'f', 'n':
		return append(dst, raw...)
	case '[', '{':
		if depth >= maxDepth {
			m.changes.Cut++
			return m.appendText(dst, string(raw))
		}
		if raw[0] == '[' {
			return m.appendArray(dst, raw, depth, limit)
		}
		return m.appendObject(dst, raw, depth, limit)
	default:
		return m.appendNumber(dst, string(raw))
	}
}

// appendText appends a text. Mixpanel knows dates by their form, without zone or fraction.
func (m *mapper) appendText(dst []byte, text string) []byte {
	if len(text) >= len("2006-01-02T15:04:05Z") && text[4] == '-' && text[10] == 'T' {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			text = at.UTC().Format("2006-01-02T15:04:05")
		}
	}
	short := cutText(text, maxText)
	m.changes.cut(len(short) < len(text))
	return appendString(dst, short)
}

// longestNumber is the length that no float64 in its shortest form exceeds.
const longestNumber = 24

// appendNumber appends a number, or as a text one that a float64 cannot hold.
func (m *mapper) appendNumber(dst []byte, raw string) []byte {
	f, err := strconv.ParseFloat(raw, 64)
	if err == nil && !strings.ContainsAny(raw, ".eE") {
		var n int64
		if n, err = strconv.ParseInt(raw, 10, 64); err == nil && (n > maxExact || n < -maxExact) {
			err = strconv.ErrRange
		}
	}
	switch {
	case err != nil:
		return m.appendText(dst, raw)
	case len(raw) > longestNumber:
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	default:
		return append(dst, raw...)
	}
}

// closing is room for the brackets that end what is open.
const closing = maxDepth

func (m *mapper) appendArray(dst, raw []byte, depth, limit int) []byte {
	var elements []json.RawMessage
	_ = json.Unmarshal(raw, &elements) // sealed, so valid
	dst = append(dst, '[')
	kept := 0
	for _, element := range elements {
		before := len(dst)
		if kept > 0 {
			dst = append(dst, ',')
		}
		dst = m.appendValue(dst, element, depth+1, limit)
		if kept == maxElements || len(dst)+closing > limit {
			dst = dst[:before]
			break
		}
		kept++
	}
	m.changes.Dropped += uint64(len(elements) - kept)
	return append(dst, ']')
}

func (m *mapper) appendObject(dst, raw []byte, depth, limit int) []byte {
	dst = append(dst, '{')
	kept, taken := 0, map[string]bool{}
	for key, value := range membersOf(raw) {
		if value[0] == 'n' { // not set, as if it were not there
			continue
		}
		if kept == maxKeys {
			m.changes.Dropped++
			continue
		}
		before := len(dst)
		if kept > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, m.rename(key, key, taken)), ':')
		dst = m.appendValue(dst, value, depth+1, limit)
		if len(dst)+closing > limit {
			dst = dst[:before]
			m.changes.Dropped++
			continue
		}
		kept++
	}
	return append(dst, '}')
}

// cutText returns the longest part of text of at most most bytes that ends with a character.
func cutText(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// unquote returns the text of a JSON string.
func unquote(raw []byte) (text string) {
	_ = json.Unmarshal(raw, &text) // sealed, so valid
	return text
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
