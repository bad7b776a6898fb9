package sanitize

import "strings"

// maxCommand is how far behind a command its flags are looked for.
const maxCommand = 96

// passwordFlags are the short flags that take a password, by command, as they stand or,
// with a blank, apart from it.
var passwordFlags = map[string][]string{
	"mysql": {"-p"}, "mariadb": {"-p"}, "sshpass": {"-p", "-p "}, "login": {"-p "}, "mongo": {"-p "}, "redis-cli": {"-a "}, "ldap": {"-w "}, "openssl": {"-k "},
	"sqlcmd": {"-P", "-P "}, "bcp": {"-P "}, "ssh-keygen": {"-P ", "-N "}, "mosquitto": {"-P "}, "7z": {"-p"}, "zip": {"-P "}, "psexec": {"-p "}, "ipmitool": {"-P "},
	"freerdp": {"/p:"}, "rdesktop": {"-p "}, "unrar": {"-p"},
}

// commandName remembers a command whose flags may hold a password.
func (e *Encoder) commandName(name string, at int) { e.commandIs, e.commandAt = name, at }

// shortFlag looks at what follows the flag of a command that begins at from.
func (e *Encoder) shortFlag(s string, from, to int) {
	if to <= e.covered || to >= len(s) || e.commandIs == "" || from < e.commandAt || from-e.commandAt > maxCommand || strings.IndexByte(s[e.commandAt:from], '\n') >= 0 {
		return
	}
	for _, flag := range passwordFlags[e.commandIs] {
		i := from + 1 + len(flag)
		if i >= len(s) || s[from+1:i] != flag || flag[len(flag)-1] != ' ' && s[i] == ' ' {
			continue
		}
		i = skipSpaces(s, i)
		if i < len(s) && isQuote(s[i]) {
			i++
		}
		if end := e.wordEnd(s, i); end-i >= 4 && s[i] != '-' && !isStatus(s[i:end]) && !isMark(s[i:end]) && !isPlaceholder(s[i:end]) {
			e.add(i, end, kindPassword)
		}
		return
	}
}

// identified looks at SQL: IDENTIFIED BY 'secret'.
func (e *Encoder) identified(s string, i int) {
	if i <= e.covered {
		return
	}
	f := follow{e: e, s: s}
	if f.valueAt(i) && e.finds(classPassword, s[f.from:f.to], byKey) {
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
	if end := e.wordEnd(s, i); e.finds(classPassword, s[i:end], byKey) {
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
		e.spend(stepsOfKnown)
		name, rest, more := strings.Cut(columns, ",")
		i = skipSpaces(s, i)
		if i >= len(s) {
			return
		}
		f, end := follow{e: e, s: s}, i
		if isQuote(s[i]) {
			f.from, f.to = i+1, quotedEnd(s, i+1, s[i], 0)
			end = f.to + 1
			e.spend(stepsOfEnd * (end - i))
		} else {
			for end < len(s) && s[end] != ',' && s[end] != ')' {
				end++
			}
			f.from, f.to = i, end
			e.spend(stepsOfEnd * (end - i))
		}
		column := strings.Trim(name, " \"`[]")
		if isPairName(column) && f.to <= len(s) && f.to-f.from <= maxCachedKeyLen {
			said = e.classifyName(s[f.from:f.to])
		}
		c := e.classifyName(column)
		if isValueKey(column) && said.sensitive() {
			c = said
		}
		if c.sensitive() && f.to <= len(s) && f.from < f.to && e.finds(c, s[f.from:f.to], byKey) {
			e.add(f.from, f.to, c.kind())
		}
		if i = skipSpaces(s, min(end, len(s))); !more || i >= len(s) || s[i] != ',' {
			return
		}
		columns = rest
		i++
	}
}

// piped looks at echo secret | login --password-stdin; the flag begins at from.
func (e *Encoder) piped(s string, from int) {
	start := max(0, from-maxCommand)
	i := strings.LastIndex(s[start:from], "echo ")
	if i < 0 {
		return
	}
	f := follow{e: e, s: s}
	if f.valueAt(start+i+len("echo ")) && f.to < from && e.finds(classPassword, s[f.from:f.to], byKey) {
		e.add(f.from, f.to, kindPassword)
	}
}

// ansibleVault redacts the lines of hex after the first line of a vault.
func (e *Encoder) ansibleVault(s string, i int) {
	line := strings.IndexByte(s[i:min(len(s), i+64)], '\n')
	if line < 0 || i < e.covered {
		return
	}
	from := i + line + 1
	to := from
	for to < len(s) && (unhex(s[to]) >= 0 || s[to] == '\n' || s[to] == '\r' || s[to] == ' ') {
		to++
	}
	e.spend(stepsOfEnd * (to - from))
	if to-from >= 64 {
		e.add(from, to, kindEncoded)
	}
}
