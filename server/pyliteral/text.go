package pyliteral

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// str reads a string in either kind of quotes.
func (r *reader) str() (any, error) {
	body, escaped, err := r.quoted()
	if err != nil {
		return nil, err
	}
	if !escaped {
		return toValid(body), nil
	}
	var b strings.Builder
	b.Grow(len(body))
	for i := 0; i < len(body); {
		if body[i] != '\\' {
			b.WriteByte(body[i])
			i++
			continue
		}
		char, n, ok := escape(body[i+1:], true)
		if !ok {
			return nil, errEscape
		}
		if char >= 0 {
			b.WriteRune(char)
		}
		i += 1 + n
	}
	return toValid(b.String()), nil
}

// bytes reads a bytes literal after its b.
func (r *reader) bytes() (any, error) {
	body, _, err := r.quoted()
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(body))
	for i := 0; i < len(body); {
		switch c := body[i]; {
		case c >= utf8.RuneSelf:
			return nil, errBytes
		case c != '\\':
			b = append(b, c)
			i++
		default:
			char, n, ok := escape(body[i+1:], false)
			if !ok || char > 0xff {
				return nil, errEscape
			}
			if char >= 0 {
				b = append(b, byte(char))
			}
			i += 1 + n
		}
	}
	return toValid(string(b)), nil
}

// quoted consumes a string and returns what is between its quotes, as it stands.
func (r *reader) quoted() (body string, escaped bool, err error) {
	quote, from := r.text[r.pos], r.pos+1
	for i := from; i < len(r.text); i++ {
		switch r.text[i] {
		case quote:
			r.pos = i + 1
			return r.text[from:i], escaped, nil
		case '\\':
			escaped = true
			i++
		case '\n', '\r':
			return "", false, errString
		}
	}
	return "", false, errString
}

// simple are the escapes of one character.
var simple = map[byte]rune{
	'\\': '\\', '\'': '\'', '"': '"', 'n': '\n', 'r': '\r', 't': '\t',
	'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v', '\n': -1, // an escaped line end is nothing
}

// escape reads what follows a backslash and returns its character, -1 for none, and its
// length. An unknown escape stands for itself, backslash included, as in Python; the
// caller then goes on after the backslash.
func escape(s string, unicode bool) (char rune, n int, ok bool) {
	if s == "" {
		return 0, 0, false
	}
	if char, ok := simple[s[0]]; ok {
		return char, 1, true
	}
	switch {
	case s[0] == 'x':
		return hex(s, 2)
	case s[0] == 'u' && unicode:
		return hex(s, 4)
	case s[0] == 'U' && unicode:
		return hex(s, 8)
	case s[0] == 'N' && unicode: // a name of the Unicode database, which repr never writes
		return 0, 0, false
	case '0' <= s[0] && s[0] <= '7':
		n = 1
		for n < len(s) && n < 3 && '0' <= s[n] && s[n] <= '7' {
			n++
		}
		v, err := strconv.ParseUint(s[:n], 8, 32)
		return rune(v), n, err == nil
	default:
		return '\\', 0, true
	}
}

// hex reads an escape of a letter and digits hexadecimal digits. A lone surrogate
// becomes U+FFFD.
func hex(s string, digits int) (rune, int, bool) {
	if len(s) < 1+digits {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, 0, false
	}
	if !utf8.ValidRune(rune(v)) {
		v = utf8.RuneError
	}
	return rune(v), 1 + digits, true
}

func toValid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
