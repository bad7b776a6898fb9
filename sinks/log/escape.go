package log

import (
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// appendSafe appends JSON so that it is one line that no terminal takes for a command.
// What it changes is a different spelling of the same value.
func appendSafe(dst, json []byte) []byte {
	return escape(dst, json, func(dst []byte, r rune) []byte {
		if r < ' ' { // in JSON only as space between values: in strings it is escaped already
			return append(dst, ' ')
		}
		return appendEscape(dst, r)
	})
}

// appendName appends plain text, with the same characters escaped in the same way.
func appendName(dst []byte, name string) []byte { return escape(dst, []byte(name), appendEscape) }

// escape appends text with each unsafe character replaced; bytes that are not UTF-8 are replaced as U+FFFD.
func escape(dst, text []byte, replace func([]byte, rune) []byte) []byte {
	from := 0 // start of what is not copied yet
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || isUnsafe(r) {
			dst = append(dst, text[from:i]...)
			dst = replace(dst, r)
			from = i + size
		}
		i += size
	}
	return append(dst, text[from:]...)
}

// isUnsafe reports control characters (C0, DEL, C1), line and paragraph separators, and
// the format characters: those that reorder text, and others that are not seen. The
// joiners are left: without them emoji fall apart, and some scripts cannot be read.
func isUnsafe(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = 0x200c, 0x200d
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != zeroWidthNonJoiner && r != zeroWidthJoiner
}

// appendEscape appends \uXXXX, twice for a character that takes a surrogate pair.
func appendEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return appendEscape(appendEscape(dst, high), low)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
