package registry

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// number is a value of an ordered kind: whole unless the kind is [KindFloat].
type number struct {
	whole   int64
	float   float64
	isFloat bool
}

var (
	wholeText    = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	floatText    = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	durationText = regexp.MustCompile(`^-?` + strings.TrimPrefix(durationPattern, "^"))
)

// number parses text in the notation of the option's kind. Numbers are those of JSON:
// what only some readers of YAML take for a number, such as 1_000, 0x10 or 010, is refused.
func (o *Option) number(text string) (number, error) {
	switch o.Kind {
	case KindDuration:
		d, err := time.ParseDuration(text)
		if err != nil || !durationText.MatchString(text) || d == 0 && text[0] == '-' {
			return number{}, &ValueError{Want: "a duration such as 500ms, 10s or 15m", Got: text}
		}
		return number{whole: int64(d)}, nil
	case KindSize:
		s, err := ParseSize(text)
		return number{whole: int64(s)}, err
	case KindFloat:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !floatText.MatchString(text) {
			return number{}, &ValueError{Want: "a number", Got: text}
		}
		return number{float: f, isFloat: true}, nil
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !wholeText.MatchString(text) {
			return number{}, &ValueError{Want: "a whole number", Got: text}
		}
		return number{whole: n}, nil
	}
}

// lowest returns the smallest value allowed, "" for any, and whether itself is excluded.
func (o *Option) lowest() (low string, excluded bool) {
	low, excluded = strings.CutPrefix(o.Min, ">")
	if low == "" && (o.Kind == KindDuration || o.Kind == KindSize) {
		low = "0"
	}
	return low, excluded
}

func (o *Option) checkBounds(n number, text string) error {
	if low, excluded := o.lowest(); low != "" {
		bound, err := o.number(low)
		if err != nil {
			return fmt.Errorf("tag min: %w", err)
		}
		switch {
		case excluded && !bound.less(n):
			return &ValueError{Want: "more than " + low, Got: text}
		case n.less(bound):
			return &ValueError{Want: "at least " + low, Got: text}
		}
	}
	if o.Max != "" {
		bound, err := o.number(o.Max)
		if err != nil {
			return fmt.Errorf("tag max: %w", err)
		}
		if bound.less(n) {
			return &ValueError{Want: "at most " + o.Max, Got: text}
		}
	}
	return nil
}

func (n number) less(other number) bool {
	if n.isFloat {
		return n.float < other.float
	}
	return n.whole < other.whole
}

// storeIn stores n in a field of any numeric type.
func (n number) storeIn(v reflect.Value, text string) error {
	switch {
	case n.isFloat:
		v.SetFloat(n.float)
	case v.CanInt() && !v.OverflowInt(n.whole):
		v.SetInt(n.whole)
	case v.CanUint() && n.whole >= 0 && !v.OverflowUint(uint64(n.whole)):
		v.SetUint(uint64(n.whole))
	default:
		low, high := intRange(v)
		return &ValueError{Want: "a number from " + low + " to " + high, Got: text}
	}
	return nil
}

// intRange returns the bounds of the integer type of v, of what an int64 can hold.
func intRange(v reflect.Value) (low, high string) {
	bits := v.Type().Bits()
	if v.CanUint() {
		return "0", strconv.FormatUint(min(uint64(math.MaxUint64)>>(64-bits), math.MaxInt64), 10)
	}
	return strconv.FormatInt(-1<<(bits-1), 10), strconv.FormatInt(1<<(bits-1)-1, 10)
}
