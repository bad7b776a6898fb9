package sanitize

import "strings"

// follow finds the value that follows a name in text.
type follow struct {
	e                  *Encoder
	s                  string
	identFrom, identTo int
	nameTo             int // where the name ends with the words that complete it: account number

	from, to int
	manner   manner
	quoted   bool
}

// find sets from, to and manner; false when nothing follows that could be a value.
func (f *follow) find() bool {
	s := f.s
	i, quoted, ok := f.nameEnd()
	if !ok {
		return false
	}
	if f.identFrom > 0 && s[f.identFrom-1] == '>' && strings.HasPrefix(s[i:], "</") {
		return f.nextElement(i)
	}
	if i < len(s) && f.identFrom > 0 && (f.opensTag() || quoted) {
		if s[i] == '>' {
			return f.element(i + 1)
		}
		if s[i] == ' ' && f.opensTag() {
			if tag := strings.IndexByte(s[i:min(len(s), i+128)], '>'); tag > 0 && s[i+tag-1] != '/' {
				return f.element(i + tag + 1)
			}
		}
	}
	if end := leadersEnd(s, i); end > i {
		f.e.spend(stepsOfEnd * (end - i))
		i = end
	}
	spaced := skipSpaces(s, i)
	if spaced >= len(s) {
		return false
	}
	if s[spaced] == '\n' || s[spaced] == '\r' || f.quotedAt(spaced) {
		return f.pairedLine(spaced)
	}
	f.e.spend(stepsOfFollow)
	return f.sign(i, spaced, quoted)
}

// nameEnd returns where the name ends with its quotes and brackets, and whether it has
// quotes; false when the name only ends a quotation.
func (f *follow) nameEnd() (end int, quoted, ok bool) {
	s, i := f.s, f.identTo
	j := i
	for j < len(s) && s[j] == '\\' && j-i < 8 {
		j++
	}
	if j == i && f.identFrom > 1 && s[f.identFrom-1] == ' ' && isQuote(s[f.identFrom-2]) && i+1 < len(s) && s[i] == ' ' {
		for j++; j < len(s) && s[j] == '\\' && j-i < 8; j++ { // " name "
		}
		if j >= len(s) || s[j] != s[f.identFrom-2] {
			j = i
		}
	}
	if j < len(s) && isQuote(s[j]) {
		if !f.quoteBefore() {
			return 0, false, false // the name ends a quotation
		}
		quoted = true
		i = j + 1
	}
	if i < len(s) && s[i] == ']' {
		i++
	}
	if quoted && strings.HasPrefix(s[i:], ">>") { // <<"password">>
		i += 2
	}
	return i, quoted, true
}

// sign reads the value behind what connects it with the name: the sign at spaced, in
// front of which are blanks from i on.
func (f *follow) sign(i, spaced int, quoted bool) bool {
	s := f.s
	switch c := s[spaced]; {
	case c == '=':
		i = spaced + 1
		for i < len(s) && (s[i] == '=' || s[i] == '>' || s[i] == '~') {
			i++
		}
		f.manner = byKey
		if i < len(s) && quoted && (s[i] == '\n' || s[i] == ' ') {
			i = dumped(s, i)
		}
	case assignLen(s[spaced:]) > 0:
		i = spaced + assignLen(s[spaced:])
		if f.manner = byKey; c != '|' && c != '?' && c != '+' { // an arrow may mean something else
			f.manner = byColon
		}
	case c == '{' && spaced > i:
		return f.block(spaced + 1)
	case c == '(' && spaced == i && f.setter():
		i = spaced + 1
		f.manner = byKey
	case (c == '(' || c == '#' || c == '/' || c == '|') && spaced == i:
		return f.argument(spaced + 1)
	case c == '.' && spaced > i && spaced+2 < len(s) && s[spaced+1] == ' ' && isQuote(s[spaced+2]): // (password . "x")
		i = spaced + 2
		f.manner = byKey
	case c == ',' && spaced == i && i+2 < len(s) && s[i+1] == ' ' && isQuote(s[i+2]) && f.identFrom > 0 && s[f.identFrom-1] == '{': // {password, "x"}
		i += 2
		f.manner = byKey
	case c == '.' && spaced == i && i+1 < len(s) && s[i+1] == ' ' && !quoted && f.identTo-f.identFrom < 4: // Tel. 030 1234567
		i = spaced + 1
		f.manner = byColon
	case c == ':':
		i = spaced + 1
		f.manner = byColon
		if i < len(s) && s[i] == '=' {
			i++
			f.manner = byKey
		} else if strings.HasPrefix(s[i:], "//") {
			return false
		} else if quoted || i < len(s) && s[i] != ' ' {
			f.manner = byKey
		}
	case c == '%' && (hasFold(s[spaced:], "%3d") || hasFold(s[spaced:], "%3a")):
		i = spaced + 3
		f.manner = byKey
	case c == '[' && spaced == i && indexEnd(s, i) > i && s[indexEnd(s, i)] == ':':
		i = indexEnd(s, i) + 1
		f.manner = byKey
	case c == '[' && spaced == i, c == '|' && f.identFrom > 0 && (s[f.identFrom-1] == '|' || f.identFrom > 1 && s[f.identFrom-2] == '|'):
		f.manner = byColon
		f.from = skipSpaces(s, spaced+1)
		f.to = f.e.wordEnd(s, f.from)
		return f.to > f.from
	case c == ',' && quoted:
		return f.pair(spaced)
	case quoted:
		return f.pair(spaced)
	case spaced > i:
		return f.prose(spaced)
	default:
		return false
	}
	return f.valueAt(i)
}

// quoteBefore reports whether a quotation begins with the name, or a word or two
// before it: "api key".
func (f *follow) quoteBefore() bool {
	for i := f.identFrom; i > 0 && f.identFrom-i < 24; i-- {
		if c := f.s[i-1]; isQuote(c) {
			return true
		} else if c != ' ' && !isIdent(c) {
			return false
		}
	}
	return false
}

// valueAt reads the value that begins near i.
func (f *follow) valueAt(i int) bool {
	s := f.s
	i = skipSpaces(s, i)
	i = blockScalar(s, i)
	if strings.HasPrefix(s[i:], "<<\"") {
		i += 2
	}
	i += wrapperLen(s[i:])
	j := i
	for j < len(s) && s[j] == '\\' && j-i < 8 {
		j++
	}
	if strings.HasPrefix(s[j:], `"""`) || strings.HasPrefix(s[j:], `'''`) {
		j += 2
		i = j
	}
	if j < len(s) && isQuote(s[j]) && (j > i || s[i] == s[j]) {
		f.from, f.to = j+1, quotedEnd(s, j+1, s[j], j-i)
		f.quoted, f.manner = true, byKey
		f.e.spend(stepsOfEnd * (f.to - f.from))
		return f.to > f.from
	}
	if strings.HasPrefix(s[i:], "%22") || strings.HasPrefix(s[i:], "%27") {
		i += 3
	}
	if isCode(s[i:]) {
		return false
	}
	if i+1 < len(s) && s[i] == '<' {
		if end := strings.IndexByte(s[i:min(len(s), i+256)], '>'); end > 1 && looksSecretish(s[i+1:i+end]) {
			f.from, f.to = i+1, i+end
			return true
		}
	}
	f.from, f.to = i, f.e.wordEnd(s, i)
	return f.to > f.from
}

// fillers are words between a name and its value.
var fillers = wordSet(`is was are of provided given supplied used value with no no. nr nr. num number num. # id id: = -> : provided: given: value: was: is: no.: number:
	supplied: used: received received: equals must not be cannot set to has bad got on attempted tried (tried lautet es est är er am le 0 5 7 8 9`)

// prose reads the word after a name, past fillers; after a --flag any word.
func (f *follow) prose(i int) bool {
	s := f.s
	f.manner = byProse
	f.e.spend(stepsOfProse)
	if strings.HasSuffix(s[:f.identFrom], "#define ") {
		f.manner = byKey
		return f.valueAt(i)
	}
	if f.isSet(i) {
		f.manner = byKey
		for n := 0; n < 2 && strings.HasPrefix(s[i:], "--"); n++ { // --body x
			for i < len(s) && s[i] > ' ' && s[i] != '=' {
				i++
			}
			i = skipSpaces(s, min(i+1, len(s)))
		}
		return f.valueAt(i)
	}
	if w := wordBefore(s, f.identFrom); f.identFrom-w == len("setx ") && hasFold(s[w:], "setx ") || f.identFrom-w == len("setenv ") && hasFold(s[w:], "setenv ") {
		f.manner = byKey
		return f.valueAt(i)
	}
	if s[f.identFrom] == '-' && (f.identFrom == 0 || s[f.identFrom-1] == ' ') {
		if s[i] == '-' || strings.HasSuffix(s[:f.identFrom], " set ") { // config set --secret name x
			return false
		}
		f.manner = byKey
		return f.valueAt(i)
	}
	if f.sqlQuoted(i) || f.directive(i) {
		f.manner = byColon
		ok := f.valueAt(i)
		f.manner = byColon
		return ok
	}
	negated, typed := false, false
	for range 4 {
		end := i
		for end < len(s) && s[end] > ' ' && end-i < 12 {
			end++
		}
		if end-i >= 12 || end == len(s) || end == i || !fillers[s[i:end]] && s[i:end] != "for" && s[end-1] != ':' {
			break
		}
		if f.nameTo == 0 {
			f.nameTo = end
		}
		negated = negated || s[i:end] == "not"
		typed = end-i == 1 && isDigit(s[i]) // how it is encoded: password 7 x
		forWhom := s[i:end] == "for"
		i = skipSpaces(s, end)
		if forWhom {
			for i < len(s) && s[i] > ' ' && i-end < 40 {
				i++
			}
			i = skipSpaces(s, i)
		}
		if i >= len(s) {
			return false
		}
	}
	if negated && !isQuote(s[i]) {
		return false // is not Required
	}
	if s[i] == '(' || s[i] == '<' {
		i++
	}
	f.manner = byProse
	if !f.valueAt(i) {
		return false
	}
	if f.manner = byProse; typed {
		f.manner = byColon
	}
	return true
}
