package sanitize

import (
	"strings"
	"unicode/utf8"
)

// minRun is the length of encoded text worth unwrapping.
const minRun = 16

func looksJSON(s string) bool {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	if len(s)-i < 2 {
		return false
	}
	last := len(s) - 1
	for last > i && (s[last] == ' ' || s[last] == '\n' || s[last] == '\r') {
		last--
	}
	switch s[i] {
	case '{':
		return s[last] == '}'
	case '[':
		return s[last] == ']' && markLen(s[i:]) == 0
	case '"':
		return s[last] == '"' && last > i
	}
	return false
}

// nestedJSON writes s, which is JSON in a string, as JSON in a string: unchanged
// when nothing is found in it. It returns false if s is not JSON after all.
func (e *Encoder) nestedJSON(dst []byte, s string, k keyInfo) (out []byte, ok bool) {
	if e.unwraps >= maxUnwrap {
		return dst, false
	}
	was := e.save()
	inner := e.take()
	e.unwraps++
	e.base = 0
	w := walker{e: e, in: s}
	inner, err := w.document(inner, false)
	changed := e.changes != was.changes
	e.unwraps--
	if err != nil {
		e.restore(was)
		e.give(inner)
		return dst, false
	}
	e.base = was.base
	if changed {
		dst = appendQuoted(dst, view(inner))
	} else {
		dst = appendQuoted(dst, s)
	}
	e.give(inner)
	return dst, true
}

// state is what a failed attempt to read wrapped text must undo.
type state struct {
	frames, members, sorted, open, scratch, spans, hits, findings int
	base, depth, unwraps, changes, count                          int
	drop                                                          bool
	progress                                                      progress
}

func (e *Encoder) save() state {
	return state{len(e.frames), len(e.members), len(e.sorted), len(e.open), len(e.scratch), len(e.spans), len(e.hits), len(e.findings),
		e.base, e.depth, e.unwraps, e.changes, e.count, e.drop, e.progress}
}

func (e *Encoder) restore(s state) {
	e.frames, e.members, e.sorted, e.open = e.frames[:s.frames], e.members[:s.members], e.sorted[:s.sorted], e.open[:s.open]
	e.scratch, e.spans, e.hits, e.findings = e.scratch[:s.scratch], e.spans[:s.spans], e.hits[:s.hits], e.findings[:s.findings]
	e.base, e.depth, e.unwraps, e.changes, e.count = s.base, s.depth, s.unwraps, s.changes, s.count
	e.drop, e.progress = s.drop, s.progress
}

// take returns an empty buffer to write wrapped text to; give returns it.
func (e *Encoder) take() []byte {
	if n := len(e.spare); n > 0 {
		b := e.spare[n-1]
		e.spare = e.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 512)
}

func (e *Encoder) give(b []byte) {
	if cap(b) <= maxString {
		e.spare = append(e.spare, b)
	}
}

// dirty reports whether wrapped text s holds a finding.
func (e *Encoder) dirty(s string, k keyInfo) bool {
	was := e.save()
	e.unwraps++
	found := false
	if looksJSON(s) {
		b := e.take()
		out, ok := e.nestedJSON(b, s, k)
		found = ok && e.changes != was.changes
		e.give(out)
		if ok {
			e.restore(was)
			return found
		}
	}
	mark := len(e.spans)
	e.scan(s, k)
	found = len(e.spans) > mark
	e.restore(was)
	return found
}

// runs looks into long runs of base64 and hex.
func (e *Encoder) runs(s string, k keyInfo) {
	if e.unwraps >= maxUnwrap {
		return
	}
	for i := 0; i < len(s); {
		if alphabets[s[i]]&(setBase64|setWord) == 0 {
			i++
			continue
		}
		end := run(s, i, setBase64|setWord)
		if end-i >= minRun && end > e.coveredAt(i) {
			e.run(s, i, end, k)
		}
		i = end + 1
	}
}

// coveredAt returns the end of the span around index i, if there is one.
func (e *Encoder) coveredAt(i int) int {
	for _, sp := range e.spans {
		if sp.from <= i && i < sp.to {
			return sp.to
		}
	}
	return i
}

func (e *Encoder) run(s string, from, to int, k keyInfo) {
	if isUUID(s[from:to]) || e.discord(s, from, to) {
		return
	}
	// name=base64: the run begins after the first = that is no padding.
	if eq := strings.IndexByte(s[from:to], '='); eq >= 0 && from+eq+2 < to && s[from+eq+1] != '=' {
		from += eq + 1
	}
	if to-from < minRun || to-from > maxString {
		return
	}
	mark := len(e.scratch)
	defer func() { e.scratch = e.scratch[:mark] }()
	text := s[from:to]
	var ok bool
	if run(text, 0, setHex) == len(text) {
		e.scratch, ok = appendHex(e.scratch, text)
	} else {
		e.scratch, ok = appendBase64(e.scratch, text)
	}
	if ok && e.dirty(view(e.scratch[mark:]), keyInfo{}) {
		e.add(from, to, kindEncoded)
	}
}

// base64Values are the values of the digits of base64, both alphabets; -1 for others.
var base64Values = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = int8(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// appendBase64 decodes s if it is base64 of text; otherwise it gives up early.
func appendBase64(dst []byte, s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	mark := len(dst)
	var acc uint32
	bits := 0
	for i := 0; i < len(s); i++ {
		v := base64Values[s[i]]
		if v < 0 {
			return dst[:mark], false
		}
		acc = acc<<6 | uint32(v)
		if bits += 6; bits >= 8 {
			bits -= 8
			c := byte(acc >> bits)
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
				return dst[:mark], false
			}
			dst = append(dst, c)
		}
	}
	return dst, len(dst)-mark >= 6 && utf8.Valid(dst[mark:])
}

// appendHex decodes s if it is text in hex.
func appendHex(dst []byte, s string) ([]byte, bool) {
	mark := len(dst)
	if len(s)%2 != 0 {
		return dst, false
	}
	for i := 0; i < len(s); i += 2 {
		c := byte(unhex(s[i])<<4 | unhex(s[i+1]))
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return dst[:mark], false
		}
		dst = append(dst, c)
	}
	return dst, utf8.Valid(dst[mark:])
}

// unwrapEscapes scans s with percent-encoding, \u escapes and HTML entities undone,
// and adds what is found at its place in s.
func (e *Encoder) unwrapEscapes(s string, k keyInfo, seen trait) {
	if seen&traitPercent != 0 {
		e.unwrapWith(s, k, '%', percentAt, false)
		if strings.IndexByte(s, '+') >= 0 {
			e.unwrapWith(s, k, '%', percentAt, true) // + for space, as in forms
		}
	}
	if seen&traitBackslash != 0 {
		e.unwrapWith(s, k, '\\', escapeAt, false)
	}
	if seen&traitAmp != 0 {
		e.unwrapWith(s, k, '&', entityAt, false)
	}
	if seen&traitOdd != 0 {
		e.unwrapFolded(s, k)
	}
}

// unwrapFolded scans s without invisible characters, full-width forms and, in words
// that mix alphabets, look-alikes.
func (e *Encoder) unwrapFolded(s string, k keyInfo) {
	mark, first := len(e.scratch), len(e.spans)
	e.scratch = e.appendFolded(e.scratch, s, nil)
	if folded := view(e.scratch[mark:]); folded != s {
		was := e.progress
		e.unwraps += maxUnwrap // what is wrapped in it was looked at
		e.scan(folded, k)
		e.unwraps -= maxUnwrap
		e.progress = was
		spans := mergeSpans(e.spans[first:])
		e.spans = e.spans[:first+len(spans)]
		e.appendFolded(e.scratch[len(e.scratch):], s, spans)
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
			if c, ok := lookalikes[f]; ok && (mixed || i+n < len(s) && lower(s[i+n])-'a' < 26) {
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
	mark, first := len(e.scratch), len(e.spans)
	buf := e.scratch
	any := false
	for i := 0; i < len(s); {
		if s[i] == lead {
			if r, n := decode(s[i:]); n > 0 {
				any = true
				if r < 0x100 && lead == '%' {
					buf = append(buf, byte(r))
				} else {
					buf = utf8.AppendRune(buf, r)
				}
				i += n
				continue
			}
		}
		if s[i] == '+' && plus {
			buf = append(buf, ' ')
		} else {
			buf = append(buf, s[i])
		}
		i++
	}
	e.scratch = buf
	if any {
		was := e.progress
		e.unwraps++
		e.scan(view(buf[mark:]), k)
		e.unwraps--
		e.progress = was
		e.placeSpans(s, first, lead, decode)
	}
	e.scratch = e.scratch[:mark]
}

// placeSpans moves the spans from first on from the decoded text to s.
func (e *Encoder) placeSpans(s string, first int, lead byte, decode func(s string) (rune, int)) {
	spans := mergeSpans(e.spans[first:])
	e.spans = e.spans[:first+len(spans)]
	at, i := 0, 0 // in the decoded text and in s
	place := func(want int) int {
		for i < len(s) && at < want {
			n := 1
			width := 1
			if s[i] == lead {
				if r, size := decode(s[i:]); size > 0 {
					n = size
					if lead != '%' {
						width = utf8.RuneLen(r)
					}
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
	if len(s) < 3 || unhex(s[1]) < 0 || unhex(s[2]) < 0 {
		return 0, 0
	}
	return rune(unhex(s[1])<<4 | unhex(s[2])), 3
}

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
	end := strings.IndexByte(s[:min(len(s), 10)], ';')
	if end < 3 {
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
