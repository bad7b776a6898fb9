package sanitize

import "strings"

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
		return looksRandom(v) || looksMixed(v)
	} else if letterCount(v) < 2 || v[0] == 'v' && d > 1 && strings.IndexByte(v, '.') > 0 {
		return false
	}
	return strings.IndexByte(v, '(') < 0 && !looksFile(v)
}

// looksMixed reports whether the letters of a word change case as no name in code does.
func looksMixed(v string) bool {
	var upper, lower, changes int
	last, digits := byte(0), 0
	for i := 0; i < len(v); i++ {
		c, kind := v[i], byte(0)
		switch {
		case c-'A' < 26:
			kind = 1
			upper++
		case c-'a' < 26:
			kind = 2
			lower++
		case isDigit(c):
			kind = 3
			digits++
		case c == '_' || c == '-' || c == '+' || c == '/' || c == '=' || c == '!' || c == '*' || c == '?':
			kind = last
		default:
			return false
		}
		if kind != last {
			changes++
		}
		last = kind
	}
	if len(v) > 48 || upper < 2 || lower < 2 {
		return false
	}
	return digits > 0 && changes*5 >= len(v)*2 || upper >= 3 && len(v) >= 12 && changes*2 >= len(v)
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
	return len(v) == 36 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' &&
		isHex(v[:8]) && isHex(v[9:13]) && isHex(v[14:18]) && isHex(v[19:23]) && isHex(v[24:])
}

func isHex(v string) bool {
	all := setHex
	for i := 0; i < len(v); i++ {
		all &= alphabets[v[i]]
	}
	return all != 0
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
	if first, _, two := strings.Cut(v, " "); two && isTechnical(first) {
		return false // Token Limit
	}
	dot := strings.IndexByte(v, '.')
	return capitals >= 2 && strings.ContainsAny(v, " ,") || capitals >= 1 && v[0] >= 0xd7 ||
		capitals == 0 && dot > 1 && dot < len(v)-2 && strings.Count(v, ".") == 1 && strings.IndexByte(v, ' ') < 0 // jane.roe
}

// isTechnical reports whether a capitalised word begins the name of a thing rather than
// of a person.
func isTechnical(word string) bool {
	w := lowerText(word)
	return word == strings.ToUpper(word) && len(word) > 1 && word[len(word)-1] != '.' || upperCount(word) > 1 && word[0]-'A' < 26 && !strings.HasPrefix(word, "Mc") && !strings.HasPrefix(word, "Mac") && strings.IndexByte(word, '-') < 0 ||
		thingWords[w] || heads[w] != classNone || descriptors[w]
}

var thingWords = wordSet(`chat memory model vector prompt agent flow tool basic simple custom max min new my the your our default advanced smart global total data text
	message input output structured document web search api mcp local remote auto super open azure google amazon aws microsoft oracle red visual deep
	team company project product sales marketing support customer user admin system service server client cloud mobile desktop north south east west san los rio st saint
	big black blue green white gold silver visa apple galaxy iphone macbook thinkpad deutsche bank john-deere wall baker order`)

func looksAddress(v string) bool {
	if len(v) < 4 || len(v) > 300 || strings.Contains(v, "://") || strings.IndexByte(v, '@') >= 0 {
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
	numbers, fractions, i := 0, 0, pointEnd(v)
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

// pointEnd returns where the numbers begin in SRID=4326;POINT(13.4 52.5), 0 elsewhere.
func pointEnd(v string) int {
	at := strings.IndexByte(v, '(')
	if at < len("point") {
		return 0
	}
	if name := strings.TrimRight(v[:at], " Z"); len(name) >= len("point") && hasFold(name[len(name)-len("point"):], "point") {
		return at
	}
	return 0
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
	case hostRoles[strings.TrimRight(lv, "-_0123456789")]:
		return false
	case run(v, 0, setHex) == len(v) && len(v) >= 12 && countDigits(v) > 0: // a container
		return false
	}
	return true
}

// hostRoles are names of machines after what they do, with or without a number.
var hostRoles = wordSet(`api db web node worker srv server host app cache ip vm pod prod stage staging dev test runner agent build builder ci gateway proxy lb master
	replica primary redis kafka nginx mysql postgres mongo queue mail smtp dns vpn bastion edge frontend backend default container docker machine instance`)

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
