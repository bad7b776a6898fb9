package pyliteral

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// number reads an int or a float with its sign, or -inf and -nan.
func (r *reader) number() (any, error) {
	negative := r.accept("-")
	if !negative {
		r.accept("+")
	}
	r.space()
	from := r.pos
	isFloat := r.mantissaAndExponent()
	text := r.text[from:r.pos]
	switch word := r.name(); {
	case text == "" && word == "inf":
		return signed(negative, word), nil
	case text == "" && word == "nan":
		return word, nil
	case word != "" || !strings.ContainsAny(text, "0123456789"): // also 1j, 0x10 and 1_000, which repr does not write for plain values
		return nil, errLiteral
	case isFloat:
		return float(negative, text)
	default:
		return integer(negative, text), nil
	}
}

// mantissaAndExponent skips the digits of a number and reports whether they are a float's.
func (r *reader) mantissaAndExponent() (isFloat bool) {
	r.digits()
	if r.pos < len(r.text) && r.text[r.pos] == '.' {
		r.pos++
		r.digits()
		isFloat = true
	}
	exponent := r.pos
	if exponent < len(r.text) && (r.text[exponent] == 'e' || r.text[exponent] == 'E') {
		r.pos++
		if r.pos < len(r.text) && (r.text[r.pos] == '-' || r.text[r.pos] == '+') {
			r.pos++
		}
		if r.digits() == 0 {
			r.pos = exponent
			return isFloat
		}
		isFloat = true
	}
	return isFloat
}

func (r *reader) digits() (n int) {
	for r.pos < len(r.text) && isDigit(r.text[r.pos]) {
		r.pos++
		n++
	}
	return n
}

func float(negative bool, text string) (any, error) {
	f, err := strconv.ParseFloat(signed(negative, text), 64)
	if math.IsInf(f, 0) {
		return signed(negative, "inf"), nil
	}
	if err != nil {
		return nil, errLiteral
	}
	return f, nil
}

func integer(negative bool, text string) any {
	digits := strings.TrimLeft(text, "0")
	if digits == "" {
		return int64(0)
	}
	digits = signed(negative, digits)
	if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return i
	}
	if _, err := strconv.ParseFloat(digits, 64); err != nil {
		return digits // readers of JSON refuse a number past float64
	}
	return json.Number(digits)
}

func signed(negative bool, text string) string {
	if negative {
		return "-" + text
	}
	return text
}
