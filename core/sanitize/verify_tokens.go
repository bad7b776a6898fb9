package sanitize

import "strings"

// startsWord reports whether a token may begin at i: not within a word.
func startsWord(s string, i int) bool {
	return i == 0 || alphabets[s[i-1]]&setAlnum == 0
}

// vendorToken checks a candidate against the format of the vendor.
func (e *Encoder) vendorToken(s string, from, to int, v *vendor) {
	if to <= e.covered || s[from:to] != v.prefix {
		return
	}
	switch {
	case v.kind == kindWebhook:
		e.webhook(s, from, to, v)
		return
	case v.prefix == ":AA":
		e.telegram(s, from, to)
		return
	case v.prefix == ".atlasv1.": // HCP Terraform: 14 characters in front
		e.infixed(s, from, to, 14, v)
		return
	case v.prefix == "!AQ": // Salesforce: the number of the organisation in front
		e.infixed(s, from, to, 15, v)
		return
	case !startsWord(s, from):
		return
	}
	end := e.runEnd(s, to, v.set)
	for end > to && (s[end-1] == '.' || s[end-1] == '=' && v.set&setBase64 == 0) {
		end--
	}
	if end-to < v.min {
		return
	}
	if v.set == setHex || v.set == setAlnum || v.set == setUpper {
		if end < len(s) && alphabets[s[end]]&setAlnum != 0 {
			return // longer than the alphabet allows
		}
	}
	body := s[to:min(end, to+maxTelling)]
	e.spend(stepsOfEnd * len(body))
	if short := len(v.prefix) <= 4 || v.prefix == "live_" || v.prefix == "test_"; short && v.set != setHex && v.set != setUpper && v.set != setUUID && !hasDenseRun(body) {
		return
	}
	if v.prefix == "base64:" && end-to != 44 && end-to != 43 {
		return
	}
	if v.set == setUUID && !isUUID(s[to:end]) {
		return
	}
	if v.set == setUpper && end-to > v.min+8 || countDigits(body) == 0 && upperCount(body) == 0 {
		return
	}
	if end-to > 0 && v.set == setUpper && countDigits(body) == 0 && len(body) != 16 {
		return
	}
	e.add(from, end, v.kind)
}

// infixed checks tokens that have their mark in the middle, after n letters and digits.
func (e *Encoder) infixed(s string, from, to, n int, v *vendor) {
	if from < n || run(s, from-n, setAlnum) < from || !startsWord(s, from-n) {
		return
	}
	if end := e.runEnd(s, to, v.set); end-to >= v.min {
		e.add(from-n, end, v.kind)
	}
}

// maxTelling is how much of a long token tells whether it is one.
const maxTelling = 64

// hasDenseRun reports whether ten letters and digits in a row mix.
func hasDenseRun(s string) bool {
	for i := 0; i < len(s); {
		end := run(s, i, setAlnum)
		if part := s[i:end]; len(part) >= 10 {
			if d := countDigits(part); d > 0 && d < len(part) || upperCount(part) > 1 && upperCount(part) < len(part)-1 {
				return true
			}
		}
		i = end + 1
	}
	return false
}

// webhook redacts a URL whose path is the secret.
func (e *Encoder) webhook(s string, from, to int, v *vendor) {
	end := e.runEnd(s, to, setAny)
	if end-to < v.min {
		return
	}
	if i := strings.LastIndex(s[max(0, from-12):from], "http"); i >= 0 {
		from = max(0, from-12) + i
	}
	e.add(from, end, kindWebhook)
}

// telegram checks a bot token: an account number, a colon, 35 characters that begin
// with AA.
func (e *Encoder) telegram(s string, from, to int) {
	digits := from
	for digits > 0 && isDigit(s[digits-1]) && from-digits < 12 {
		digits--
	}
	if end := e.runEnd(s, to, setWord); from-digits >= 8 && from-digits <= 11 && end-to >= 30 && end-to <= 40 {
		e.add(digits, end, kindToken)
	}
}

// bearer checks what follows an authentication scheme.
func (e *Encoder) bearer(s string, i int) {
	if i <= e.covered {
		return
	}
	i = skipSpaces(s, i)
	end := e.runEnd(s, i, setAny)
	for end > i && (s[end-1] == '.' || s[end-1] == ':') {
		end--
	}
	e.spend(stepsOfValue * (end - i))
	if v := s[i:end]; len(v) >= 8 && !isMark(v) && !isPlaceholder(v) && (countDigits(v) > 0 || looksRandom(v)) && letterCount(v)+countDigits(v) > 0 {
		e.add(i, end, kindToken)
	}
}

// basic checks for base64 of name:password.
func (e *Encoder) basic(s string, i int) {
	i = skipSpaces(s, i)
	end := e.runEnd(s, i, setBase64)
	if end-i < 6 || end-i > 1024 {
		return
	}
	mark := len(e.scratch)
	defer func() { e.scratch = e.scratch[:mark] }()
	e.spend(stepsOfValue * (end - i))
	var ok bool
	if e.scratch, ok = appendBase64(e.scratch, s[i:end]); ok && strings.IndexByte(view(e.scratch[mark:]), ':') >= 0 {
		e.add(i, end, kindCredentials)
	}
}

// pem redacts a private key up to its end, which may be missing, and with line ends
// that may be escaped.
func (e *Encoder) pem(s string, from, to int) {
	if from < e.covered {
		return
	}
	head := s[to:min(len(s), to+64)]
	i := strings.Index(head, "PRIVATE KEY")
	if i < 0 || strings.IndexByte(head[:i], '\n') >= 0 {
		return
	}
	end := len(s)
	if j := strings.Index(s[to:], "-----END"); j >= 0 {
		end = to + j + len("-----END")
		if k := strings.Index(s[end:min(len(s), end+64)], "-----"); k >= 0 {
			end += k + len("-----")
		}
	}
	e.add(from, end, kindPrivateKey)
}

// jwt checks for base64url segments with dots, the first a JSON object.
func (e *Encoder) jwt(s string, from int) {
	if from < e.covered || s[from:from+3] != "eyJ" || !startsWord(s, from) {
		return
	}
	one := e.runEnd(s, from, setWord)
	if one-from < 12 || one >= len(s) || s[one] != '.' {
		return
	}
	end := run(s, one+1, setWord)
	e.spend(stepsOfEnd * (end - one))
	if end-one < 4 && (end >= len(s) || s[end] != '.' || end > one+1) { // encrypted ones may have no key
		return
	}
	for range 3 { // a signature; two more in encrypted ones
		if end < len(s) && s[end] == '.' {
			if next := run(s, end+1, setWord); next > end+1 {
				end = next
			}
		}
	}
	e.spend(stepsOfEnd * (end - one))
	if s[one+1] == 'e' || end-one > 16 {
		e.add(from, end, kindJWT)
	}
}

// azureSecret checks the shape of Entra client secrets: three characters, a digit,
// Q~, 31 to 34 more.
func (e *Encoder) azureSecret(s string, at int) {
	if at < e.covered || at < 4 || s[at:at+2] != "Q~" || !isDigit(s[at-1]) {
		return
	}
	end := run(s, at+2, setDotted)
	e.spend(stepsOfEnd * (end - at))
	if n := end - at - 2; n < 28 || n > 40 || run(s, at-4, setDotted) < at {
		return
	}
	e.add(at-4, end, kindSecret)
}

// suffixed checks New Relic license keys: 36 hex digits, then NRAL.
func (e *Encoder) suffixed(s string, from, to int) {
	if from < 32 || s[from:to] != "NRAL" || !endsWord(s, to) {
		return
	}
	l := from
	for l > 0 && unhex(s[l-1]) >= 0 && from-l < 40 {
		l--
	}
	if from-l >= 32 && startsWord(s, l) {
		e.add(l, to, kindAPIKey)
	}
}

// discord checks bot tokens: base64 of an account number, six characters of time, a
// dot, 27 characters or more. from and dot enclose the first part.
func (e *Encoder) discord(s string, from, dot int) bool {
	if n := dot - from; n < 23 || n > 28 || dot >= len(s) || s[dot] != '.' {
		return false
	}
	second := run(s, dot+1, setWord)
	if second-dot-1 != 6 || second >= len(s) || s[second] != '.' {
		return false
	}
	end := run(s, second+1, setWord)
	e.spend(stepsOfEnd * (end - dot))
	if end-second-1 < 20 {
		return false
	}
	mark := len(e.scratch)
	defer func() { e.scratch = e.scratch[:mark] }()
	var ok bool
	if e.scratch, ok = appendBase64(e.scratch, s[from:dot]); !ok || !allDigits(view(e.scratch[mark:])) {
		return false
	}
	e.add(from, end, kindToken)
	return true
}

// putty redacts the private lines of a key file of PuTTY.
func (e *Encoder) putty(s string, from int) {
	if from < e.covered {
		return
	}
	end := len(s)
	if i := strings.Index(s[from:], "Private-MAC"); i > 0 {
		end = lineEnd(s, from+i)
	}
	e.add(from, end, kindPrivateKey)
}

// pathSecret looks at the segment of a URL path that begins at i.
func (e *Encoder) pathSecret(s string, i int) {
	if i <= e.covered {
		return
	}
	end := run(s, i, setDotted)
	e.spend(stepsOfEnd * (end - i))
	if v := s[i:end]; len(v) >= 16 && looksRandom(v) && !isUUID(v) && !looksFile(v) && (end == len(s) || s[end] != '.') {
		e.add(i, end, kindToken)
	}
}
