package sanitize

import "strings"

// matchPhone matches national numbers in the groups they are written in: NANP
// 212-555-0100, British 020 7946 0018, French 06 12 34 56 78.
func matchPhone(s string, i int) (int, string) {
	switch first := digitsEnd(s, i) - i; {
	case first == 3 && s[i] >= '2':
		for _, sep := range [...]string{"--", ".."} {
			if end := digitGroups(s, i, sep, 3, 3, 4); end > 0 && s[i+4] >= '2' {
				return end, kindPhone
			}
		}
	case first == 1 && s[i] == '1':
		if end := digitGroups(s, i, "---", 1, 3, 3, 4); end > 0 && s[i+2] >= '2' {
			return end, kindPhone
		}
	}
	if strings.HasPrefix(s[i:], "00") && i+4 < len(s) && s[i+2] != '0' {
		return matchDialled(s, i)
	}
	if s[i] != '0' || i+2 >= len(s) || s[i+1] == '.' || s[i+1] == '0' && s[i+2] == '0' {
		return 0, ""
	}
	digits, groups, j := 0, 0, i
	for j < len(s) {
		end := digitsEnd(s, j)
		digits += end - j
		groups++
		if end-j < 2 {
			return 0, ""
		}
		j = end
		if j+2 >= len(s) || s[j] != ' ' && s[j] != '-' && (s[j] != '/' || groups > 1) || !isDigit(s[j+1]) || !isDigit(s[j+2]) || digits >= 11 {
			break
		}
		j++
	}
	first := digitsEnd(s, i) - i
	if groups < 2 || digits < 9 || digits > 12 || first > 6 || first < 2 || s[i+1] == '0' && digits < 11 || first == 2 && groups < 4 {
		return 0, ""
	}
	return j, kindPhone
}

// matchDialled matches numbers with the prefix that is dialled for abroad: 0049 171 1234567.
func matchDialled(s string, i int) (int, string) {
	digits, groups, j := 0, 0, i
	for j < len(s) {
		end := digitsEnd(s, j)
		digits, groups = digits+end-j, groups+1
		if j = end; j+1 >= len(s) || s[j] != ' ' && s[j] != '-' || !isDigit(s[j+1]) || digits > 12 {
			break
		}
		j++
	}
	if first := digitsEnd(s, i) - i; groups < 3 || first < 3 || first > 5 || digits < 11 || digits > 16 {
		return 0, ""
	}
	return j, kindPhone
}

// international matches +49 30 1234567 in its many notations.
func (e *Encoder) international(s string, i int, k keyInfo) int {
	digits, j, last := 0, i+1, i+1
	for j < len(s) && digits < 16 {
		c := s[j]
		switch {
		case isDigit(c):
			digits++
			last = j + 1
		case c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == 0xc2 || c == 0xa0:
			if j-last >= 2 {
				j = len(s)
			}
		case (c == 'x' || c == 'e') && digits >= 8:
			j = len(s)
		default:
			j = len(s)
		}
		j++
	}
	if digits < 8 || digits > 15 || s[i+1] == '0' || !endsWord(s, last) {
		return 0
	}
	e.add(i, last, kindPhone)
	return last
}

// bracketed matches (212) 555-0100 and (020) 7946 0018.
func (e *Encoder) bracketed(s string, i int, k keyInfo) int {
	area := digitsEnd(s, i+1)
	if n := area - i - 1; n < 2 || n > 5 || area >= len(s) || s[area] != ')' || k.class == classID {
		return 0
	}
	j := skipSpaces(s, area+1)
	digits, last := 0, j
	for j < len(s) && (isDigit(s[j]) || (s[j] == ' ' || s[j] == '-' || s[j] == '.') && j == last && j+1 < len(s) && isDigit(s[j+1])) {
		if isDigit(s[j]) {
			digits++
			last = j + 1
		}
		j++
	}
	if total := digits + area - i - 1; total < 9 || total > 12 || digits < 6 || !endsWord(s, last) {
		return 0
	}
	e.add(i, last, kindPhone)
	return last
}
