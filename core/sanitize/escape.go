package sanitize

import (
	"math/bits"
	"unicode/utf8"
)

// verbatim are the bytes that stand for themselves in a JSON string.
var verbatim = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

const hexDigits = "0123456789abcdef"

const (
	ones = 0x0101010101010101 // in every byte of a word
	tops = 0x8080808080808080
)

// wordAt returns the eight bytes from i on.
func wordAt(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// verbatimEnd returns where what stands for itself in JSON text ends: at a quote, a
// backslash or a control character from i on, or where s does.
func verbatimEnd(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		x := wordAt(s, i)
		// The top bit of a byte that is too small is set, and maybe those of bytes behind it.
		quote, backslash := x^'"'*ones, x^'\\'*ones
		if found := ((x-' '*ones)&^x | (quote-ones)&^quote | (backslash-ones)&^backslash) & tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

// appendQuoted appends s as a JSON string: valid UTF-8, without control characters
// (C0, DEL, C1) and line separators, not escaped for HTML.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

// appendEscaped appends the inside of a JSON string.
func appendEscaped(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		for i < len(s) && verbatim[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError && r >= 0xa0 && r != 0x2028 && r != 0x2029 || size > 1 && r == utf8.RuneError {
				i += size
				continue
			}
			dst = append(dst, s[from:i]...)
			if r == utf8.RuneError {
				dst = append(dst, "\ufffd"...)
			} else {
				dst = appendUnicodeEscape(dst, r)
			}
			i += size
			from = i
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = appendUnicodeEscape(dst, rune(c))
		}
		i++
		from = i
	}
	return append(dst, s[from:]...)
}

func appendUnicodeEscape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
