package sanitize

const minCardDigits = 12

// matchCard matches payment card numbers in the groups they are written in.
func matchCard(s string, i int) (int, string) {
	var buf [19]byte
	n, j, groups := 0, i, 0
	sep := byte(0)
	for j < len(s) {
		end := digitsEnd(s, j)
		if n+end-j > len(buf) {
			return 0, ""
		}
		n += copy(buf[n:], s[j:end])
		groups++
		j = end
		if j+1 >= len(s) || s[j] != ' ' && s[j] != '-' && s[j] != '.' || sep != 0 && s[j] != sep || !isDigit(s[j+1]) || end-i < 4 {
			break
		}
		if next := digitsEnd(s, j+1) - j - 1; groups < 5 && next < 3 && (n != 12 || next != 2) { // 14 digits end in two
			break
		}
		sep = s[j]
		j++
	}
	if groups != 1 && groups != 3 && groups != 4 && groups != 5 || !isCard(view(buf[:n])) {
		return 0, ""
	}
	return j, kindCard
}

// isCard checks issuer range, length and check digit (ISO/IEC 7812).
func isCard(digits string) bool {
	return isIssuer(digits) && luhn(digits)
}

// isIssuer reports whether a network issues cards that begin so and are that long.
func isIssuer(d string) bool {
	n := len(d)
	if n < minCardDigits || n > 19 {
		return false
	}
	two, three, four := atoi(d[:2]), atoi(d[:3]), atoi(d[:4])
	switch {
	case d[0] == '4': // Visa
		return n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34, two == 37: // American Express
		return n == 15
	case four == 6011, three >= 644 && three <= 649, two == 65: // Discover
		return n >= 16
	case four >= 3528 && four <= 3589: // JCB
		return n >= 16
	case three >= 300 && three <= 305, three == 309, two == 36, two == 38, two == 39: // Diners Club
		return n == 14 || n == 16 || n == 19
	case two == 62: // UnionPay
		return n >= 16
	case four >= 2200 && four <= 2204: // Mir
		return n >= 16
	case four == 5018, four == 5020, four == 5038, four == 5893, four == 6304, four >= 6759 && four <= 6763: // Maestro
		return true
	case two == 60, two == 81, two == 82: // RuPay
		return n == 16
	case four >= 5066 && four <= 5067, four == 5090, four == 6362, four == 6363, four == 6277: // Elo
		return n == 16
	case four == 9792, four == 5061, four == 6061 && n == 16: // Troy, Verve
		return n == 16 || n == 18 || n == 19
	}
	return false
}

func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
