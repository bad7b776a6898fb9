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
	if isPlaceholder(v) || isReference(v) {
		return false
	}
	if m == byProse && !proseFinds(c, v) {
		return false
	}
	switch c {
	case classSecret, classPassword:
		return isSecret(c, v, m)
	case classSoftSecret:
		return looksRandom(v) && !isUUID(v) || isScheme(v) || phraseEnd(v, 0) == len(v)
	case classPIN:
		n := countDigits(v)
		return n >= 3 && n*2 >= len(v) || (m == byKey || m == byColon && looksSecretish(v)) && len(v) >= 4 && !isStatus(v) && !isPlainWord(v)
	case classCookie:
		return strings.IndexByte(v, '=') < 0 && looksRandom(v)
	case classEmail:
		return looksSpelledEmail(v)
	case classPhone:
		return looksPhone(v)
	case classCard:
		return countDigits(v) >= 12 && len(v) <= 30 || looksNumbered(v) && letterCount(v) == upperCount(v)
	case classPassport:
		return looksNumbered(v) || len(v) >= 7 && len(v) <= 10 && countDigits(v) > 0 && run(v, 0, setUpper) == len(v)
	case classAccount, classNationalID, classLicense, classIMEI:
		return looksNumbered(v)
	case classBirth:
		return countDigits(v) >= 4 && len(v) <= 40
	case classGiven:
		return m == byKey && looksName(v) && countDigits(v) == 0
	case className:
		return (m == byKey || m == byColon && len(v) > 4 && strings.ContainsAny(v, "._0123456789") && !strings.ContainsAny(v, "/:=(")) && looksName(v)
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
	case classGeo:
		dot := strings.IndexByte(v, '.')
		return dot > 0 && len(v)-dot > 4
	}
	return false
}

// isSecret rejects what is said about secrets rather than being one.
func isSecret(c class, v string, m manner) bool {
	if isStatus(v) || !hasAlnum(v) || isCall(v) || isVariable(v) {
		return false
	}
	if allDigits(v) {
		if c == classPassword {
			return len(v) >= 4
		}
		return len(v) >= 8
	}
	if c == classSecret && isQuantity(v) {
		return false
	}
	if m == byColon && isPlainWord(v) {
		return false
	}
	return len(v) >= 3 || c == classPassword && m == byKey // people do have passwords of one letter
}

// isVariable recognises the name of a variable that holds a secret: OPENAI_API_KEY.
func isVariable(v string) bool {
	if len(v) > 48 || !isUpperName(v) {
		return false
	}
	for _, tail := range [...]string{"_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "_PASS", "_PWD", "_CREDENTIALS", "_ID"} {
		if strings.HasSuffix(v, tail) && countDigits(v) < 3 {
			return true
		}
	}
	return false
}

// isScheme recognises an authentication scheme with its credentials: Splunk 1b2c….
func isScheme(v string) bool {
	scheme, rest, ok := strings.Cut(v, " ")
	return ok && len(scheme) >= 2 && len(scheme) <= 24 && len(rest) >= 16 && letterCount(scheme)+countDigits(scheme)+strings.Count(scheme, "-") == len(scheme) &&
		(isUUID(rest) || looksRandom(rest) || strings.Contains(rest, `="`) && countDigits(rest) > 8 || strings.IndexByte(rest, '=') > 0 && strings.IndexByte(rest, ' ') < 0 && countDigits(rest) > 2)
}

// isQuantity recognises an amount: #9840, 3.1 GiB, 154 x 388.
func isQuantity(v string) bool {
	if len(v) > 16 || countDigits(v) == 0 {
		return false
	}
	letters := 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case isDigit(c), c == ' ', c == '.', c == ',', c == '#', c == '%', c == '/', c == '+', c == '-':
		case lower(c)-'a' < 26 && i > 0:
			letters++
		default:
			return false
		}
	}
	return letters == 0 || validNumber(v) || letters <= 3 && strings.IndexByte(v, ' ') > 0 && isDigit(v[strings.IndexByte(v, ' ')-1])
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
		return len(v) < 40 && v[len(v)-1] == '>' && !looksSecretish(v[1:len(v)-1])
	case '[':
		return len(v) < 40 && v[len(v)-1] == ']' && isPlainWord(lowerText(v[1:len(v)-1]))
	case '%':
		return len(v) == 2 || len(v) > 3 && v[len(v)-1] == '%' && isUpperName(v[1:len(v)-1])
	case ':':
		return len(v) < 20 && isPlainWord(v[1:])
	}
	return !hasAlnum(v) || isMasked(v) || isYours(v)
}

// isYours recognises your-api-key, YOUR_TOKEN and replace_me.
func isYours(v string) bool {
	if len(v) > 40 || countDigits(v) > 0 || !hasFold(v, "your") && !hasFold(v, "my_") && !hasFold(v, "my-") && !hasFold(v, "replace") && !hasFold(v, "insert") && !hasFold(v, "change") && !hasFold(v, "enter") {
		return false
	}
	return strings.ContainsAny(v, "_- ") && isPlainWord(strings.ReplaceAll(lowerText(v), " ", "-"))
}

// isReference recognises a value that names where the secret is: !Ref Token, var.token.
func isReference(v string) bool {
	if strings.Contains(v, "@sha256:") {
		return true // auth:1.2@sha256:… is an image
	}
	if v[0] == '!' {
		tag, _, _ := strings.Cut(v[1:], " ")
		return yamlTags[tag] || len(tag) > 1 && tag[0] == '!' && isPlainWord(tag[1:])
	}
	if colon := strings.IndexByte(v[:min(len(v), 16)], ':'); colon < 2 {
		root, rest, ok := strings.Cut(v, ".")
		return ok && codeRoots[root] && len(rest) > 2 && countDigits(rest) == 0 && run(rest, 0, setDotted) == len(rest)
	}
	for _, scheme := range [...]string{"env:", "vault:", "file:/", "op://", "arn:aws", "ssm:", "awssm:", "secretsmanager:", "gcpsm:", "azurekv:", "keyring:", "kms:", "sops:", "doppler:", "secretref:"} {
		if hasFold(v, scheme) && !hasFold(v, "vault:v") {
			return len(v) < 200 && !strings.ContainsAny(v, " \n")
		}
	}
	return false
}

var yamlTags = wordSet(`Ref Sub GetAtt ImportValue Join Select vault env env_var secret include reference`)

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
	return len(v) > 1
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
