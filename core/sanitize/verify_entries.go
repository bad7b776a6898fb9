package sanitize

import "strings"

// spelledAt looks at both sides of [at]: jane [at] example.com.
func (e *Encoder) spelledAt(s string, from, to int) {
	if to >= len(s) || s[to] != ']' {
		return
	}
	to++
	l := from
	for l > 0 && s[l-1] == ' ' && from-l < 2 {
		l--
	}
	local := l
	for local > 0 && l-local < 64 && alphabets[s[local-1]]&setDotted != 0 {
		local--
	}
	r := skipSpaces(s, to)
	end := run(s, r, setDotted)
	e.spend(stepsOfEnd * (end - r))
	for end > r && s[end-1] == '.' {
		end--
	}
	dot := strings.LastIndexByte(s[r:end], '.')
	if local < l && local >= e.covered && dot > 0 && isTopLevel(s[r+dot+1:end]) {
		e.add(local, end, kindEmail)
	}
}

// entry looks at the names in an entry of a directory, as in LDIF (RFC 2849): cn: and sn:
// where other attributes of persons are near.
func (e *Encoder) entry(s string, from, to int) {
	if from > 0 && s[from-1] != '\n' || to <= e.covered {
		return
	}
	e.spend(stepsOfAround)
	around := lowerText(s[max(0, from-96):from] + s[to:min(len(s), to+128)])
	for _, attribute := range [...]string{"givenname:", "objectclass:", "mail:", "uid:", "dn: "} {
		if !strings.Contains(around, attribute) {
			continue
		}
		end := lineEnd(s, to)
		e.spend(stepsOfEnd * (end - to))
		if looksName(s[to:end]) && !isMark(s[to:end]) {
			e.add(to, end, kindName)
		}
		return
	}
}

// nameLine looks at the N line of a vCard by itself: N:Roe;Jane;;;
func (e *Encoder) nameLine(s string, at int) {
	l := at
	for l > 0 && s[l-1] != '\n' && at-l < 96 {
		l--
	}
	if l >= e.covered && strings.HasPrefix(s[l:at], "N:") && at-l > 3 && hasAlnum(s[l+2:at]) && markLen(s[l+2:]) == 0 {
		e.add(l+2, at, kindName)
	}
}

// salted looks at crypt('password', gen_salt('bf')) of PostgreSQL.
func (e *Encoder) salted(s string, at int) {
	start := max(e.covered, at-128, 0)
	if start > at {
		return
	}
	i := strings.LastIndex(s[start:at], "crypt('")
	if i < 0 {
		return
	}
	from := start + i + len("crypt('")
	end := quotedEnd(s, from, '\'', 0)
	e.spend(stepsOfEnd * (end - from))
	if end < at && e.finds(classPassword, s[from:end], byKey) {
		e.add(from, end, kindPassword)
	}
}
