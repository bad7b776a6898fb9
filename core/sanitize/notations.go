package sanitize

import "strings"

// opensTag reports whether the name follows <, perhaps with a namespace.
func (f *follow) opensTag() bool {
	i := f.identFrom
	if f.s[i-1] == ':' {
		for i--; i > 0 && f.identFrom-i < 16 && alphabets[f.s[i-1]]&setWord != 0; i-- {
		}
	}
	return i > 0 && f.s[i-1] == '<'
}

// assignLen returns the length of the assignment that s starts with, other than by
// = and colons: ||= ??= ?= -> <- and their like.
func assignLen(s string) int {
	if c := s[0]; c < 0x80 && strings.IndexByte("|?+-<*", c) < 0 {
		return 0
	}
	for _, op := range [...]string{"||=", "??=", "?=", "+=", "->", "<-", "→", "⇒", "➜", "⟶", "»", "…:", "*"} {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	return 0
}

// leadersEnd returns where the dots end that lead from a name at i to the colon in front of
// its value, i if there are none.
func leadersEnd(s string, i int) int {
	from := skipSpaces(s, i)
	j := from
	for j < len(s) {
		if s[j] == '.' {
			j++
		} else if strings.HasPrefix(s[j:], "…") {
			j += len("…")
		} else {
			break
		}
	}
	if j-from < 2 {
		return i
	}
	if end := skipSpaces(s, j); end < len(s) && (s[end] == ':' || s[end] == '=') {
		return end
	}
	return i
}

// indexEnd returns where the index [12] that begins at i ends, i if there is none or
// nothing behind it.
func indexEnd(s string, i int) int {
	end := digitsEnd(s, i+1)
	if end == i+1 || end+1 >= len(s) || s[end] != ']' {
		return i
	}
	return end + 1
}

// dumped skips what PHP's var_dump puts between a key and its value: a line break and
// string(12).
func dumped(s string, i int) int {
	j := i
	for j < len(s) && j-i < 32 && s[j] <= ' ' {
		j++
	}
	if !hasFold(s[j:], "string(") {
		return i
	}
	if j = digitsEnd(s, j+len("string(")); j < len(s) && s[j] == ')' {
		return j + 1
	}
	return i
}

// block reads the value of a block that is named: variable "x" { default = "y" }.
func (f *follow) block(i int) bool {
	s := f.s
	for n := 0; i < len(s) && s[i] <= ' ' && n < 16; n++ {
		i++
	}
	end := i
	for end < len(s) && end-i < 12 && alphabets[s[end]]&setAlnum != 0 {
		end++
	}
	if !isValueKey(s[i:end]) {
		return false
	}
	if i = skipSpaces(s, end); i >= len(s) || s[i] != '=' && s[i] != ':' {
		return false
	}
	f.manner = byKey
	return f.valueAt(i + 1)
}

// element reads the text of an XML element.
func (f *follow) element(i int) bool {
	const literal = "<![CDATA["
	if strings.HasPrefix(f.s[i:], literal) {
		i += len(literal)
		f.e.spend(min(len(f.s)-i, maxValue) / 4)
		f.from, f.to, f.manner, f.quoted = i, i+max(0, strings.Index(f.s[i:min(len(f.s), i+maxValue)], "]]>")), byKey, true
		return f.to > i
	}
	end := i
	for end < len(f.s) && f.s[end] != '<' && end-i < maxValue {
		end++
	}
	f.e.spend(stepsOfEnd * (end - i))
	f.from, f.to, f.manner, f.quoted = i, end, byKey, true
	return end > i
}

// nextElement reads the value in <name>token</name><value>x</value>; the first end tag
// begins at i.
func (f *follow) nextElement(i int) bool {
	s := f.s
	end := strings.IndexByte(s[i:min(len(s), i+64)], '>')
	if end < 0 {
		return false
	}
	for i += end + 1; i < len(s) && s[i] <= ' '; i++ {
	}
	if i >= len(s) || s[i] != '<' {
		return false
	}
	end = strings.IndexByte(s[i:min(len(s), i+32)], '>')
	if end < 2 || !isValueKey(s[i+1:i+end]) && s[i+1:i+end] != "string" {
		return false
	}
	return f.element(i + end + 1)
}

// pair reads the value next to a quoted name: ("name", "value"), name="x" value="y",
// {"name":"x","value":"y"}.
func (f *follow) pair(i int) bool {
	s := f.s
	for i < len(s) && (s[i] == ',' || s[i] == ' ' || s[i] == '\t' || s[i] == '\n') {
		i++
	}
	j := i
	for j < len(s) && (isQuote(s[j]) || s[j] == '\\') {
		j++
	}
	word := min(j, len(s))
	for j < len(s) && j-word < 12 && (alphabets[s[j]]&setAlnum != 0 || s[j] == '_') {
		j++
	}
	if isValueKey(s[word:j]) {
		for j < len(s) && (isQuote(s[j]) || s[j] == '\\' || s[j] == ' ') {
			j++
		}
		if j < len(s) && (s[j] == ':' || s[j] == '=') {
			f.manner = byKey
			return f.valueAt(j + 1)
		}
		return false
	}
	j = word
	if j == i || i == f.identTo {
		return false
	}
	f.manner = byKey
	if !f.valueAt(i) {
		return false
	}
	if !f.defines() {
		f.manner = byProse // a list of words, or a tuple
	}
	return true
}

// quotedAt reports whether a line break, perhaps escaped, follows a quoted name at i.
func (f *follow) quotedAt(i int) bool {
	return f.s[i] == '\\' && f.identFrom > 0 && isQuote(f.s[f.identFrom-1]) && (hasFold(f.s[i:], `\r\n`) || hasFold(f.s[i:], `\n`))
}

// pairedLine reads the value on a line of its own: that of a YAML list of names and
// values, and of a form field.
func (f *follow) pairedLine(i int) bool {
	s, before := f.s, f.s[max(0, f.identFrom-8):f.identFrom]
	if strings.HasSuffix(before, "? ") && strings.HasPrefix(s[i:], "\n: ") { // ? name : value
		f.manner = byKey
		return f.valueAt(i + 3)
	}
	named := strings.HasSuffix(before, "name: ") || strings.HasSuffix(before, "key: ") || strings.HasSuffix(before, `name: "`)
	form := strings.HasSuffix(before, `name="`) || strings.HasSuffix(before, `name=\"`) || strings.HasSuffix(before, `name='`)
	if !named && !form {
		return false
	}
	lines, j := 0, i
	for j < len(s) && j-i < 64 {
		switch {
		case s[j] == '\n':
			lines++
		case s[j] == '\\' && j+1 < len(s) && (s[j+1] == 'n' || s[j+1] == 'r'):
			if j++; s[j] == 'n' {
				lines++
			}
		case s[j] != ' ' && s[j] != '\r' && s[j] != '\t':
			if form && lines > 1 {
				f.from, f.to, f.manner, f.quoted = j, lineEnd(s, j), byKey, true
				f.e.spend(stepsOfEnd * (f.to - j))
				if b := strings.IndexByte(s[j:f.to], '\\'); b >= 0 {
					f.to = j + b
				}
				return f.to > f.from
			}
			if named && hasFold(s[j:], "value:") {
				f.manner = byKey
				return f.valueAt(j + len("value:"))
			}
			return false
		}
		j++
	}
	return false
}

// isSet reports whether the name is the object of a command that sets it: gh secret set
// NAME --body x, pulumi config set --secret name x, --name NAME --value x.
func (f *follow) isSet(i int) bool {
	if f.s[i] == '-' && (hasFold(f.s[i:], "--body") || hasFold(f.s[i:], "--value") || hasFold(f.s[i:], "--literal")) {
		return true
	}
	if f.identFrom < 8 || f.s[f.identFrom-1] != ' ' || f.s[f.identFrom] == '-' {
		return false
	}
	before := f.s[max(0, f.identFrom-24):f.identFrom]
	for _, verb := range [...]string{" set ", " put ", " add "} {
		if j := strings.Index(before, verb); j >= 0 {
			return strings.HasSuffix(before[:j], "secret") || strings.HasSuffix(before[:j], "config") || strings.HasSuffix(before[:j], "secrets") || strings.HasSuffix(before[:j], "env")
		}
	}
	return false
}

// sqlQuoted reports whether the quotation at i is the value of a clause of SQL:
// ALTER USER x WITH PASSWORD 'y'.
func (f *follow) sqlQuoted(i int) bool {
	if !isQuote(f.s[i]) {
		return false
	}
	f.e.spend(stepsOfAround)
	before := lowerText(f.s[max(0, f.identFrom-64):f.identFrom])
	for _, word := range [...]string{"user ", "role ", "login ", "account ", "identified ", "create ", "alter ", " as "} {
		if strings.Contains(before, word) {
			return true
		}
	}
	return false
}

// directive reports whether the name and the word at i are a line of their own, as in
// the files that configure servers: requirepass x.
func (f *follow) directive(i int) bool {
	s := f.s
	l := f.identFrom
	for l > 0 && (s[l-1] == ' ' || s[l-1] == '\t') {
		l--
	}
	if l > 0 && s[l-1] != '\n' {
		return false
	}
	end := i
	for end < len(s) && s[end] > ' ' && end-i < 256 {
		end++
	}
	return end-i >= 6 && !strings.ContainsAny(s[i:end], "()") && (end == len(s) || s[end] == '\n' || s[end] == '\r') && countDigits(s[i:end]) > 0 && !strings.Contains(s[i:end], "://")
}

// argument reads what follows a name and a sign that seldom stands before its value:
// password('x'), token#x, apikey|x. A plain word there is no value.
func (f *follow) argument(i int) bool {
	s, sign := f.s, f.s[i-1]
	if end := digitsEnd(s, i); sign == '(' && end > i && end+1 < len(s) && s[end] == ')' && s[end+1] == '=' { // password(8)=x
		f.manner = byKey
		return f.valueAt(end + 2)
	}
	if !f.valueAt(i) || hasFold(s[f.from:], "0x") { // the arguments of a frame of Go's stack
		return false
	}
	if f.manner = byProse; sign == '(' {
		if f.quoted {
			f.manner = byColon
		}
		return true
	}
	return !isDigit(s[f.identTo-1]) && (f.identFrom == 0 || s[f.identFrom-1] <= ' ') && run(s, f.from, setWord) >= f.to // else a path, a fragment
}

// setter reports whether the name is that of a method that sets it: set_token("…").
func (f *follow) setter() bool {
	name := f.s[f.identFrom:f.identTo]
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = name[dot+1:]
	}
	if after := f.identTo + 1; after >= len(f.s) || !isQuote(f.s[after]) {
		return false
	}
	return hasFold(name, "set") || hasFold(name, "with")
}

// defines reports whether the quoted name is the first argument of a call that gives it
// a value: define('TOKEN', '…').
func (f *follow) defines() bool {
	i := f.identFrom - 1
	for i > 0 && (isQuote(f.s[i-1]) || f.s[i-1] == '\\' || f.s[i-1] == ' ') {
		i--
	}
	if i == 0 || f.s[i-1] != '(' {
		return false
	}
	from := i - 1
	for from > 0 && i-from < 16 && alphabets[f.s[from-1]]&setAlnum != 0 {
		from--
	}
	return definers[lowerText(f.s[from:i-1])]
}

var definers = wordSet(`define set put putenv setenv setproperty setitem setheader header append add setrequestheader addheader`)
