package sanitize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// wrapper says of a byte what it may begin.
type wrapper uint8

const (
	wrapPercent wrapper = 1 << iota
	wrapBackslash
	wrapAmp
	wrapOdd // a form of a Latin letter, or an invisible character
)

var wraps = func() (t [256]wrapper) {
	t['%'], t['\\'], t['&'] = wrapPercent, wrapBackslash, wrapAmp
	for _, lead := range [...]byte{0xc2, 0xcd, 0xd0, 0xd1, 0xce, 0xcf, 0xe1, 0xe2, 0xe3, 0xef, 0xf0} {
		t[lead] = wrapOdd
	}
	return t
}()

// unwrapEscapes scans s with percent-encoding, \u escapes and HTML entities undone,
// and adds what is found at its place in s.
func (e *Encoder) unwrapEscapes(s string, k keyInfo) {
	if strings.IndexByte(s, '%') >= 0 {
		e.unwrapWith(s, k, '%', percentAt, false)
		if strings.IndexByte(s, '+') >= 0 {
			e.unwrapWith(s, k, '%', percentAt, true) // + for space, as in forms
		}
	}
	if strings.IndexByte(s, '\\') >= 0 {
		e.unwrapWith(s, k, '\\', escapeAt, false)
	}
	if strings.IndexByte(s, '&') >= 0 {
		e.unwrapWith(s, k, '&', entityAt, false)
	}
	if folds(s) {
		e.unwrapFolded(s, k)
	}
}

// folds reports whether folding changes s, or may.
func folds(s string) bool {
	odd, invalid := false, false
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case i+8 <= len(s) && wordAt(s, i)&tops == 0:
			i += 8
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			odd = odd || wraps[c]&wrapOdd != 0
			invalid = invalid || n == 1
			if f := foldRune(r); f != r || lookalike(f) != 0 {
				return true
			}
			i += n
		}
		if odd && invalid {
			return true
		}
	}
	return false
}

// unwrapFolded scans s without invisible characters, full-width forms and, in words
// that mix alphabets, look-alikes.
func (e *Encoder) unwrapFolded(s string, k keyInfo) {
	if e.left -= 2 * stepsOfCopy * len(s); e.spent() {
		return
	}
	mark, first := len(e.scratch), len(e.spans)
	e.scratch = e.appendFolded(e.scratch, s, nil)
	if folded := view(e.scratch[mark:]); folded != s {
		e.unwraps += maxUnwrap // what is wrapped in it was looked at
		e.scanCopy(folded, k)
		e.unwraps -= maxUnwrap
		if len(e.spans) > first && e.affords(2*stepsOfCopy*len(s)+stepsOfFinding*(len(e.spans)-first), first) {
			spans := mergeSpans(e.spans[first:])
			e.spans = e.spans[:first+len(spans)]
			e.appendFolded(e.scratch[len(e.scratch):], s, spans)
		}
	}
	e.scratch = e.scratch[:mark]
}

// appendFolded appends s folded; spans in what it appends are moved to s.
func (e *Encoder) appendFolded(dst []byte, s string, spans []span) []byte {
	mark, from, to := len(dst), 0, 0 // the spans whose begin and end are passed
	mixed := false
	for i := 0; i < len(s); {
		at := len(dst) - mark
		for from < len(spans) && spans[from].from <= at {
			spans[from].from = i
			from++
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case n == 1:
			mixed = lower(s[i])-'a' < 26 || mixed && s[i] != ' '
			dst = append(dst, s[i])
		default:
			f := foldRune(r)
			if c := lookalike(f); c != 0 && (mixed || i+n < len(s) && lower(s[i+n])-'a' < 26) {
				f = rune(c)
			}
			if f != 0 {
				dst = utf8.AppendRune(dst, f)
			}
		}
		i += n
		for to < len(spans) && spans[to].to <= len(dst)-mark {
			spans[to].to = i
			to++
		}
	}
	return dst
}

// unwrapWith undoes the escapes that begin with lead, and + for space if plus is set. decode returns the text of the
// escape that s starts with and its length, 0 if it is none.
func (e *Encoder) unwrapWith(s string, k keyInfo, lead byte, decode func(s string) (rune, int), plus bool) {
	from := 0 // of the first escape
	for n := 0; n == 0; {
		next := strings.IndexByte(s[from:], lead)
		if next < 0 {
			return
		}
		if from += next; from < len(s) {
			if _, n = decode(s[from:]); n == 0 {
				from++
				e.left -= stepsOfEscape
			}
		}
	}
	if e.left -= stepsOfCopy * len(s); e.spent() {
		return
	}
	mark, first := len(e.scratch), len(e.spans)
	e.scratch = appendUnwrapped(e.scratch, s, from, lead, decode, plus)
	e.unwraps++
	e.scanCopy(view(e.scratch[mark:]), k)
	e.unwraps--
	if len(e.spans) > first && e.affords(stepsOfCopy*len(s)+stepsOfFinding*(len(e.spans)-first), first) {
		e.placeSpans(s, first, lead, decode)
	}
	e.scratch = e.scratch[:mark]
}

// appendUnwrapped appends s with its escapes undone, none of which is before from. No escape is
// shorter than what it stands for.
func appendUnwrapped(dst []byte, s string, from int, lead byte, decode func(s string) (rune, int), plus bool) []byte {
	dst = slices.Grow(dst, len(s))
	out, n := dst[len(dst):cap(dst)], copy(dst[len(dst):cap(dst)], s[:from])
	for i := range out[:n] {
		if out[i] == '+' && plus {
			out[i] = ' '
		}
	}
	for i := from; i < len(s); {
		c := s[i]
		if c == lead {
			r, size := decode(s[i:])
			if i += size; size > 0 && (r >= 0x100 || lead != '%') {
				n += utf8.EncodeRune(out[n:n+utf8.RuneLen(r)], r)
				continue
			} else if size > 0 {
				c = byte(r)
			} else {
				i++
			}
		} else {
			if i++; c == '+' && plus {
				c = ' '
			}
		}
		out[n] = c
		n++
	}
	return dst[:len(dst)+n]
}

// placeSpans moves the spans from first on from the decoded text to s.
func (e *Encoder) placeSpans(s string, first int, lead byte, decode func(s string) (rune, int)) {
	spans := mergeSpans(e.spans[first:])
	e.spans = e.spans[:first+len(spans)]
	at, i := 0, 0 // in the decoded text and in s
	place := func(want int) int {
		for i < len(s) && at < want {
			if s[i] != lead {
				i++
				at++
				continue
			}
			n := 1
			width := 1
			if r, size := decode(s[i:]); size > 0 {
				n = size
				if lead != '%' {
					width = utf8.RuneLen(r)
				}
			}
			i += n
			at += width
		}
		return i
	}
	for j := range spans {
		spans[j].from = place(spans[j].from)
		spans[j].to = place(spans[j].to)
	}
}

func percentAt(s string) (rune, int) {
	if len(s) < 3 {
		return 0, 0
	}
	c := int(hexValues[s[1]])<<4 | int(hexValues[s[2]])
	if c < 0 {
		return 0, 0
	}
	return rune(c), 3
}

// hexValues are those of the digits; -1 for others.
var hexValues = func() (t [256]int8) {
	for c := range t {
		t[c] = int8(unhex(byte(c)))
	}
	return t
}()

// escapeAt decodes \u0041 and \x41.
func escapeAt(s string) (rune, int) {
	if len(s) >= 6 && s[1] == 'u' {
		if r, ok := hex4(s, 2); ok && utf8.ValidRune(r) {
			return r, 6
		}
	}
	if len(s) >= 4 && s[1] == 'x' && unhex(s[2]) >= 0 && unhex(s[3]) >= 0 {
		return rune(unhex(s[2])<<4 | unhex(s[3])), 4
	}
	return 0, 0
}

var entities = map[string]rune{"quot": '"', "apos": '\'', "amp": '&', "lt": '<', "gt": '>', "commat": '@', "equals": '=', "colon": ':', "nbsp": ' '}

// entityAt decodes &quot; &#64; &#x40;.
func entityAt(s string) (rune, int) {
	end := 1
	for end < len(s) && end < 10 && s[end] != ';' {
		if end++; end < len(s) && (s[end] == '=' || s[end] == ' ') {
			return 0, 0 // in no entity
		}
	}
	if end < 3 || end >= len(s) || s[end] != ';' {
		return 0, 0
	}
	if s[1] != '#' {
		r, ok := entities[s[1:end]]
		if !ok {
			return 0, 0
		}
		return r, end + 1
	}
	digits, base := s[2:end], rune(10)
	if lower(s[2]) == 'x' {
		digits, base = s[3:end], 16
	}
	var r rune
	for i := 0; i < len(digits); i++ {
		d := unhex(digits[i])
		if d < 0 || rune(d) >= base {
			return 0, 0
		}
		r = r*base + rune(d)
	}
	if digits == "" || !utf8.ValidRune(r) {
		return 0, 0
	}
	return r, end + 1
}
