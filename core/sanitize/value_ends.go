package sanitize

import "strings"

// blockScalar skips the | or > of YAML and the line break behind it, if they are at i.
func blockScalar(s string, i int) int {
	if i >= len(s) || s[i] != '|' && s[i] != '>' {
		return i
	}
	j := i + 1
	for j < len(s) && (s[j] == '-' || s[j] == '+' || isDigit(s[j])) {
		j++
	}
	if j >= len(s) || s[j] != '\n' {
		return i
	}
	return skipSpaces(s, j+1)
}

// wrapperLen returns the length of what a language puts in front of a quoted value:
// b"…", Some("…"), SecretStr('…').
func wrapperLen(s string) int {
	end := 0
	for end < len(s) && end < 24 && (alphabets[s[end]]&setAlnum != 0 || s[end] == '_' || s[end] == ':') {
		end++
	}
	if end == 0 || end+1 >= len(s) {
		return 0
	}
	switch {
	case isQuote(s[end]) && end <= 2 && stringPrefixes[s[:end]]:
		return end
	case s[end] == '(' && (isQuote(s[end+1]) || s[end+1] == '\\') && wrappers[lowerText(s[strings.LastIndexByte(s[:end], ':')+1:end])]:
		return end + 1
	}
	return 0
}

var (
	stringPrefixes = wordSet(`b r u f rb br B R U N L E @`)
	// wrappers hold a value as it is; other calls say where it comes from.
	wrappers = wordSet(`some ok just secret secretstr secretstring secretbox securestring sensitive sensitivestring string str text bytes optional box from new
		literal quote value redacted password token symbol const static constant tostring tobytes bytearray`)
)

// isCode recognises an expression: os.environ['X'], r.Header.Get("X"), var.x, self.x.
func isCode(s string) bool {
	i, dots := 0, 0
	for i < len(s) && i < maxIdent && (alphabets[s[i]]&setAlnum != 0 || s[i] == '_' || s[i] == '.' && i > 0) {
		if s[i] == '.' {
			dots++
		}
		i++
	}
	if i < 3 || lower(s[0])-'a' >= 26 || i == maxIdent {
		return false
	}
	if i < len(s) && s[i] == ' ' && codeWords[s[:i]] {
		return true
	}
	if end := i + 1; i < len(s) && s[i] == '[' && dots == 0 && countDigits(s[:i]) == 0 { // Optional[str]
		for end < len(s) && (alphabets[s[end]]&setWord != 0 || s[end] == ',' || s[end] == ' ' || s[end] == '.') {
			end++
		}
		return end < len(s) && s[end] == ']' && countDigits(s[i:end]) == 0
	}
	if i < len(s) && (s[i] == '(' || s[i] == '[' && dots > 0) && i+1 < len(s) && (isQuote(s[i+1]) || s[i+1] == '\\' || s[i+1] == ')') {
		return countDigits(s[:i]) < 3
	}
	root, _, member := strings.Cut(s[:i], ".")
	return member && codeRoots[root] && countDigits(s[:i]) == 0
}

var codeWords = wordSet(`await new yield typeof return async lambda function func`)

// codeRoots begin expressions that are no values.
var codeRoots = wordSet(`var vars env process os config cfg self this settings secrets vault params args req request ctx opts props Deno`)

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func skipSpaces(s string, i int) int {
	for n := 0; i < len(s) && (s[i] == ' ' || s[i] == '\t') && n < 8; n++ {
		i++
	}
	return i
}

// quotedEnd returns where the quotation that begins at i ends; escaped is the number
// of backslashes in front of its quotes.
func quotedEnd(s string, i int, quote byte, escaped int) int {
	for j := i; j < len(s) && j-i < maxValue; j++ {
		switch {
		case s[j] == '\\':
			b := j
			for b < len(s) && s[b] == '\\' {
				b++
			}
			if b < len(s) && s[b] == quote && b-j <= escaped {
				return j
			}
			if escaped == 0 {
				b = j + 2 // the escaped character
			}
			j = b - 1
		case s[j] == quote:
			return j
		case s[j] == '\n' && j-i > 256:
			return j
		}
	}
	return min(len(s), i+maxValue)
}

// wordEnd is unquotedEnd, remembering the last value if it goes far: a text may have
// many names in one.
func (e *Encoder) wordEnd(s string, i int) int {
	if i < e.wordFrom || i >= e.wordTill || e.wordTill-i < 64 {
		e.wordFrom, e.wordTill = i, unquotedEnd(s, i)
		e.spend(stepsOfEnd * (e.wordTill - i))
	}
	return max(i, e.wordTill)
}

// unquotedEnd returns where the value that begins at i ends.
func unquotedEnd(s string, i int) int {
	depth := 0
	j := i
scan:
	for ; j < len(s) && j-i < maxValue; j++ {
		switch c := s[j]; c {
		case ' ', '\t', '\n', '\r', '"', '\'', '`', ';', '&', '<', '>', '|':
			break scan
		case ',':
			if j > i {
				break scan
			}
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				break scan
			}
			depth--
		case '\\':
			if j+1 < len(s) && (s[j+1] == 'n' || s[j+1] == 'r' || s[j+1] == 't' || isQuote(s[j+1]) || s[j+1] == '\\') {
				break scan
			}
		}
	}
	for j > i && (s[j-1] == '.' || s[j-1] == ':') {
		j--
	}
	return j
}

func lineEnd(s string, i int) int {
	j := i
	for j < len(s) && s[j] != '\n' && s[j] != '\r' && s[j] != '"' && s[j] != '\'' && j-i < maxValue {
		j++
	}
	return j
}

// hasFold reports whether s starts with the lower-case text.
func hasFold(s, text string) bool {
	if len(s) < len(text) {
		return false
	}
	for i := 0; i < len(text); i++ {
		if lower(s[i]) != text[i] {
			return false
		}
	}
	return true
}
