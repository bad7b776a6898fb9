package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords is how many words of a key count: the last ones, where the head noun is.
const maxWords = 10

// words splits a key into folded words: lower case, without accents, invisible
// characters and full-width forms; "userAPIKey", "user-api-key" and "USER_API_KEY"
// give the same three.
func words(key string) []string {
	if len(key) > maxKey {
		key = key[len(key)-maxKey:]
	}
	var out []string
	var b []rune
	flush := func() {
		if len(b) > 0 {
			out = append(out, foldWord(b))
			b = b[:0]
		}
	}
	runes := []rune(strings.ToValidUTF8(key, ""))
	kept := runes[:0]
	for _, r := range runes {
		if r = foldRune(r); r != 0 {
			kept = append(kept, r)
		}
	}
	for i, r := range kept {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !isLeet(kept, i):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0:
			lowerBefore := unicode.IsLower(kept[i-1]) || unicode.IsDigit(kept[i-1])
			lowerAfter := i+1 < len(kept) && unicode.IsLower(kept[i+1])
			if lowerBefore || lowerAfter && unicode.IsUpper(kept[i-1]) {
				flush()
			}
		}
		b = append(b, unicode.ToLower(r))
	}
	flush()
	if len(out) > maxWords {
		out = out[len(out)-maxWords:]
	}
	return out
}

// isLeet reports whether the sign at i stands for a letter, as in p@ssword.
func isLeet(key []rune, i int) bool {
	return (key[i] == '@' || key[i] == '$') && i > 0 && i+1 < len(key) && unicode.IsLetter(key[i-1]) && unicode.IsLetter(key[i+1])
}

// foldRune undoes compatibility forms; 0 drops the rune.
func foldRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r >= 0xff01 && r <= 0xff5e: // full width
		return r - 0xff01 + '!'
	case r == 0x3000:
		return ' '
	case r >= 0x24d0 && r <= 0x24e9: // circled
		return r - 0x24d0 + 'a'
	case r >= 0x24b6 && r <= 0x24cf:
		return r - 0x24b6 + 'a'
	case r >= 0x1d400 && r <= 0x1d6a3: // mathematical alphabets, 52 letters each
		return 'a' + (r-0x1d400)%26
	case r == 0xad, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2064,
		r == 0xfeff, r == 0x180e, r == 0x034f, r >= 0xfe00 && r <= 0xfe0f: // invisible
		return 0
	case r >= 0x0300 && r <= 0x036f: // combining accents
		return 0
	}
	return r
}

// foldWord strips accents and, in words that mix alphabets, look-alikes.
func foldWord(word []rune) string {
	latin := false
	for _, r := range word {
		if r < utf8.RuneSelf {
			latin = true
		}
	}
	var b strings.Builder
	for _, r := range word {
		if r >= utf8.RuneSelf {
			if s, ok := accents[r]; ok {
				b.WriteString(s)
				continue
			}
			if c, ok := lookalikes[r]; ok && latin {
				b.WriteByte(c)
				continue
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lookalikesFolded is foldWord for a word written wholly in another alphabet that
// still reads as Latin.
func lookalikesFolded(word string) string {
	ascii := true
	for i := 0; i < len(word) && ascii; i++ {
		ascii = word[i] < utf8.RuneSelf
	}
	if ascii {
		return word
	}
	return strings.Map(func(r rune) rune {
		if c, ok := lookalikes[r]; ok {
			return rune(c)
		}
		return r
	}, word)
}

// deleet undoes digits and signs written for letters.
var deleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s")

var accents = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th"}
	for base, variants := range map[string]string{
		"a": "àáâãäåāăąǎ", "c": "çćĉċč", "d": "ďđð", "e": "èéêëēĕėęěẽ", "g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ",
		"l": "ĺļľŀł", "n": "ñńņňŉ", "o": "òóôõöøōŏőơ", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț", "u": "ùúûüũūŭůűųư", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	} {
		for _, r := range variants {
			m[r] = base
		}
	}
	for r, base := range map[rune]string{'ạ': "a", 'ậ': "a", 'ầ': "a", 'ẩ': "a", 'ế': "e", 'ệ': "e", 'ị': "i", 'ọ': "o", 'ộ': "o", 'ụ': "u", 'ứ': "u", 'ử': "u"} {
		m[r] = base
	}
	return m
}()

// lookalikes are the letters of other alphabets that read as Latin ones (a subset
// of the confusables of Unicode TR39), in lower case.
var lookalikes = map[rune]byte{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'ɡ': 'g', 'һ': 'h', 'н': 'h', 'і': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm',
	'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r', 'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'з': 'z',
	'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ѡ': 'w', 'ı': 'i',
}

// lookalikeTable has them by their number.
var lookalikeTable = func() []byte {
	last := rune(0)
	for r := range lookalikes {
		last = max(last, r)
	}
	t := make([]byte, last+1)
	for r, c := range lookalikes {
		t[r] = c
	}
	return t
}()

// lookalike returns the Latin letter that r reads as, 0 if none.
func lookalike(r rune) byte {
	if int(r) < len(lookalikeTable) {
		return lookalikeTable[r]
	}
	return 0
}
