package sanitize

import "strings"

// how a value was found next to the name it is judged by.
type manner uint8

const (
	byKey   manner = iota // the value of a key, or as good as: "key": "value", key=value, <key>value</key>
	byColon               // key: value in prose
	byProse               // nothing between but words: token abc123
)

// finds reports whether text v is a finding under a name of class c.
func finds(c class, v string, m manner) bool {
	if v == "" || isMark(v) {
		return false
	}
	if c == classDenied {
		return true
	}
	if isPlaceholder(v) {
		return false
	}
	if m == byProse && !proseFinds(c, v) {
		return false
	}
	switch c {
	case classSecret, classPassword:
		return isSecret(c, v, m)
	case classSoftSecret:
		return looksRandom(v) && !isUUID(v)
	case classPIN:
		n := countDigits(v)
		return n >= 3 && n*2 >= len(v) || m == byKey && len(v) >= 4 && !isStatus(v) && !isPlainWord(v)
	case classCookie:
		return strings.IndexByte(v, '=') < 0 && looksRandom(v)
	case classEmail:
		return looksSpelledEmail(v)
	case classPhone:
		return looksPhone(v)
	case classCard:
		return countDigits(v) >= 12 && len(v) <= 30 || looksNumbered(v) && letterCount(v) == upperCount(v)
	case classAccount, classNationalID, classPassport, classLicense, classIMEI:
		return looksNumbered(v)
	case classBirth:
		return countDigits(v) >= 4 && len(v) <= 40
	case className:
		return m == byKey && looksName(v)
	case classPerson:
		return m == byKey && looksFullName(v)
	case classAddress:
		return m == byKey && looksAddress(v)
	case classPostcode:
		n := countDigits(v)
		return n >= 2 && len(v) >= 4 && len(v) <= 10 && strings.IndexByte(v, '.') < 0
	case classPlace, classGeo:
		return looksCoordinates(v) || c == classGeo && countDigits(v) > 0 && len(v) < 24 && isNumberText(v)
	case classHost:
		return looksPersonalHost(v)
	case classDevice:
		return looksOwned(v)
	case classMAC:
		return len(v) == 12 && run(v, 0, setHex) == 12
	case classDSN:
		return false // its text says enough
	}
	return false
}

// proseFinds asks for more where only the order of words connects name and value.
func proseFinds(c class, v string) bool {
	switch c {
	case classPIN:
		return allDigits(v) && len(v) >= 4 && len(v) <= 8 || looksSecretish(v)
	case classSecret, classPassword, classSoftSecret:
		return looksSecretish(v)
	case classNationalID, classPassport, classLicense, classAccount, classIMEI, classPhone, classCard:
		n := countDigits(v)
		return n >= 5 || n >= 2 && len(v) >= 6 && upperCount(v) > 0 && letterCount(v) == upperCount(v)
	case classBirth:
		return countDigits(v) >= 6
	}
	return false
}

// isSecret rejects what is said about secrets rather than being one.
func isSecret(c class, v string, m manner) bool {
	if isStatus(v) || !hasAlnum(v) || isCall(v) {
		return false
	}
	if allDigits(v) {
		if c == classPassword {
			return len(v) >= 4
		}
		return len(v) >= 8
	}
	if m == byColon && isPlainWord(v) {
		return false
	}
	return len(v) >= 3
}

// isCall recognises code: secret := newSecret(x).
func isCall(v string) bool {
	i := 0
	for i < len(v) && (alphabets[v[i]]&setAlnum != 0 || v[i] == '.' || v[i] == '_') {
		i++
	}
	return i > 2 && i < len(v) && v[i] == '(' && lower(v[0])-'a' < 26 && strings.IndexByte(v[i:], ')') > 0 && countDigits(v[:i]) < 3
}

// isStatus reports whether v says how things stand: true, expired, none.
func isStatus(v string) bool {
	if len(v) > 24 {
		return false
	}
	var buf [24]byte
	n := 0
	for i := 0; i < len(v); i++ {
		c := lower(v[i])
		switch {
		case c == '"' || c == '\'' || c == '.' && i == len(v)-1 || c == ' ' || c == ',':
			continue
		}
		buf[n] = c
		n++
	}
	return n == 0 || statusWords[string(buf[:n])]
}

// isPlaceholder reports whether v stands for a value that is elsewhere: ${TOKEN},
// {{token}}, <token>, %s, $1, ****.
func isPlaceholder(v string) bool {
	switch v[0] {
	case '$':
		return len(v) > 1 && (v[1] == '{' && v[len(v)-1] == '}' || v[1] == '(' || len(v) <= 3 && isDigit(v[1]) || isUpperName(v[1:]))
	case '{':
		return len(v) > 4 && v[1] == '{' && strings.HasSuffix(v, "}}")
	case '<':
		return len(v) < 40 && v[len(v)-1] == '>'
	case '%':
		return len(v) == 2 || len(v) > 3 && v[len(v)-1] == '%' && isUpperName(v[1:len(v)-1])
	case ':':
		return len(v) < 20 && isPlainWord(v[1:])
	}
	return !hasAlnum(v) || isMasked(v)
}

// isMasked recognises ****, xxxx and ….
func isMasked(v string) bool {
	return strings.Trim(v, "*xX.…•●#-") == "" && len(v) < 64
}

func isUpperName(v string) bool {
	for i := 0; i < len(v); i++ {
		if c := v[i]; c != '_' && c-'A' >= 26 && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return len(v) > 2
}

func hasAlnum(v string) bool {
	for i := 0; i < len(v); i++ {
		if alphabets[v[i]]&setAlnum != 0 || v[i] >= 0x80 {
			return true
		}
	}
	return false
}

func countDigits(v string) int {
	n := 0
	for i := 0; i < len(v); i++ {
		if isDigit(v[i]) {
			n++
		}
	}
	return n
}

func upperCount(v string) int {
	n := 0
	for i := 0; i < len(v); i++ {
		if v[i]-'A' < 26 {
			n++
		}
	}
	return n
}

func letterCount(v string) int {
	n := 0
	for i := 0; i < len(v); i++ {
		if lower(v[i])-'a' < 26 {
			n++
		}
	}
	return n
}

// isPlainWord reports whether v is one word in lower case, or capitalised, or several
// with hyphens or underscores.
func isPlainWord(v string) bool {
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c-'a' >= 26 && c != '-' && c != '_' && c != '.' && (i > 0 || c-'A' >= 26) {
			return false
		}
	}
	return true
}

// looksSecretish reports whether a word in prose is no word: letters and digits mixed.
func looksSecretish(v string) bool {
	if len(v) < 8 || v[0] == '/' || v[0] == '[' || v[0] == '*' || isUUID(v) || strings.Contains(v, "://") {
		return false
	}
	if d := countDigits(v); d < 2 {
		return looksRandom(v)
	} else if letterCount(v) < 2 || v[0] == 'v' && d > 1 && strings.IndexByte(v, '.') > 0 {
		return false
	}
	return strings.IndexByte(v, '(') < 0 && !looksFile(v)
}

// looksFile reports whether v ends like a file name or place in code: app.go:12.
func looksFile(v string) bool {
	i := strings.LastIndexByte(v, '.')
	if i < 1 || i == len(v)-1 {
		return false
	}
	ext := v[i+1:]
	if j := strings.IndexByte(ext, ':'); j > 0 {
		ext = ext[:j]
	}
	return len(ext) <= 5 && isPlainWord(ext) && strings.Count(v, ".") == 1
}

// looksRandom reports whether v reads like the output of a random generator: 16
// characters or more without spaces, changing between cases and digits as no word does.
func looksRandom(v string) bool {
	n := len(v)
	if n < 10 {
		return false
	}
	if n > 256 {
		v, n = v[:256], 256
	}
	var digits, uppers, lowers, others, changes int
	last := byte(0)
	for i := 0; i < n; i++ {
		c, kind := v[i], byte(0)
		switch {
		case isDigit(c):
			digits++
			kind = 1
		case c-'A' < 26:
			uppers++
			kind = 2
		case c-'a' < 26:
			lowers++
			kind = 3
		case c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '{' || c == '(' || c == ',' || c == ';':
			return false
		default:
			others++
			kind = last
		}
		if kind != last {
			changes++
		}
		last = kind
	}
	letters := uppers + lowers
	if others*4 > n || letters+digits < 10 {
		return false
	}
	if run(v, 0, setHex) == n { // a key in hex
		return n >= 16 && digits >= 3 && letters >= 2
	}
	if n < 16 {
		return digits >= 2 && uppers >= 2 && lowers >= 2 && changes*2 >= n
	}
	if digits >= 2 && letters >= 2 {
		return changes*5 >= n || uppers > 0 && lowers > 0 && changes*6 >= n
	}
	return uppers >= 3 && lowers >= 3 && changes*5 >= n*2
}

func isUUID(v string) bool {
	if len(v) != 36 || v[8] != '-' || v[13] != '-' || v[18] != '-' || v[23] != '-' {
		return false
	}
	for i := 0; i < len(v); i++ {
		if v[i] != '-' && unhex(v[i]) < 0 {
			return false
		}
	}
	return true
}

// looksNumbered reports whether v is the number of a document or account.
func looksNumbered(v string) bool {
	n := countDigits(v)
	return len(v) >= 5 && len(v) <= 42 && !isUUID(v) && strings.IndexByte(v, '_') < 0 && (n >= 4 || n >= 2 && len(v) >= 6 && len(v) <= 20 && upperCount(v) > 0) && !strings.Contains(v, "://")
}

// looksPhone reports whether v is a telephone number and nothing else.
func looksPhone(v string) bool {
	digits := 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case isDigit(c):
			digits++
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '+' || c == 0xc2 || c == 0xa0:
		case c == ',' || c == ';' || c == '#' || lower(c) == 'x' || lower(c) == 'e' || lower(c) == 't':
			if digits < 7 { // extensions come last
				return false
			}
		default:
			if i < 4 && strings.HasPrefix(v, "tel:") {
				continue
			}
			return false
		}
	}
	return digits >= 7 && digits <= 20
}

// looksName reports whether v may be (part of) a person's name or a user name.
func looksName(v string) bool {
	if len(v) > 100 || isStatus(v) || strings.Contains(v, "://") || strings.Contains(v, "{") {
		return false
	}
	for i := 0; i < len(v); i++ {
		if lower(v[i])-'a' < 26 || v[i] >= 0x80 {
			return true
		}
	}
	return false
}

// looksFullName asks for two capitalised words, or a script without capitals.
func looksFullName(v string) bool {
	if len(v) < 4 || len(v) > 80 || isStatus(v) {
		return false
	}
	capitals, start := 0, true
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c >= 0xd0: // not Latin: every word counts
			if start {
				capitals++
			}
			start = false
		case c >= 0xc3 || c == 0x80:
			if start {
				capitals++
			}
			start = false
		case c-'A' < 26:
			if start {
				capitals++
			}
			start = false
		case c == ' ' || c == ',' || c == '-' || c == '.':
			start = true
		case c-'a' < 26 || c == '\'' || c >= 0x80:
			start = false
		default:
			return false // digits and signs make it something else
		}
	}
	dot := strings.IndexByte(v, '.')
	return capitals >= 2 && strings.ContainsAny(v, " ,") || capitals >= 1 && v[0] >= 0xd7 ||
		capitals == 0 && dot > 1 && dot < len(v)-2 && strings.Count(v, ".") == 1 && strings.IndexByte(v, ' ') < 0 // jane.roe
}

func looksAddress(v string) bool {
	if len(v) < 6 || len(v) > 300 || strings.Contains(v, "://") || strings.IndexByte(v, '@') >= 0 {
		return false
	}
	space := strings.IndexByte(v, ' ') > 0 || strings.IndexByte(v, ',') > 0
	foreign := false
	for i := 0; i < len(v); i++ {
		foreign = foreign || v[i] >= 0xe0
	}
	return space && letterCount(v) >= 3 && (countDigits(v) > 0 || strings.IndexByte(v, ',') > 0 || strings.Count(v, " ") > 1) || foreign
}

// looksCoordinates reports whether v is a pair of degrees with fractions.
func looksCoordinates(v string) bool {
	if len(v) < 7 || len(v) > 64 {
		return false
	}
	if strings.Contains(v, "°") && strings.ContainsAny(v, "NS") && strings.ContainsAny(v, "EWO") {
		return true
	}
	numbers, fractions, i := 0, 0, 0
	for i < len(v) {
		c := v[i]
		if isDigit(c) {
			end := digitsEnd(v, i)
			if end-i > 3 {
				return false
			}
			numbers++
			if end < len(v) && v[end] == '.' {
				f := digitsEnd(v, end+1)
				if f-end > 3 {
					fractions++
				}
				end = f
			}
			i = end
			continue
		}
		switch c {
		case ' ', ',', ';', '-', '+', '(', ')', '[', ']', 'N', 'S', 'E', 'W', '/':
		default:
			if c != 0xc2 && c != 0xb0 && c != 'g' && c != 'e' && c != 'o' && c != ':' { // °, geo:
				return false
			}
		}
		i++
	}
	return numbers == 2 && fractions >= 1
}

func isNumberText(v string) bool {
	v = strings.TrimLeft(v, "+")
	return validNumber(strings.TrimRight(v, " NSEW\u00b0"))
}

// looksPersonalHost reports whether v may be the name of somebody's machine: hosts
// with a public or cluster domain, addresses and generated names are not.
func looksPersonalHost(v string) bool {
	if len(v) < 3 || len(v) > 100 || isStatus(v) || letterCount(v) == 0 {
		return false
	}
	switch lv := strings.ToLower(v); {
	case lv == "localhost", strings.HasPrefix(lv, "ip-"), strings.HasPrefix(lv, "localhost."):
		return false
	case strings.HasSuffix(lv, ".local"), strings.HasSuffix(lv, ".lan"), strings.HasSuffix(lv, ".home"), strings.HasSuffix(lv, ".fritz.box"), strings.HasSuffix(lv, ".localdomain"):
		return !strings.HasSuffix(lv, ".cluster.local") && !strings.HasSuffix(lv, ".svc.local")
	case strings.IndexByte(lv, '.') > 0, strings.IndexByte(lv, ':') > 0, strings.IndexByte(lv, '/') >= 0:
		return false
	case run(v, 0, setHex) == len(v) && len(v) >= 12 && countDigits(v) > 0: // a container
		return false
	}
	return true
}

// owned are parts of the names of machines that people name after themselves.
var owned = [...]string{"macbook", "-mbp", "-mba", "imac", "mac-mini", "laptop", "notebook", "thinkpad", "desktop-", "-pc", "-xps", "iphone", "ipad", "galaxy", "pixel"}

// looksOwned reports whether v is the name of a machine that says whose it is:
// Anna's iPhone, iPhone de Ana, annas-mbp, joe-laptop.
func looksOwned(v string) bool {
	if len(v) > 100 {
		return false
	}
	lv := strings.ToLower(v)
	if strings.Contains(lv, "'s ") || strings.Contains(lv, "’s ") || strings.HasSuffix(lv, ".local") && looksPersonalHost(v) {
		return true
	}
	for _, part := range owned {
		i := strings.Index(lv, part)
		if i < 0 {
			continue
		}
		for _, of := range [...]string{" von ", " de ", " di ", " van ", " of "} {
			if strings.Contains(lv, of) {
				return true
			}
		}
		if i >= 3 && strings.IndexByte(v, ' ') < 0 || strings.HasPrefix(lv, "desktop-") && len(v) >= 10 || strings.HasPrefix(lv, "laptop-") && len(v) >= 10 {
			return strings.IndexByte(lv, '-') > 0 && !strings.HasPrefix(lv, "apple") && !strings.HasPrefix(lv, "google") && !strings.HasPrefix(lv, "samsung")
		}
	}
	return false
}

// looksSpelledEmail recognises jane (at) example (dot) org under a key that says so.
func looksSpelledEmail(v string) bool {
	if len(v) > 200 {
		return false
	}
	lv := strings.ToLower(v)
	return (strings.Contains(lv, " at ") || strings.Contains(lv, "(at)") || strings.Contains(lv, "[at]")) &&
		(strings.Contains(lv, "dot") || strings.IndexByte(lv, '.') > 0)
}

// numberKind returns what a number in text form is under a key, "" if nothing.
func numberKind(text string, k keyInfo) string {
	digits := countDigits(text)
	integer := digits == len(text) || digits == len(text)-1 && text[0] == '-'
	switch k.class {
	case classDenied:
		return kindDenied
	case classPassword:
		if integer && digits >= 4 {
			return kindPassword
		}
	case classPIN:
		if integer && digits >= 3 {
			return kindPIN
		}
	case classPhone:
		if integer && digits >= 7 && digits <= 15 {
			return kindPhone
		}
	case classCard:
		if integer && digits >= 12 && digits <= 19 {
			return kindCard
		}
	case classAccount, classNationalID, classPassport, classLicense, classIMEI:
		if integer && digits >= 6 && digits <= 20 {
			return k.class.kind()
		}
	case classBirth:
		if digits >= 4 {
			return kindBirthDate
		}
	case classGeo:
		return kindGeo
	case classPlace:
		if dot := strings.IndexByte(text, '.'); dot > 0 && len(text)-dot > 3 {
			return kindGeo
		}
	case classID, classNumberish, classPlain, classVersion:
		return ""
	}
	if integer && digits >= 13 && text[0] != '-' && isCard(text) {
		return kindCard
	}
	return ""
}
