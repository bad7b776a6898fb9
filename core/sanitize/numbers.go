package sanitize

import (
	"math"
	"strconv"
	"time"
)

// boolean writes b. Booleans tell nothing, unless the key is on the deny list.
func (e *Encoder) boolean(dst []byte, b bool, k keyInfo) []byte {
	if k.class == classDenied {
		return e.replaced(dst, kindDenied, "")
	}
	return strconv.AppendBool(dst, b)
}

func (e *Encoder) integer(dst []byte, n int64, k keyInfo) []byte {
	from := len(dst)
	return e.number(strconv.AppendInt(dst, n, 10), from, k)
}

func (e *Encoder) unsigned(dst []byte, n uint64, k keyInfo) []byte {
	from := len(dst)
	return e.number(strconv.AppendUint(dst, n, 10), from, k)
}

// float writes f as encoding/json does. NaN and the infinities have no JSON form:
// the member is left out.
func (e *Encoder) float(dst []byte, f float64, bits int, k keyInfo) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		e.found(kindUnencodable, Drop)
		e.drop = true
		return append(dst, "null"...)
	}
	from := len(dst)
	return e.number(appendFloat(dst, f, bits), from, k)
}

// appendFloat follows ECMAScript, as encoding/json does: exponents for the very
// large and very small, without the zero that strconv pads them with.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if bits == 64 {
		if short, ok := appendShort(dst, f); ok {
			return short
		}
	}
	abs, format := math.Abs(f), byte('f')
	if abs != 0 && (bits == 64 && (abs < 1e-6 || abs >= 1e21) || bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21)) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, bits)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// appendShort appends a number of up to three decimal places, as durations, prices and
// shares have them. A number of fifteen digits is the only one of so few that is nearest
// to its float64, and so what any other way of writing the shortest comes to.
func appendShort(dst []byte, f float64) ([]byte, bool) {
	const most = 1e12
	if !(f > 0 && f < most) {
		return dst, false
	}
	n := uint64(f*1000 + 0.5)
	if float64(n)/1000 != f {
		return dst, false
	}
	dst = strconv.AppendUint(dst, n/1000, 10)
	if n %= 1000; n == 0 {
		return dst, true
	}
	dst = append(dst, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst, true
}

// number judges the number that dst ends in, from its index on.
func (e *Encoder) number(dst []byte, from int, k keyInfo) []byte {
	if e.s.policy.off || k.class == classAllowed {
		return dst
	}
	if k.class < firstNumberClass && len(dst)-from < minCardDigits {
		return dst
	}
	kind := numberKind(view(dst[from:]), k)
	if kind == "" {
		return dst
	}
	value := string(dst[from:])
	return e.replaced(dst[:from], kind, value)
}

// formatDuration writes d as its String method does, which allocates.
func formatDuration(buf []byte, d time.Duration) []byte {
	w := len(buf)
	u, neg := uint64(d), d < 0
	if neg {
		u = -u
	}
	if u < uint64(time.Second) {
		if u == 0 {
			return append(buf[:0], "0s"...)
		}
		unit, digits := "ns", 0
		switch {
		case u >= uint64(time.Millisecond):
			unit, digits = "ms", 6
		case u >= uint64(time.Microsecond):
			unit, digits = "µs", 3
		}
		w -= len(unit)
		copy(buf[w:], unit)
		w, u = putFraction(buf, w, u, digits)
		w = putInt(buf, w, u)
	} else {
		w--
		buf[w] = 's'
		w, u = putFraction(buf, w, u, 9)
		w = putInt(buf, w, u%60)
		if u /= 60; u > 0 {
			w--
			buf[w] = 'm'
			w = putInt(buf, w, u%60)
			if u /= 60; u > 0 {
				w--
				buf[w] = 'h'
				w = putInt(buf, w, u)
			}
		}
	}
	if neg {
		w--
		buf[w] = '-'
	}
	return buf[w:]
}

// putFraction writes v/10**digits without trailing zeros, leftwards from w, and
// returns what is left of v.
func putFraction(buf []byte, w int, v uint64, digits int) (int, uint64) {
	printing := false
	for range digits {
		digit := v % 10
		if printing = printing || digit != 0; printing {
			w--
			buf[w] = byte(digit) + '0'
		}
		v /= 10
	}
	if printing {
		w--
		buf[w] = '.'
	}
	return w, v
}

func putInt(buf []byte, w int, v uint64) int {
	for {
		w--
		buf[w] = byte(v%10) + '0'
		if v /= 10; v == 0 {
			return w
		}
	}
}
