package wire

import (
	"encoding/binary"
	"math/bits"
)

// reader reads JSON text, and checks it as it goes. What it reads is valid so far.
type reader struct {
	data            []byte
	i               int
	deepest, values int
}

func (r *reader) space() {
	for r.i < len(r.data) && (r.data[r.i] == ' ' || r.data[r.i] == '\n' || r.data[r.i] == '\t' || r.data[r.i] == '\r') {
		r.i++
	}
}

// next skips space, and c if it comes.
func (r *reader) next(c byte) bool {
	if r.space(); r.i < len(r.data) && r.data[r.i] == c {
		r.i++
		return true
	}
	return false
}

// value reads a value that has as many objects and arrays around it.
func (r *reader) value(depth int) bool {
	if r.space(); r.i == len(r.data) {
		return false
	}
	switch r.data[r.i] {
	case '"':
		r.i++
		_, _, ok := r.text()
		return ok
	case '{':
		return r.object(depth + 1)
	case '[':
		return r.array(depth + 1)
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	case 'n':
		return r.word("null")
	default:
		return r.number()
	}
}

// open counts an object or an array.
func (r *reader) open(depth int) (ok bool) {
	r.i++
	r.values++
	r.deepest = max(r.deepest, depth)
	return depth <= MaxDepth
}

func (r *reader) object(depth int) bool {
	if !r.open(depth) {
		return false
	}
	if r.next('}') {
		return true
	}
	for r.next('"') {
		if _, _, ok := r.text(); !ok || !r.next(':') || !r.value(depth) {
			return false
		}
		r.values++ // for the key
		if r.next('}') {
			return true
		}
		if !r.next(',') {
			return false
		}
		r.values++
	}
	return false
}

func (r *reader) array(depth int) bool {
	if !r.open(depth) {
		return false
	}
	if r.next(']') {
		return true
	}
	for r.value(depth) {
		if r.next(']') {
			return true
		}
		if !r.next(',') {
			return false
		}
		r.values++
	}
	return false
}

func (r *reader) word(w string) bool {
	if len(r.data)-r.i < len(w) || string(r.data[r.i:r.i+len(w)]) != w {
		return false
	}
	r.i += len(w)
	return true
}

// text reads a string behind its opening quote. It is clear if it has no escapes, and no letters beyond ASCII.
func (r *reader) text() (raw []byte, clear, ok bool) {
	from, clear := r.i, true
	var all uint64 // bits of its bytes
	for {
		at, some := ordinary(r.data, r.i)
		r.i, all = at, all|some
		switch {
		case r.i == len(r.data) || r.data[r.i] < ' ':
			return nil, false, false
		case r.data[r.i] == '"':
			r.i++
			return r.data[from : r.i-1], clear && all&tops == 0, true
		}
		clear = false
		r.i++
		if !r.escape() {
			return nil, false, false
		}
		r.i++
	}
}

const (
	ones = 0x0101010101010101 // in every byte of a word
	tops = 0x8080808080808080
)

// ordinary returns where the quote, the backslash or the control character is that ends what is ordinary in a
// string from i on, or where data ends, and the bits that its bytes have.
// See "Determine if a word has a byte less than n" of Bit Twiddling Hacks.
func ordinary(data []byte, i int) (end int, all uint64) {
	for ; len(data)-i >= 8; i += 8 {
		word := binary.LittleEndian.Uint64(data[i:])
		quote, backslash := word^'"'*ones, word^'\\'*ones
		// The lowest bit that is set is right; above it some may be set that should not.
		if special := ((word-' '*ones)&^word | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops; special != 0 {
			n := bits.TrailingZeros64(special) &^ 7
			return i + n/8, all | word&(1<<n-1)
		}
		all |= word
	}
	for ; i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\'; i++ {
		all |= uint64(data[i])
	}
	return i, all
}

// escape reads what follows a backslash, up to its last byte.
func (r *reader) escape() bool {
	if r.i == len(r.data) {
		return false
	}
	switch r.data[r.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if r.i++; r.i == len(r.data) || !hex(r.data[r.i]) {
				return false
			}
		}
		return true
	}
	return false
}

func hex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func (r *reader) number() bool {
	r.skip('-')
	if !r.skip('0') && !r.digits() {
		return false
	}
	if r.skip('.') && !r.digits() {
		return false
	}
	if r.skip('e') || r.skip('E') {
		if !r.skip('+') {
			r.skip('-')
		}
		return r.digits()
	}
	return true
}

func (r *reader) skip(c byte) bool {
	if r.i < len(r.data) && r.data[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *reader) digits() bool {
	from := r.i
	for r.i < len(r.data) && r.data[r.i] >= '0' && r.data[r.i] <= '9' {
		r.i++
	}
	return r.i > from
}
