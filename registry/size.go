package registry

import (
	"math/big"
	"strconv"
	"strings"
)

// Size is a number of bytes, written as "64MiB" (powers of 1024), "10MB" (powers of
// 1000) or a plain number.
type Size int64

// sizeUnits are tried in this order, so that a unit comes before any that ends it.
var sizeUnits = []struct {
	suffix string
	factor int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"PiB", 1 << 50},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15},
	{"B", 1}, {"", 1},
}

// ParseSize reads a size such as "64MiB", "1.5 GB" or "4096".
func ParseSize(text string) (Size, error) {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(text, unit.suffix)
		if !ok {
			continue
		}
		if unit.suffix != "" {
			digits = strings.TrimRight(digits, " ")
		}
		if !isDecimal(digits) {
			break
		}
		return scaleSize(text, digits, unit.factor)
	}
	return 0, &ValueError{Want: "a size such as 64MiB, 10MB or 4096", Got: text}
}

// scaleSize multiplies exactly; a fraction must come to whole bytes.
func scaleSize(text, digits string, factor int64) (Size, error) {
	tooLarge := &ValueError{Want: "a size below 8192PiB", Got: text}
	if len(digits) > 40 {
		return 0, tooLarge
	}
	bytes, _ := new(big.Rat).SetString(digits)
	bytes.Mul(bytes, new(big.Rat).SetInt64(factor))
	switch {
	case !bytes.IsInt():
		return 0, &ValueError{Want: "a whole number of bytes", Got: text}
	case !bytes.Num().IsInt64():
		return 0, tooLarge
	case bytes.Sign() == 0 && digits[0] == '-':
		return 0, &ValueError{Want: "a size such as 64MiB, 10MB or 4096", Got: text}
	}
	return Size(bytes.Num().Int64()), nil
}

// isDecimal reports whether s is digits with an optional sign and fraction, and
// nothing else that strconv would take, such as exponents, "0x" or "inf".
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, dotted := strings.Cut(s, ".")
	return allDigits(whole) && (!dotted || allDigits(fraction))
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String returns the exact form with the largest unit there is: "64MiB", "130kB", "1025B".
func (s Size) String() string {
	for _, unit := range []struct {
		suffix string
		factor Size
	}{
		{"PiB", 1 << 50}, {"PB", 1e15}, {"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9},
		{"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3},
	} {
		if s != 0 && s%unit.factor == 0 {
			return strconv.FormatInt(int64(s/unit.factor), 10) + unit.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// MarshalText returns [Size.String].
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [ParseSize] does.
func (s *Size) UnmarshalText(text []byte) error {
	parsed, err := ParseSize(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
