package sanitize

import (
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// walker reads JSON text once, strictly (RFC 8259), and writes it sanitised.
type walker struct {
	e  *Encoder
	in string
	i  int
}

var (
	errNotObject = errors.New("sanitize: not a JSON object")
	errEndsEarly = errors.New("sanitize: the JSON ends too early")
)

func (w *walker) invalid() error {
	if w.i >= len(w.in) {
		return errEndsEarly
	}
	return fmt.Errorf("sanitize: not valid JSON at byte %d", w.i)
}

// view returns the bytes as a string without copying them. It is used where they
// do not change as long as the string lives: during one Append call.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// document writes a whole text, which must be an object.
func (w *walker) document(dst []byte, object bool) ([]byte, error) {
	w.space()
	if object && (w.i >= len(w.in) || w.in[w.i] != '{') {
		return dst, errNotObject
	}
	return w.top(dst, keyInfo{})
}

// top writes a whole text.
func (w *walker) top(dst []byte, k keyInfo) ([]byte, error) {
	dst, err := w.value(dst, k)
	if err != nil {
		return dst, err
	}
	if w.space(); w.i < len(w.in) {
		return dst, w.invalid()
	}
	return dst, nil
}

func (w *walker) space() {
	if w.i < len(w.in) && w.in[w.i] > ' ' {
		return // most JSON has none
	}
	w.spaces()
}

func (w *walker) spaces() {
	for w.i < len(w.in) {
		switch w.in[w.i] {
		case ' ', '\t', '\n', '\r':
			w.i++
		default:
			return
		}
	}
}

func (w *walker) value(dst []byte, k keyInfo) ([]byte, error) {
	w.space()
	if w.i >= len(w.in) {
		return dst, errEndsEarly
	}
	switch c := w.in[w.i]; c {
	case '"':
		mark := len(w.e.scratch)
		s, err := w.str()
		if err != nil {
			return dst, err
		}
		dst = w.e.text(dst, s, k)
		w.e.scratch = w.e.scratch[:mark]
		return dst, nil
	case '{', '[':
		if w.e.depth >= maxDepth {
			from := w.i
			if err := w.skip(); err != nil {
				return dst, err
			}
			return w.e.unscanned(dst, w.i-from), nil
		}
		if c == '{' {
			return w.object(dst)
		}
		return w.array(dst, k)
	case 't':
		return w.boolean(dst, "true", k)
	case 'f':
		return w.boolean(dst, "false", k)
	case 'n':
		return w.literal(dst, "null")
	default:
		n := numberLen(w.in[w.i:])
		if n == 0 {
			return dst, w.invalid()
		}
		from := len(dst)
		dst = append(dst, w.in[w.i:w.i+n]...)
		w.i += n
		return w.e.number(dst, from, k), nil
	}
}

func (w *walker) boolean(dst []byte, word string, k keyInfo) ([]byte, error) {
	if err := w.expect(word); err != nil {
		return dst, err
	}
	return w.e.boolean(dst, word == "true", k), nil
}

func (w *walker) literal(dst []byte, word string) ([]byte, error) {
	if err := w.expect(word); err != nil {
		return dst, err
	}
	return append(dst, word...), nil
}

func (w *walker) expect(word string) error {
	if len(w.in)-w.i < len(word) || w.in[w.i:w.i+len(word)] != word {
		return w.invalid()
	}
	w.i += len(word)
	return nil
}

func (w *walker) object(dst []byte) ([]byte, error) {
	dst, o := w.e.openObject(dst)
	o.given.text, o.given.at = w, w.i
	w.i++ // {
	if w.space(); w.i < len(w.in) && w.in[w.i] == '}' {
		w.i++
		return w.e.closeObject(dst, &o), nil
	}
	for {
		var err error
		if dst, err = w.member(dst, &o); err != nil {
			return dst, err
		}
		w.space()
		if w.i >= len(w.in) {
			return dst, errEndsEarly
		}
		switch w.in[w.i] {
		case ',':
			w.i++
		case '}':
			w.i++
			return w.e.closeObject(dst, &o), nil
		default:
			return dst, w.invalid()
		}
	}
}

func (w *walker) member(dst []byte, o *object) ([]byte, error) {
	w.space()
	if w.i >= len(w.in) || w.in[w.i] != '"' {
		return dst, w.invalid()
	}
	mark := len(w.e.scratch)
	key, err := w.str()
	if err != nil {
		return dst, err
	}
	w.space()
	if w.i >= len(w.in) || w.in[w.i] != ':' {
		return dst, w.invalid()
	}
	w.i++
	dst, k, open := w.e.openMember(dst, o, key)
	if open {
		if dst, err = w.value(dst, k); err == nil {
			dst = w.e.closeMember(dst, o)
		}
	} else {
		w.space()
		err = w.skip()
	}
	w.e.scratch = w.e.scratch[:mark]
	return dst, err
}

func (w *walker) array(dst []byte, k keyInfo) ([]byte, error) {
	a := w.e.openArray(k)
	dst = append(dst, '[')
	w.i++
	if w.space(); w.i < len(w.in) && w.in[w.i] == ']' {
		w.i++
		w.e.closeArray()
		return append(dst, ']'), nil
	}
	for i := 0; ; i++ {
		w.space()
		var err error
		text := w.peekString()
		full := len(dst)-w.e.base > w.e.s.policy.maxBytes
		if full {
			err = w.skip()
		} else {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = w.value(dst, w.e.openElement(&a, i)); err == nil {
				dst = w.e.closeElement(dst)
			}
		}
		if err != nil {
			return dst, err
		}
		if w.space(); w.i >= len(w.in) {
			return dst, errEndsEarly
		}
		switch w.in[w.i] {
		case ',':
			w.i++
			if text != "" {
				a.after(w.e, i, w.elementsLeft(i), text)
			}
		case ']':
			w.i++
			if full {
				w.e.found(kindOversize, Drop)
			}
			w.e.closeArray()
			return append(dst, ']'), nil
		default:
			return dst, w.invalid()
		}
	}
}

// peekString returns the string that is next, if it is one without escapes and short
// enough for a name.
func (w *walker) peekString() string {
	if w.i >= len(w.in) || w.in[w.i] != '"' {
		return ""
	}
	for j := w.i + 1; j < len(w.in) && j < w.i+66; j++ {
		switch w.in[j] {
		case '"':
			return w.in[w.i+1 : j]
		case '\\':
			return ""
		}
	}
	return ""
}

// elementsLeft returns 2 when the array ends with the string that follows element 0.
func (w *walker) elementsLeft(i int) int {
	if i != 0 {
		return 0
	}
	ahead := walker{in: w.in, i: w.i}
	ahead.space()
	if ahead.i >= len(ahead.in) || ahead.in[ahead.i] != '"' {
		return 0
	}
	for j := ahead.i + 1; j < len(ahead.in) && j < ahead.i+maxKey; j++ {
		switch ahead.in[j] {
		case '\\':
			j++
		case '"':
			ahead.i = j + 1
			ahead.space()
			if ahead.i < len(ahead.in) && ahead.in[ahead.i] == ']' {
				return 2
			}
			return 0
		}
	}
	return 0
}

// str reads a string. Without escapes it is part of the input, else of the scratch
// buffer, which the caller releases.
func (w *walker) str() (string, error) {
	w.i++
	from := w.i
	if w.i = verbatimEnd(w.in, from); w.i >= len(w.in) {
		return "", errEndsEarly
	}
	switch w.in[w.i] {
	case '"':
		w.i++
		return w.in[from : w.i-1], nil
	case '\\':
		return w.escapedStr(from)
	}
	return "", w.invalid()
}

func (w *walker) escapedStr(from int) (string, error) {
	mark := len(w.e.scratch)
	buf := append(w.e.scratch, w.in[from:w.i]...)
	for w.i < len(w.in) {
		c := w.in[w.i]
		switch {
		case c == '"':
			w.i++
			w.e.scratch = buf
			return view(buf[mark:]), nil
		case c < ' ':
			return "", w.invalid()
		case c != '\\':
			buf = append(buf, c)
			w.i++
			continue
		}
		w.i++
		if w.i >= len(w.in) {
			return "", errEndsEarly
		}
		switch c := w.in[w.i]; c {
		case '"', '\\', '/':
			buf = append(buf, c)
		case 'b':
			buf = append(buf, '\b')
		case 'f':
			buf = append(buf, '\f')
		case 'n':
			buf = append(buf, '\n')
		case 'r':
			buf = append(buf, '\r')
		case 't':
			buf = append(buf, '\t')
		case 'u':
			r, ok := hex4(w.in, w.i+1)
			if !ok {
				return "", w.invalid()
			}
			w.i += 4
			if utf16.IsSurrogate(r) {
				r = w.surrogate(r)
			}
			buf = utf8.AppendRune(buf, r)
		default:
			return "", w.invalid()
		}
		w.i++
	}
	return "", errEndsEarly
}

// surrogate joins the surrogate just read with the one that follows; U+FFFD if
// there is none.
func (w *walker) surrogate(r rune) rune {
	if w.i+2 < len(w.in) && w.in[w.i+1] == '\\' && w.in[w.i+2] == 'u' {
		if low, ok := hex4(w.in, w.i+3); ok {
			if joined := utf16.DecodeRune(r, low); joined != utf8.RuneError {
				w.i += 6
				return joined
			}
		}
	}
	return utf8.RuneError
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[i : i+4]) {
		d := unhex(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
