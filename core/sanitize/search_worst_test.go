package sanitize

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// fragments are what texts that take long may be made of.
func fragments() []string {
	all := []string{"=", ": ", ":", " ", "\"", "'", "`", "{", "}", "[", "]", "(", ")", "<", ">", "</", "\\", `\"`, `\n`, "\n", "\r\n", ",", ";", "|", "&", "?", "#", "/", "//", "@", "%", "%40", "%3D", "%22", "%2520", "%25", "%5Cu0041", "\u200b", "é", "⇒",
		"«", "密码", "а", "ａ", "a", "Ab1", "x7Kq2Zp9Lm4T", "Maple1234!", "12345678", "4111111111111111", "1.2.3.4", "8.8.4.4", "2001:db8::1", "-", "--", "$", "!", "*", "~", ".", "…", "0x", "null", "https://", "jane@example.org", "a@b.co", "+49 30 1234567",
		"-----", "PRIVATE KEY", "string(12)", "<![CDATA[", "]]>", ">>", "<<", `"""`, "|\n", "value", "default", "name", "]=>", "&amp;", "&#64;", `\u0041`, `\x41`, `\u0025`, "+", "QUJDREVGR0hJSktMTU5P", "eyJhIjoiYiJ9", "00:1a:2b:3c:4d:5e", "\x00", "\xff", "😀", "(8)=", "['"}
	for _, l := range literals() {
		all = append(all, l.text)
		if l.vendor != nil {
			all = append(all, l.vendor.prefix)
		}
	}
	return all
}

// mutate changes a unit, which is what a text repeats.
func mutate(rng *rand.Rand, unit, all []string) []string {
	next := append([]string(nil), unit...)
	pick := func() string {
		n := len(all)
		if rng.IntN(2) == 0 {
			n = 104 // signs, escapes and values
		}
		return all[rng.IntN(n)]
	}
	for range 1 + rng.IntN(2) {
		switch at := rng.IntN(len(next)); rng.IntN(5) {
		case 0, 1:
			next[at] = pick()
		case 2:
			if len(next) > 1 {
				next = append(next[:at], next[at+1:]...)
			}
		case 3:
			if len(next) < 12 {
				next = append(next[:at], append([]string{pick()}, next[at:]...)...)
			}
		default:
			other := rng.IntN(len(next))
			next[at], next[other] = next[other], next[at]
		}
	}
	return next
}

// filled repeats a unit; with vary, a number after each makes what it says new every time.
func filled(unit []string, size int, vary bool) string {
	one := strings.Join(unit, "")
	if one == "" {
		one = " "
	}
	if !vary {
		return strings.Repeat(one, size/len(one)+1)[:size]
	}
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%s%x", one, i)
	}
	return b.String()[:size]
}
