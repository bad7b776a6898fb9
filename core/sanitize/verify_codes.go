package sanitize

import "strings"

// yourCode follows a number that is the code: 123456 is your login code.
var yourCode = [...]string{" is your ", " ist dein ", " ist ihr ", " est votre ", " es tu ", " es su ", " ist der "}

// oneTimeCode looks at the number in front of "is your login code"; to is after the word
// code, which begins at from.
func (e *Encoder) oneTimeCode(s string, from int) {
	const reach = 64
	if from < 8 || s[from-1] != ' ' {
		return
	}
	e.spend(stepsOfAround)
	before := s[max(0, from-reach):from]
	for _, words := range yourCode {
		i := strings.LastIndex(before, words)
		if i < 4 {
			continue
		}
		end := from - len(before) + i
		start := end
		for start > 0 && end-start < 9 && (isDigit(s[start-1]) || s[start-1] == '-' || s[start-1] == ' ' && end-start == 3) {
			start--
		}
		for start < end && !isDigit(s[start]) {
			start++
		}
		if n := countDigits(s[start:end]); n >= 4 && n <= 8 && start >= e.covered && startsWord(s, start) {
			e.add(start, end, kindPIN)
		}
		return
	}
}

// romanceCode returns where a name such as code de vérification ends, to if the word
// code that ends there stands alone.
func romanceCode(s string, to int) int {
	rest := s[to:min(len(s), to+40)]
	for _, of := range [...]string{" de ", " di ", " d'", " de la "} {
		if !hasFold(rest, of) {
			continue
		}
		word := lowerText(rest[len(of):])
		for _, what := range [...]string{"v\u00e9rif", "verif", "confirm", "s\u00e9cur", "secur", "segur", "acces", "acc\u00e8s", "connex", "activa", "validat"} {
			if strings.HasPrefix(word, what) {
				end := to + len(of)
				for end < len(s) && isIdent(s[end]) {
					end++
				}
				return end
			}
		}
	}
	return to
}

// command looks at lines of the protocols that send a name and a password, or a password
// alone: a1 LOGIN name password, AUTH PLAIN base64, AUTH password.
func (e *Encoder) command(s string, from, to int) {
	word := s[from : to-1]
	if word != "LOGIN" && word != "AUTH" || !opensLine(s, from) {
		return
	}
	end := to
	for end < len(s) && s[end] >= ' ' {
		end++
	}
	e.spend(stepsOfValue * (end - to))
	args := strings.Fields(s[to:end])
	if len(args) == 0 || len(args) > 2 || word == "LOGIN" && len(args) != 2 {
		return
	}
	last := args[len(args)-1]
	switch {
	case isStatus(last), isMark(last), isPlaceholder(last), len(last) < 4:
	case len(args) == 1 && (isPlainWord(last) || last == strings.ToUpper(last) && countDigits(last) == 0):
	default:
		at := strings.LastIndex(s[to:end], last)
		e.add(to+at, to+at+len(last), kindPassword)
	}
}

// opensLine reports whether what begins at i is the first word of a line, after a prompt
// or the tag of a request.
func opensLine(s string, i int) bool {
	l := i
	for l > 0 && s[l-1] != '\n' && i-l < 12 {
		l--
	}
	lead := strings.TrimSpace(s[l:i])
	return (l == 0 || s[l-1] == '\n') && strings.IndexByte(lead, ' ') < 0 && len(lead) <= 8 && (lead == "" || lead == ">" || lead == "C:" || lead == "->" || lead == "<" || countDigits(lead) > 0)
}

// inputValue looks at what a validator says it got: input_value='…'.
func (e *Encoder) inputValue(s string, i int) {
	f := follow{e: e, s: s}
	if i <= e.covered || !f.valueAt(i) {
		return
	}
	e.spend(stepsOfValue * (f.to - f.from))
	if v := s[f.from:f.to]; len(v) >= 20 && looksRandom(v) && !isUUID(v) && !isMark(v) {
		e.add(f.from, f.to, kindSecret)
	}
}

// vCard redacts the lines of a vCard (RFC 6350) that name a person or a place.
func (e *Encoder) vCard(s string, i int) {
	if i < e.cardEnd {
		return
	}
	for range 64 {
		e.cardEnd = i
		for i < len(s) && (s[i] == '\n' || s[i] == '\r' || s[i] == '\\' || i > 0 && s[i-1] == '\\' && (s[i] == 'n' || s[i] == 'r')) {
			i++
		}
		end := i
		for end < len(s) && s[end] != '\n' && s[end] != '\r' && s[end] != '"' && !strings.HasPrefix(s[end:], `\n`) && !strings.HasPrefix(s[end:], `\r`) && end-i < maxValue {
			end++
		}
		e.spend(stepsOfValue*(end-i) + stepsOfKnown)
		name := i
		for name < end && alphabets[s[name]]&setAlnum != 0 {
			name++
		}
		colon := strings.IndexByte(s[i:end], ':')
		if colon < 0 || hasFold(s[i:end], "end:") {
			return
		}
		if from := i + colon + 1; from >= e.covered && from < end && !isMark(s[from:end]) && hasAlnum(s[from:end]) {
			if kind := cardLines[lowerText(s[i:name])]; kind != "" && markLen(s[from:end]) == 0 {
				e.add(from, end, kind)
			}
		}
		i = end
	}
}

var cardLines = map[string]string{"fn": kindName, "n": kindName, "nickname": kindName, "adr": kindAddress, "label": kindAddress, "geo": kindGeo, "bday": kindBirthDate, "tel": kindPhone, "email": kindEmail}
