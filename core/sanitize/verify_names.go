package sanitize

import "strings"

// Bounds of what is looked at around a name in text.
const (
	maxIdent = 64
	maxValue = 8 << 10
)

func isIdent(c byte) bool {
	return alphabets[c]&setAlnum != 0 || c == '_' || c == '-' || c == '.' || c >= 0x80
}

// noun looks at a word that may name a secret: it takes the name around it, then
// what follows as its value, in whatever notation.
func (e *Encoder) noun(s string, from, to int) {
	if to <= e.covered || from < e.identEnd {
		return
	}
	e.spend(stepsOfNoun)
	l, r := from, to
	for l > 0 && isIdent(s[l-1]) && from-l < maxIdent {
		l--
	}
	for r < len(s) && isIdent(s[r]) && r-to < maxIdent {
		r++
	}
	if arrow := strings.IndexByte(s[to:r], 0xe2); arrow >= 0 { // the first byte of arrows, quotes and bullets
		r = to + arrow
	}
	for r > to && (s[r-1] == '.' || s[r-1] == '-') {
		r--
	}
	if l+2 <= from && s[l] == '-' && (s[l+1] == 'D' || s[l+1] == 'P') && (l == 0 || s[l-1] <= ' ') {
		l += 2 // java -Dname=value
	}
	romance := r
	if (hasFold(s[from:], "cod") || hasFold(s[from:], "cód")) && r == to {
		romance = romanceCode(s, r)
		e.oneTimeCode(s, from)
	}
	e.identEnd = r
	if inARN(s, l) {
		return
	}
	e.column(s, l, r)
	f := follow{e: e, s: s, identFrom: l, identTo: romance}
	if !f.find() {
		return
	}
	if romance > r {
		e.spanOf(s, classPIN, f)
		return
	}
	if !f.quoted {
		if f.to != e.valueEnd {
			e.valueEnd, e.values = f.to, 0
		}
		if e.values++; e.values > maxRepeats {
			e.add(f.from, f.to, kindSecret)
			return
		}
	}
	c := e.classifyName(s[l:r])
	if !c.sensitive() || c == classSoftSecret {
		if w := wordBefore(s, l); w < l { // "API key", "access token"
			joined := e.classifyName(s[w:r])
			if joined == classPlain && c == classSoftSecret {
				return // cache key
			}
			if joined.sensitive() && joined != classPerson && (joined != className || f.manner != byProse) {
				c = joined
			}
		}
	}
	if (c == classNone || c == classPlain) && f.quoted && isNameKey(s[l:r]) && e.besidePerson(s, l, f.to) && looksFullName(s[f.from:f.to]) {
		c = className
	}
	joined := classNone
	if f.nameTo > 0 {
		joined = e.classifyName(s[l:f.nameTo])
	}
	switch {
	case joined.sensitive() && (!c.sensitive() || c == classSoftSecret): // "account number", "tax id", "seed words"
		c = joined
	case f.nameTo > r && s[f.nameTo-1] == ':' && descriptors[lowerText(strings.TrimRight(s[r+1:f.nameTo], ":"))]:
		return // phone calls: 12
	}
	if !c.sensitive() || s[l:r] == "PASS" && hasFold(s[f.from:f.to], "test") {
		return // --- PASS: TestLogin
	}
	e.spanOf(s, c, f)
}

// besidePerson reports whether what is around s[from:to] tells of a person.
func (e *Encoder) besidePerson(s string, from, to int) bool {
	e.spend(stepsOfAround)
	around := lowerText(s[max(0, from-64):from]) + lowerText(s[to:min(len(s), to+64)])
	for _, word := range [...]string{"age\"", "age:", "age'", "age=", "email", "mail\"", "phone", "birth", "born", "dob", "surname", "gender", "user id", "patient", "passport"} {
		if strings.Contains(around, word) {
			return true
		}
	}
	return false
}

// inARN reports whether the name that begins at l is part of the name of a resource of
// AWS: arn:aws:secretsmanager:eu-west-1:1:secret:name.
func inARN(s string, l int) bool {
	if l == 0 || s[l-1] != ':' {
		return false
	}
	for i := l; i > 0 && l-i < 96 && s[i-1] != ' '; i-- {
		if s[i-1] == 'a' && strings.HasPrefix(s[i-1:l], "arn:") {
			return true
		}
	}
	return false
}

// wordBefore returns where the word in front of index l begins, l if there is none.
func wordBefore(s string, l int) int {
	if l < 2 || s[l-1] != ' ' {
		return l
	}
	w := l - 1
	for w > 0 && (alphabets[s[w-1]]&setAlnum != 0 || s[w-1] >= 0x80) && l-w < 20 {
		w--
	}
	if w == l-1 {
		return l
	}
	return w
}

// spanOf adds the value that f found under a name of class c, if it is a finding.
func (e *Encoder) spanOf(s string, c class, f follow) {
	from, to := f.from, f.to
	switch c {
	case classCookie:
		if from < e.cookieEnd {
			return
		}
		e.cookieEnd = lineEnd(s, from)
		e.spend(stepsOfEnd * (e.cookieEnd - from))
		e.cookies(s, from, e.cookieEnd)
		return
	case classSecret, classSoftSecret:
		if name := s[f.identFrom:f.identTo]; len(name) > 9 && hasFold(name[len(name)-9:], "signature") {
			e.signature(s, from)
		}
		if isAuthorization(s[f.identFrom:f.identTo]) {
			e.authorization(s, from, f)
			return
		}
		for _, scheme := range [...]string{"bearer ", "basic ", "token "} {
			if hasFold(s[from:to], scheme) || to-from == len(scheme)-1 && to < len(s) && s[to] == ' ' && hasFold(s[from:to+1], scheme) {
				from = skipSpaces(s, from+len(scheme))
				to = max(to, e.wordEnd(s, from))
			}
		}
	}
	switch {
	case c >= classPIN && c < classBirth && !f.quoted:
		to = groupsEnd(s, to)
	case c == classBirth && !f.quoted:
		to = dateEnd(s, from, to)
	case c == className && f.manner == byColon && from < to && s[from]-'A' < 26:
		to = namesEnd(s, to)
		f.manner = byKey
	case c == classAddress && f.manner == byColon && from < to && isDigit(s[from]) && s[from-1] != '[':
		to = lineEnd(s, from)
		e.spend(stepsOfEnd * (to - from))
		f.manner = byKey
	case c == classAddress && f.quoted:
		f.manner = byKey
	case c == classPassword && f.manner != byKey || c == classPassword && f.quoted:
		e.spend(stepsOfKnown)
		if end := phraseEnd(s, from); end > 0 {
			e.add(from, end, kindPrivateKey)
			return
		}
	case c == classSecret && f.manner != byKey && strings.HasPrefix(s[to:], " / ") && hasFold(s[f.identFrom:], "cred"):
		to = e.wordEnd(s, to+len(" / ")) // credentials: name / password
		e.add(from, to, kindCredentials)
		return
	}
	if c == classPassword && f.quoted && f.manner == byProse && caseChanges(s[from:to]) >= 6 {
		f.manner = byKey // invalid password "…"
	}
	if from < to && strings.EqualFold(s[from:to], s[f.identFrom:f.identTo]) {
		return // passwd=passwd
	}
	if from < to && e.finds(c, s[from:to], f.manner) {
		e.add(from, to, c.kind())
	}
}

// groupsEnd extends a number over the groups that follow: 123 456, AB 12 34 56 C.
func groupsEnd(s string, to int) int {
	for range 6 {
		end := to + 1
		for end < len(s) && (isDigit(s[end]) || s[end]-'A' < 26 || s[end] == '-' || s[end] == '.' || s[end] == '/') {
			end++
		}
		word := s[min(to+1, len(s)):min(end, len(s))]
		if to >= len(s) || s[to] != ' ' || word == "" || len(word) > 8 || countDigits(word) == 0 && len(word) > 1 || end < len(s) && alphabets[s[end]]&setAlnum != 0 {
			break
		}
		to = end
	}
	return to
}

// dateEnd extends a date over the words that follow: 16 November 1957.
func dateEnd(s string, from, to int) int {
	for range 2 {
		if to-from > 2 && countDigits(s[max(from, to-4):to]) == 4 || to+1 >= len(s) || s[to] != ' ' {
			break
		}
		end := run(s, to+1, setAlnum)
		word := s[to+1 : end]
		if year := len(word) == 4 && allDigits(word); !year && (len(word) < 3 || len(word) > 10 || letterCount(word) < len(word)) {
			break
		}
		to = end
	}
	return to
}

// caseChanges counts how often letters change between upper and lower case and digits
// in a single word.
func caseChanges(v string) int {
	changes, last := 0, byte(0)
	for i := 0; i < len(v); i++ {
		kind := byte(3)
		switch c := v[i]; {
		case c-'A' < 26:
			kind = 1
		case c-'a' < 26:
			kind = 2
		case c <= ' ':
			return 0
		}
		if kind != last {
			changes++
		}
		last = kind
	}
	return changes
}

// namesEnd extends a name over the capitalised words that follow.
func namesEnd(s string, to int) int {
	for range 3 {
		if to+1 >= len(s) || s[to] != ' ' || s[to+1]-'A' >= 26 {
			break
		}
		to = run(s, to+1, setAlnum)
	}
	return to
}

// phraseEnd returns the end of a recovery phrase that begins at i: twelve words or
// more, 0 if there is none.
func phraseEnd(s string, i int) int {
	words, end := 0, 0
	for i < len(s) && words < 24 {
		j := i
		for j < len(s) && s[j]-'a' < 26 {
			j++
		}
		if j-i < 3 || j-i > 8 { // as all words of BIP 39
			break
		}
		words++
		end = j
		if i = j; i < len(s) && s[i] == ',' {
			i++
		}
		if i >= len(s) || s[i] != ' ' {
			break
		}
		i++
	}
	if words < 11 {
		return 0
	}
	return end
}

// authorization redacts the credentials after the scheme of an Authorization header.
func (e *Encoder) authorization(s string, from int, f follow) {
	end := f.to
	if !f.quoted {
		end = from
		for end < len(s) && s[end] != '\r' && s[end] != '\n' && s[end] != '\'' && s[end] != '`' && s[end] != '\\' && end-from < maxValue {
			if s[end] == '"' && (end == from || s[end-1] != '=') {
				break
			}
			if s[end] == '"' { // Digest username="x"
				if closing := strings.IndexByte(s[end+1:min(len(s), end+1+maxValue)], '"'); closing >= 0 {
					end += 1 + closing
				}
			}
			end++
		}
	}
	e.spend(stepsOfValue * (end - from))
	if sp := strings.IndexByte(s[from:end], ' '); sp > 0 && sp < 24 && (isPlainWord(s[from:from+sp]) || strings.IndexByte(s[from+sp:end], '=') > 0 && letterCount(s[from:from+sp]) == sp) {
		from += sp + 1
		if !strings.Contains(s[from:end], "=") && !f.quoted {
			if next := strings.IndexByte(s[from:end], ' '); next > 0 {
				end = from + next // prose goes on
			}
		}
	}
	if from < end && (s[from] == '<' || s[from] == '{' || s[from] == '$') {
		return // <token>
	}
	if !f.quoted && isPlainWord(strings.TrimRight(s[from:end], " ,)]}")) {
		return // {'Authorization': token}
	}
	if v := s[from:end]; e.finds(classSecret, v, f.manner) || looksRandom(v) && !isMark(v) {
		e.add(from, end, kindCredentials)
	}
}

func isAuthorization(ident string) bool {
	return len(ident) >= 13 && strings.EqualFold(ident[len(ident)-13:], "authorization")
}
