package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns s with every character escaped that a terminal would act upon
// rather than show: C0, DEL, C1, what reorders text, and bytes that are no UTF-8.
func visible(s string) string { return escape(s, "") }

// visibleLines is visible for text of several lines.
func visibleLines(s string) string { return escape(s, "\n") }

func escape(s, but string) string {
	harmless := func(r rune) bool {
		return r != utf8.RuneError && (unicode.IsPrint(r) || strings.ContainsRune(but, r))
	}
	if strings.IndexFunc(s, func(r rune) bool { return !harmless(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case harmless(r):
			b.WriteRune(r)
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
