package sanitize

import "strings"

// maxCommand is how far in front of a flag the command it belongs to is looked for.
const maxCommand = 80

// passwordFlags are the short flags that take a password, by command. attached: -psecret.
var passwordFlags = [...]struct {
	flag, command string
	attached      bool
}{
	{" -p", "mysql", true}, {" -p", "mariadb", true}, {" -p", "sshpass", true}, {" -p", "sshpass", false}, {" -p", "login", false}, {" -p", "mongo", false},
	{" -a ", "redis-cli", false}, {" -w ", "ldap", false}, {" -k ", "openssl", false}, {" -p", "zip", false}, {" -p", "sqlcmd", true},
}

// shortFlag looks at what follows -p, -a, -w or -k.
func (e *Encoder) shortFlag(s string, from, to int) {
	if to <= e.covered || to >= len(s) {
		return
	}
	attached := s[to-1] != ' ' && s[to] != ' '
	for _, f := range passwordFlags {
		if f.attached != attached || !hasFold(s[from:], f.flag) || !mentions(s[max(0, from-maxCommand):from], f.command) {
			continue
		}
		i := skipSpaces(s, to)
		if i < len(s) && isQuote(s[i]) {
			i++
		}
		if end := unquotedEnd(s, i); end-i >= 4 && s[i] != '-' && !isStatus(s[i:end]) && !isMark(s[i:end]) && !isPlaceholder(s[i:end]) {
			e.add(i, end, kindPassword)
		}
		return
	}
}

// mentions reports whether the line s ends in has the lower-case word.
func mentions(s, word string) bool {
	if nl := strings.LastIndexByte(s, '\n'); nl >= 0 {
		s = s[nl:]
	}
	for i := 0; i+len(word) <= len(s); i++ {
		if hasFold(s[i:], word) {
			return true
		}
	}
	return false
}

// identified looks at SQL: IDENTIFIED BY 'secret'.
func (e *Encoder) identified(s string, i int) {
	if i <= e.covered {
		return
	}
	f := follow{s: s}
	if f.valueAt(i) && finds(classPassword, s[f.from:f.to], byKey) {
		e.add(f.from, f.to, kindPassword)
	}
}

// pgpass looks at host:5432:database:name:password, host and port perhaps *; i is after
// the port.
func (e *Encoder) pgpass(s string, i int) {
	if i <= e.covered {
		return
	}
	for range 2 {
		colon := strings.IndexByte(s[i:min(len(s), i+128)], ':')
		if colon < 1 || strings.ContainsAny(s[i:i+colon], " \t\n/\"") {
			return
		}
		i += colon + 1
	}
	if end := unquotedEnd(s, i); finds(classPassword, s[i:end], byKey) {
		e.add(i, end, kindPassword)
	}
}

// maxColumns bounds the columns of an INSERT that are looked at.
const maxColumns = 64

// insert matches the columns of an INSERT with its values.
func (e *Encoder) insert(s string, from, to int) {
	if from < e.covered {
		return
	}
	open := from
	for open > 0 && s[open-1] == ' ' {
		open--
	}
	if open == 0 || s[open-1] != ')' {
		return
	}
	start := strings.LastIndexByte(s[max(0, open-2048):open], '(')
	i := skipSpaces(s, to)
	if start < 0 || i >= len(s) || s[i] != '(' {
		return
	}
	columns := s[max(0, open-2048)+start+1 : open-1]
	i++
	said := classNone // by the value of a column for names about that of one for values
	for range maxColumns {
		name, rest, more := strings.Cut(columns, ",")
		i = skipSpaces(s, i)
		if i >= len(s) {
			return
		}
		f, end := follow{s: s}, i
		if isQuote(s[i]) {
			f.from, f.to = i+1, quotedEnd(s, i+1, s[i], 0)
			end = f.to + 1
		} else {
			for end < len(s) && s[end] != ',' && s[end] != ')' {
				end++
			}
			f.from, f.to = i, end
		}
		column := strings.Trim(name, " \"`[]")
		if isPairName(column) && f.to <= len(s) && f.to-f.from <= maxCachedKeyLen {
			said = e.classifyName(s[f.from:f.to])
		}
		c := e.classifyName(column)
		if isValueKey(column) && said.sensitive() {
			c = said
		}
		if c.sensitive() && f.to <= len(s) && f.from < f.to && finds(c, s[f.from:f.to], byKey) {
			e.add(f.from, f.to, c.kind())
		}
		if i = skipSpaces(s, min(end, len(s))); !more || i >= len(s) || s[i] != ',' {
			return
		}
		columns = rest
		i++
	}
}
