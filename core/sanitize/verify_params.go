package sanitize

import "strings"

// harmlessCookies hold preferences.
var harmlessCookies = wordSet(`theme lang language locale path domain expires max-age samesite secure httponly priority partitioned version tz timezone currency country consent dark_mode`)

// cookies redacts the values of the cookies in s[from:to] that are no preferences.
func (e *Encoder) cookies(s string, from, to int) {
	for i := from; i < to && !e.spent(); {
		end := i
		for end < to && s[end] != ';' {
			end++
		}
		eq := strings.IndexByte(s[i:end], '=')
		if eq > 0 {
			name, v := strings.TrimSpace(s[i:i+eq]), s[i+eq+1:end]
			e.spend(stepsOfKnown + stepsOfValue*len(v))
			c := e.classifyName(name)
			if !harmlessCookies[strings.ToLower(name)] && !isMark(v) && (c.sensitive() && len(v) >= 6 && !isStatus(v) || len(v) >= 10 && looksRandom(v) || len(v) >= 24) {
				e.add(i+eq+1, end, kindCookie)
			}
		}
		i = end + 1
	}
}

// queryNames are parameters that are harmless names elsewhere.
var queryNames = wordSet(`state code_challenge code_verifier device_code user_code code sig st ticket otc invite hash h state_token s k t p nonce authuser hmac oobcode`)

// queryParam looks at a parameter after ? & or #.
func (e *Encoder) queryParam(s string, i int) {
	if strings.HasPrefix(s[i:], "amp;") {
		i += 4
	}
	eq := i
	for eq < len(s) && eq-i < maxIdent && (isIdent(s[eq]) || s[eq] == '[' || s[eq] == ']' || s[eq] == '%' || s[eq] == '$') {
		eq++
	}
	if eq == i || eq >= len(s) || s[eq] != '=' {
		return
	}
	c := e.classifyName(s[i:eq])
	if !c.sensitive() && queryNames[strings.ToLower(s[i:eq])] {
		c = classSoftSecret
	}
	if !c.sensitive() {
		return
	}
	from := eq + 1
	to := max(from, e.queryEnd)
	if e.queryEnd-from < 64 {
		to = from
	}
	for to < len(s) && to-from < maxValue && s[to] > ' ' && s[to] != '&' && s[to] != '#' && s[to] != '"' && s[to] != '\'' && s[to] != '`' && s[to] != '<' &&
		s[to] != '>' && s[to] != '\\' {
		to++
	}
	e.spend(stepsOfEnd * (to - max(from, min(e.queryEnd, to))))
	if to > from && (s[to-1] == ')' || s[to-1] == ',' || s[to-1] == ':' || s[to-1] == '.') {
		to--
	}
	if to <= from {
		return
	}
	if to != e.queryEnd {
		e.queryEnd, e.queries = to, 0
	}
	if e.queries++; e.queries > maxRepeats || e.finds(c, s[from:to], byKey) || e.isOneTimeCode(s, i, from, to) {
		e.add(from, to, c.kind())
	}
}

// isOneTimeCode recognises ?code=123456 of a link that logs in or confirms.
func (e *Encoder) isOneTimeCode(s string, name, from, to int) bool {
	if n := to - from; n < 6 || n > 8 || !allDigits(s[from:to]) || !hasFold(s[name:], "code=") {
		return false
	}
	e.spend(stepsOfAround)
	before := lowerText(s[max(0, name-128):name])
	for _, word := range [...]string{"verif", "confirm", "login", "signin", "activat", "otp", "auth", "reset", "2fa", "mfa"} {
		if strings.Contains(before, word) {
			return true
		}
	}
	return false
}

// userArg looks at curl -u name:password and smbclient -U name%password.
func (e *Encoder) userArg(s string, i int) {
	if i < len(s) && isQuote(s[i]) {
		i++
	}
	end := i
	for end < len(s) && s[end] > ' ' && !isQuote(s[end]) && end-i < 512 {
		end++
	}
	e.spend(stepsOfEnd * (end - i))
	if colon := strings.IndexAny(s[i:end], ":%"); colon > 0 && end-i-colon > 3 && !isPlaceholder(s[i:end]) && !isMark(s[i+colon+1:end]) {
		e.add(i+colon+1, end, kindPassword)
	}
}
