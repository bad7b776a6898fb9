package shape

import "encoding/binary"

// Valid is [Measure] for a value that is checked to be valid JSON meanwhile, and within the bounds of [Shape.Check]; valid is
// false for any other, of which the rest says nothing. It judges as encoding/json does, several times as fast.
func Valid(data []byte) (s Shape, end int, valid bool) {
	v := validator{data: data, values: 1}
	if !v.value(0) {
		return Shape{}, 0, false
	}
	v.space()
	s = Shape{Depth: v.deepest, Values: v.values}
	ended := v.i == len(data) || data[v.i] == ',' || data[v.i] == ']' || data[v.i] == '}'
	return s, v.i, ended && s.Check() == nil
}

type validator struct {
	data            []byte
	i               int
	deepest, values int
}

func (v *validator) space() {
	for v.i < len(v.data) && (v.data[v.i] == ' ' || v.data[v.i] == '\n' || v.data[v.i] == '\t' || v.data[v.i] == '\r') {
		v.i++
	}
}

// next skips space, and c if it comes.
func (v *validator) next(c byte) bool {
	if v.space(); v.i < len(v.data) && v.data[v.i] == c {
		v.i++
		return true
	}
	return false
}

// value reads a value that has as many objects and arrays around it.
func (v *validator) value(depth int) bool {
	if v.space(); v.i == len(v.data) {
		return false
	}
	switch v.data[v.i] {
	case '"':
		v.i++
		return v.text()
	case '{':
		return v.object(depth + 1)
	case '[':
		return v.array(depth + 1)
	case 't':
		return v.word("true")
	case 'f':
		return v.word("false")
	case 'n':
		return v.word("null")
	default:
		return v.number()
	}
}

// open counts an object or an array.
func (v *validator) open(depth int) (ok bool) {
	v.i++
	v.values++
	v.deepest = max(v.deepest, depth)
	return depth <= MaxDepth
}

func (v *validator) object(depth int) bool {
	if !v.open(depth) {
		return false
	}
	if v.next('}') {
		return true
	}
	for v.next('"') && v.text() && v.next(':') && v.value(depth) {
		v.values++ // for the key
		if v.next('}') {
			return true
		}
		if !v.next(',') {
			return false
		}
		v.values++
	}
	return false
}

func (v *validator) array(depth int) bool {
	if !v.open(depth) {
		return false
	}
	if v.next(']') {
		return true
	}
	for v.value(depth) {
		if v.next(']') {
			return true
		}
		if !v.next(',') {
			return false
		}
		v.values++
	}
	return false
}

func (v *validator) word(w string) bool {
	if len(v.data)-v.i < len(w) || string(v.data[v.i:v.i+len(w)]) != w {
		return false
	}
	v.i += len(w)
	return true
}

// text reads a string behind its opening quote.
func (v *validator) text() bool {
	for {
		for len(v.data)-v.i >= 8 && ordinary(binary.LittleEndian.Uint64(v.data[v.i:])) {
			v.i += 8
		}
		for stop := min(v.i+8, len(v.data)); v.i < stop; v.i++ {
			switch c := v.data[v.i]; {
			case c == '"':
				v.i++
				return true
			case c < ' ':
				return false
			case c == '\\':
				if v.i++; !v.escape() {
					return false
				}
			}
		}
		if v.i >= len(v.data) {
			return false
		}
	}
}

// ordinary reports whether none of eight bytes is a quote, a backslash or a control character.
// See "Determine if a word has a byte less than n" of Bit Twiddling Hacks.
func ordinary(bytes uint64) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	quote, backslash := bytes^each*'"', bytes^each*'\\'
	special := (bytes-each*' ')&^bytes | (quote-each)&^quote | (backslash-each)&^backslash
	return special&high == 0
}

// escape reads what follows a backslash, up to its last byte.
func (v *validator) escape() bool {
	if v.i == len(v.data) {
		return false
	}
	switch v.data[v.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if v.i++; v.i == len(v.data) || !hex(v.data[v.i]) {
				return false
			}
		}
		return true
	}
	return false
}

func hex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func (v *validator) number() bool {
	v.skip('-')
	if !v.skip('0') && !v.digits() {
		return false
	}
	if v.skip('.') && !v.digits() {
		return false
	}
	if v.skip('e') || v.skip('E') {
		if !v.skip('+') {
			v.skip('-')
		}
		return v.digits()
	}
	return true
}

func (v *validator) skip(c byte) bool {
	if v.i < len(v.data) && v.data[v.i] == c {
		v.i++
		return true
	}
	return false
}

func (v *validator) digits() bool {
	from := v.i
	for v.i < len(v.data) && v.data[v.i] >= '0' && v.data[v.i] <= '9' {
		v.i++
	}
	return v.i > from
}
