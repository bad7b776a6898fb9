package sanitize

import (
	"strings"
	"unicode/utf8"
)

// minRun is the length of encoded text worth unwrapping.
const minRun = 16

// runs looks into long runs of base64 and hex that the spans from first on do not cover.
func (e *Encoder) runs(s string, k keyInfo, first int) {
	if e.unwraps >= maxUnwrap {
		return
	}
	var found []span
	if len(e.spans) > first && e.affords(stepsOfFinding*(len(e.spans)-first), first) {
		found = mergeSpans(e.spans[first:])
		e.spans = e.spans[:first+len(found)]
	}
	next := 0 // of the spans found before
	for i := 0; i+minRun <= len(s); {
		// Where a run may begin, it is long if nothing ends it, looking from behind.
		last := i + minRun - 1
		for last >= i && alphabets[s[last]]&(setBase64|setWord) != 0 {
			last--
		}
		if last >= i {
			i = last + 1
			continue
		}
		for next < len(found) && e.spans[first+next].to <= i {
			next++
		}
		end := run(s, i+minRun, setBase64|setWord)
		if e.left -= stepsOfRun; e.spent() {
			return
		}
		if covered := next < len(found) && e.spans[first+next].from <= i && e.spans[first+next].to >= end; !covered {
			e.run(s, i, end, k)
		}
		i = end + 1
	}
}

func (e *Encoder) run(s string, from, to int, k keyInfo) {
	if isUUID(s[from:to]) || e.discord(s, from, to) {
		return
	}
	// name=base64: the run begins after the first = that is no padding.
	if eq := strings.IndexByte(s[from:to], '='); eq >= 0 && from+eq+2 < to && s[from+eq+1] != '=' {
		from += eq + 1
	}
	if to-from < minRun || to-from > maxString || e.shaped(s, from, to, k) {
		return
	}
	mark, text, ok := len(e.scratch), s[from:to], false
	e.spend(stepsOfCopy * len(text))
	if run(text, 0, setHex) == len(text) {
		e.scratch, ok = appendHex(e.scratch, text)
	} else {
		e.scratch, ok = appendBase64(e.scratch, text)
	}
	if ok && e.dirty(view(e.scratch[mark:]), keyInfo{}) {
		e.add(from, to, kindEncoded)
	}
	e.scratch = e.scratch[:mark]
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
	bits, last := 0, byte(0)
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
			if c >= utf8.RuneSelf && c < 0xc0 && last < utf8.RuneSelf {
				return dst[:mark], false // the middle of a letter after none; random bytes have it soon
			}
			dst, last = append(dst, c), c
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
