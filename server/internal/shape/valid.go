package shape

// Valid reports whether data is one JSON value and nothing else, as [json.Valid] of encoding/json does, which takes
// several times as long. It is for values whose shape has been checked: what is nested deeper than [MaxDepth] is not valid to it.
func Valid(data []byte) bool {
	v := validator{data: data}
	if !v.value(0) {
		return false
	}
	v.skipSpace()
	return v.i == len(data)
}

type validator struct {
	data []byte
	i    int
}

func (v *validator) skipSpace() {
	for v.i < len(v.data) && (v.data[v.i] == ' ' || v.data[v.i] == '\n' || v.data[v.i] == '\t' || v.data[v.i] == '\r') {
		v.i++
	}
}

// take skips space, and c if it comes.
func (v *validator) take(c byte) bool {
	if v.skipSpace(); v.i < len(v.data) && v.data[v.i] == c {
		v.i++
		return true
	}
	return false
}

func (v *validator) value(depth int) bool {
	if v.skipSpace(); v.i == len(v.data) || depth > MaxDepth {
		return false
	}
	switch v.data[v.i] {
	case '"':
		return v.text()
	case '{':
		return v.list('}', func() bool { return v.key() && v.take(':') && v.value(depth+1) })
	case '[':
		return v.list(']', func() bool { return v.value(depth + 1) })
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

func (v *validator) key() bool {
	v.skipSpace()
	return v.i < len(v.data) && v.data[v.i] == '"' && v.text()
}

// list reads what is between brackets, divided by commas.
func (v *validator) list(end byte, element func() bool) bool {
	v.i++
	if v.take(end) {
		return true
	}
	for element() {
		if v.take(end) {
			return true
		}
		if !v.take(',') {
			return false
		}
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

func (v *validator) text() bool {
	for v.i++; v.i < len(v.data); v.i++ {
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
	return false
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
