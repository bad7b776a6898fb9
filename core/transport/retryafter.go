package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a destination can ask for.
const maxRetryAfter = time.Hour

// ParseRetryAfter returns how long a response asks to wait before the next request: its
// header Retry-After (RFC 9110, section 10.2.3) in seconds or as a date, at most an
// hour, the longest if there are several. A date is counted from the response's own Date
// if it has one, so that the clocks need not agree. False means that there is no header
// that asks for a wait that is not over.
func ParseRetryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	if sent, err := http.ParseTime(header.Get("Date")); err == nil {
		now = sent
	}
	var longest time.Duration
	for _, value := range header.Values("Retry-After") {
		longest = max(longest, retryAfter(strings.TrimSpace(value), now))
	}
	return longest, longest > 0
}

// retryAfter returns the wait one value asks for, zero if none.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789.") == "" { // keeps NaN, Inf, signs and exponents out of ParseFloat
		seconds, err := strconv.ParseFloat(value, 64)
		switch {
		case math.IsInf(seconds, 1), err == nil && seconds >= maxRetryAfter.Seconds():
			return maxRetryAfter
		case err != nil:
			return 0
		}
		return time.Duration(math.Ceil(seconds * float64(time.Second)))
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxRetryAfter) // Sub saturates
}
