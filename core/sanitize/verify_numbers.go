package sanitize

import "strings"

// numbers looks at what begins with a digit: addresses, cards, telephone numbers,
// numbers of persons.
func (e *Encoder) numbers(s string, k keyInfo) {
	for i := nextNumber(s, 0); i < len(s); i = nextNumber(s, i) {
		if e.left -= stepsOfNumber; e.spent() {
			return
		}
		c := s[i]
		if !isDigit(c) {
			if c == '+' && i+1 < len(s) && (isDigit(s[i+1]) || s[i+1] == '(') && startsWord(s, i) {
				if end := e.international(s, i, k); end > i {
					i = end
					continue
				}
			}
			if c == '(' && i+4 < len(s) && isDigit(s[i+1]) {
				if end := e.bracketed(s, i, k); end > i {
					i = end
					continue
				}
			}
			i++
			continue
		}
		if i > 0 && alphabets[s[i-1]]&setAlnum != 0 {
			i = e.lettered(s, i, k)
			continue
		}
		i = e.numberAt(s, i, k)
	}
}

// opensNumber are the bytes that numbers looks at.
var opensNumber = func() (t [256]bool) {
	for c := range 256 {
		t[c] = isDigit(byte(c)) || c == '+' || c == '('
	}
	return t
}()

// nextNumber returns where the next of them is from i on, len(s) if there is none.
func nextNumber(s string, i int) int {
	for i < len(s) && !opensNumber[s[i]] {
		i++
	}
	return i
}

// numberAt looks at the digits that begin a word at i, and returns where to go on.
func (e *Encoder) numberAt(s string, i int, k keyInfo) int {
	first := digitsEnd(s, i)
	if first < len(s) && s[first] == '.' && first-i <= 3 {
		if end, ok := e.ipv4(s, i, k); ok {
			return end
		}
	}
	if i > 1 && (s[i-1] == '-' || s[i-1] == '.') && alphabets[s[i-2]]&setAlnum != 0 {
		return first // the middle of something
	}
	next := byte(0)
	if first < len(s) {
		next = s[first]
	}
	for _, look := range matchers(first-i, s[i], next) {
		e.left -= stepsOfMatch
		end, kind := look(s, i)
		if end == 0 || !endsWord(s, end) || kind == kindPhone && k.class == classID {
			continue
		}
		if kind == kindCard && (k.class == classID || k.class == classNumberish && (end-i < 14 || end-i > 16) || k.class == classVersion) && strings.IndexByte(s[i:end], ' ') < 0 {
			continue
		}
		e.add(i, end, kind)
		return end
	}
	return first
}

type matcher func(s string, i int) (end int, kind string)

var (
	dotted   = []matcher{matchCoordinates, matchCPF, matchAHV, matchPhone}
	dashed   = []matcher{matchSSN, matchPhone}
	short    = []matcher{matchPhone}
	dated    = []matcher{matchDated, matchCard, matchPhone}
	eight    = []matcher{matchCard, matchDNI, matchPhone}
	plain    = []matcher{matchCard, matchPhone}
	national = []matcher{matchResident, matchCard, matchNIR}
)

// matchers returns what may match n digits that begin with lead, before next.
func matchers(n int, lead, next byte) []matcher {
	switch {
	case n <= 3 && next == '.':
		return dotted
	case n == 3 && next == '-':
		return dashed
	case n <= 3 && lead != '0' && lead != '1':
		return nil
	case n <= 3:
		return short
	case n == 6:
		return dated
	case n == 8:
		return eight
	case n < 12:
		return plain
	}
	return national
}

// endsWord reports whether nothing goes on at i that would make it another thing.
func endsWord(s string, i int) bool {
	if i >= len(s) {
		return true
	}
	if alphabets[s[i]]&setAlnum != 0 || s[i] == '_' {
		return false
	}
	return s[i] != '-' && s[i] != '.' || i+1 >= len(s) || alphabets[s[i+1]]&setAlnum == 0 || s[i] == '.' && !isDigit(s[i+1])
}

// digitGroups matches digits in groups of the given lengths with sep between them.
func digitGroups(s string, i int, seps string, lens ...int) int {
	for g, n := range lens {
		if digitsEnd(s, i)-i != n {
			return 0
		}
		i += n
		if g < len(lens)-1 {
			if i >= len(s) || s[i] != seps[g] {
				return 0
			}
			i++
		}
	}
	return i
}

// matchSSN matches US social security numbers, which the SSA does not issue with
// 000, 666 or 9xx, group 00 or serial 0000.
func matchSSN(s string, i int) (int, string) {
	end := digitGroups(s, i, "--", 3, 2, 4)
	if end == 0 || s[i] == '9' || s[i:i+3] == "000" || s[i:i+3] == "666" || s[i+4:i+6] == "00" || s[i+7:i+11] == "0000" {
		return 0, ""
	}
	return end, kindSSN
}

// matchCoordinates matches a pair of degrees with four decimals or more.
func matchCoordinates(s string, i int) (int, string) {
	first := digitsEnd(s, i)
	if first-i > 3 || first >= len(s) || s[first] != '.' {
		return 0, ""
	}
	j := digitsEnd(s, first+1)
	if j-first < 5 || j-first > 16 || j+6 >= len(s) || s[j] != ',' && s[j] != '/' && (s[j] != ';' || !strings.HasSuffix(strings.TrimSuffix(s[:i], "-"), "GEO:")) && (s[j] != ' ' || !inPoint(s[:i])) || inTransform(s[:i]) {
		return 0, ""
	}
	j = skipSpaces(s, j+1)
	if j < len(s) && s[j] == '-' {
		j++
	}
	second := digitsEnd(s, j)
	if second == j || second-j > 3 || second >= len(s) || s[second] != '.' || first-i < 2 && second-j < 2 {
		return 0, ""
	}
	end := digitsEnd(s, second+1)
	if end-second < 5 || end-second > 16 || atoi(s[i:first]) > 180 || atoi(s[j:second]) > 180 {
		return 0, ""
	}
	return end, kindGeo
}

// inPoint reports whether s ends in POINT( or POINT(-.
func inPoint(s string) bool {
	s = strings.TrimSuffix(s, "-")
	return len(s) > len("point") && s[len(s)-1] == '(' && pointEnd(s) > 0
}

// inTransform reports whether s ends in translate( or another function of graphics.
func inTransform(s string) bool {
	s = strings.TrimSuffix(s, "-")
	if len(s) < 5 || s[len(s)-1] != '(' {
		return false
	}
	for _, name := range [...]string{"translate(", "scale(", "rotate(", "matrix(", "skew(", "rect(", "bezier(", "translate3d(", "vec2(", "vec3("} {
		if strings.HasSuffix(s, name) {
			return true
		}
	}
	return false
}

// matchAHV matches Swiss social security numbers: 756 and the check digit of an EAN.
func matchAHV(s string, i int) (int, string) {
	end := digitGroups(s, i, "...", 3, 4, 4, 2)
	if end == 0 || s[i:i+3] != "756" {
		return 0, ""
	}
	return end, kindID
}

// matchDated matches numbers of persons that begin with the day of birth: Korean
// (800101-1234567), Finnish (131052-308T).
func matchDated(s string, i int) (int, string) {
	if digitsEnd(s, i)-i != 6 || i+11 > len(s) {
		return 0, ""
	}
	sep, mid := s[i+6], atoi(s[i+2:i+4])
	switch rest := digitsEnd(s, i+7) - i - 7; {
	case rest == 7 && sep == '-' && mid >= 1 && mid <= 12 && atoi(s[i+4:i+6]) <= 31 && s[i+7] >= '1' && s[i+7] <= '8':
		return i + 14, kindID
	case rest >= 3 && rest <= 4 && strings.IndexByte("-+ABCDEFUVWXY", sep) >= 0 && mid >= 1 && mid <= 12 && atoi(s[i:i+2]) <= 31:
		if s[i+10] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[atoi(s[i:i+6]+s[i+7:i+10])%31] {
			return i + 11, kindID
		}
	}
	return 0, ""
}

// matchResident matches Chinese resident identity numbers: place, day of birth, check
// digit by ISO 7064.
func matchResident(s string, i int) (int, string) {
	if digitsEnd(s, i)-i < 17 || i+18 > len(s) || s[i] == '0' || s[i+6:i+8] != "19" && s[i+6:i+8] != "20" {
		return 0, ""
	}
	if month, day := atoi(s[i+10:i+12]), atoi(s[i+12:i+14]); month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, ""
	}
	sum := 0
	for k, w := range [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(s[i+k]-'0')
	}
	if s[i+17] != "10X98765432"[sum%11] {
		return 0, ""
	}
	return i + 18, kindID
}

// matchCPF matches the notations of Brazilian CPF and CNPJ, which nothing else has.
func matchCPF(s string, i int) (int, string) {
	if end := digitGroups(s, i, "..-", 3, 3, 3, 2); end > 0 {
		return end, kindID
	}
	if end := digitGroups(s, i, "../-", 2, 3, 3, 4, 2); end > 0 {
		return end, kindID
	}
	return 0, ""
}

// matchNIR matches French social security numbers: sex, year, month, place, key mod 97.
func matchNIR(s string, i int) (int, string) {
	end := digitsEnd(s, i)
	if end-i != 15 || s[i] != '1' && s[i] != '2' {
		return 0, ""
	}
	if month := atoi(s[i+3 : i+5]); month < 1 || month > 12 {
		return 0, ""
	}
	if atoi(s[i:i+13])%97+atoi(s[i+13:end]) != 97 {
		return 0, ""
	}
	return end, kindID
}

// matchDNI matches Spanish identity numbers: eight digits and the letter for their
// remainder by 23.
func matchDNI(s string, i int) (int, string) {
	end := digitsEnd(s, i)
	if end-i != 8 || end >= len(s) || s[end] != "TRWAGMYFPDXBNJZSQVHLCKE"[atoi(s[i:end])%23] {
		return 0, ""
	}
	return end + 1, kindID
}

// lettered looks at digits in a word that begins with letters: IBAN, British
// national insurance number, Italian fiscal code. It returns where the word ends.
func (e *Encoder) lettered(s string, i int, k keyInfo) int {
	from := i
	for from > 0 && s[from-1]-'A' < 26 && i-from < 7 {
		from--
	}
	end := i
	for end < len(s) && alphabets[s[end]]&setAlnum != 0 {
		end++
	}
	if from > 0 && (alphabets[s[from-1]]&setAlnum != 0) {
		return end
	}
	switch i - from {
	case 1:
		if from > 0 && s[from-1] == '%' && s[from] == 'B' && digitsEnd(s, i) == end && end < len(s) && s[end] == '^' && isCard(s[i:end]) {
			e.add(i, lineEnd(s, i), kindCard) // the magnetic stripe: number, name, expiry
			return lineEnd(s, i)
		}
	case 2:
		if to := ibanEnd(s, from); to > 0 && endsWord(s, to) {
			e.add(from, to, kindIBAN)
			return to
		}
		if to := ninoEnd(s, from); to > 0 && endsWord(s, to) && k.class != classID {
			e.add(from, to, kindID)
			return to
		}
	case 6:
		if end-from == 16 && isFiscalCode(s[from:end]) {
			e.add(from, end, kindID)
		}
	}
	return end
}

// ibanLengths are by country (ISO 13616).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
	"DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
	"HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
	"LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
	"VA": 22, "VG": 24, "XK": 20,
}

// ibanEnd checks length and remainder by 97; groups may be separated.
func ibanEnd(s string, i int) int {
	want := ibanLengths[s[i:i+2]]
	if want == 0 {
		return 0
	}
	var buf [34]byte
	n, j := 0, i
	for j < len(s) && n < want {
		c := s[j]
		switch {
		case alphabets[c]&setAlnum != 0:
			if c-'a' < 26 {
				c -= 'a' - 'A'
			}
			buf[n] = c
			n++
		case (c == ' ' || c == '-') && n%4 == 0 && n > 0:
		default:
			return 0
		}
		j++
	}
	if n != want {
		return 0
	}
	rem := 0
	for k := range n {
		c := buf[(k+4)%n]
		if isDigit(c) {
			rem = (rem*10 + int(c-'0')) % 97
		} else {
			rem = (rem*100 + int(c-'A') + 10) % 97
		}
	}
	if rem != 1 {
		return 0
	}
	return j
}

// ninoEnd matches QQ123456C, also in pairs.
func ninoEnd(s string, i int) int {
	if strings.IndexByte("DFIQUV", s[i]) >= 0 || strings.IndexByte("DFIQUVO", s[i+1]) >= 0 {
		return 0
	}
	j, digits := i+2, 0
	for j < len(s) && digits < 6 {
		switch {
		case isDigit(s[j]):
			digits++
		case s[j] == ' ' && digits%2 == 0:
		default:
			return 0
		}
		j++
	}
	if digits == 6 && j < len(s) && s[j] == ' ' {
		j++
	}
	if digits < 6 || j >= len(s) || s[j] < 'A' || s[j] > 'D' {
		return 0
	}
	return j + 1
}

// isFiscalCode matches the shape of an Italian codice fiscale.
func isFiscalCode(s string) bool {
	for i := 0; i < 16; i++ {
		digit := i == 6 || i == 7 || i == 9 || i == 10 || i >= 12 && i <= 14
		if digit != isDigit(s[i]) || !digit && s[i]-'A' >= 26 {
			return false
		}
	}
	return strings.IndexByte("ABCDEHLMPRST", s[8]) >= 0
}
