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
	s, i := f.s, f.identTo
	j := i
	for j < len(s) && s[j] == '\\' && j-i < 8 {
		j++
	}
	quotedName := false
	if j == i && f.identFrom > 1 && s[f.identFrom-1] == ' ' && isQuote(s[f.identFrom-2]) && i+1 < len(s) && s[i] == ' ' {
		for j++; j < len(s) && s[j] == '\\' && j-i < 8; j++ { // " name "
		}
		if j >= len(s) || s[j] != s[f.identFrom-2] {
			j = i
		}
	}
	if j < len(s) && isQuote(s[j]) {
		if !f.quoteBefore() {
			return false // the name ends a quotation
		}
		quotedName = true
		i = j + 1
	}
	if i < len(s) && s[i] == ']' {
		i++
	}
	if quotedName && strings.HasPrefix(s[i:], ">>") { // <<"password">>
		i += 2
	}
	if f.identFrom > 0 && s[f.identFrom-1] == '>' && strings.HasPrefix(s[i:], "</") {
		return f.nextElement(i)
	}
	if i < len(s) && f.identFrom > 0 && (f.opensTag() || quotedName) {
		if s[i] == '>' {
			return f.element(i + 1)
		}
		if s[i] == ' ' && f.opensTag() {
			if tag := strings.IndexByte(s[i:min(len(s), i+128)], '>'); tag > 0 && s[i+tag-1] != '/' {
				return f.element(i + tag + 1)
			}
		}
	}
	spaced := skipSpaces(s, i)
	if spaced >= len(s) {
		return false
	}
	if s[spaced] == '\n' || s[spaced] == '\r' || f.quotedAt(spaced) {
		return f.pairedLine(spaced)
	}
	switch c := s[spaced]; {
	case c == '=':
		i = spaced + 1
		for i < len(s) && (s[i] == '=' || s[i] == '>' || s[i] == '~') {
			i++
		}
		f.manner = byKey
		if i < len(s) && quotedName && (s[i] == '\n' || s[i] == ' ') {
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
	case c == '.' && spaced == i && i+1 < len(s) && s[i+1] == ' ': // Tel. 030 1234567
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
		} else if quotedName || i < len(s) && s[i] != ' ' {
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
	case c == ',' && quotedName:
		return f.pair(spaced)
	case quotedName:
		return f.pair(spaced)
	case spaced > i:
		return f.prose(spaced)
	default:
		return false
	}
	return f.valueAt(i)
}

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

// element reads the text of an XML element.
func (f *follow) element(i int) bool {
	const literal = "<![CDATA["
	if strings.HasPrefix(f.s[i:], literal) {
		i += len(literal)
		f.from, f.to, f.manner, f.quoted = i, i+max(0, strings.Index(f.s[i:min(len(f.s), i+maxValue)], "]]>")), byKey, true
		return f.to > i
	}
	end := i
	for end < len(f.s) && f.s[end] != '<' && end-i < maxValue {
		end++
	}
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

// fillers are words between a name and its value.
var fillers = wordSet(`is was are of provided given supplied used value with no no. nr nr. num number num. # id id: = -> : provided: given: value: was: is: no.: number:
	supplied: used: received received: equals set to has bad got on attempted tried (tried lautet es est är er am le 0 5 7 8 9`)

// prose reads the word after a name, past fillers; after a --flag any word.
func (f *follow) prose(i int) bool {
	s := f.s
	f.manner = byProse
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
		if s[i] == '-' {
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
	if s[i] == '(' || s[i] == '<' {
		i++
	}
	f.manner = byProse
	if !f.valueAt(i) {
		return false
	}
	f.manner = byProse
	return true
}

// isSet reports whether the name is the object of a command that sets it: gh secret set
// NAME --body x, pulumi config set --secret name x, --name NAME --value x.
func (f *follow) isSet(i int) bool {
	if f.s[i] == '-' && (hasFold(f.s[i:], "--body") || hasFold(f.s[i:], "--value") || hasFold(f.s[i:], "--literal")) {
		return true
	}
	if f.identFrom < 8 || f.s[f.identFrom-1] != ' ' {
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
