package segment

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// maxTransit is how old a right clock's sentAt may be: analytics-go computes it once and sends
// the same bytes for up to 42 seconds.
const maxTransit = time.Minute

// occurred returns when an event happened by the clock of the receiver.
func occurred(original, sent, received time.Time) time.Time {
	if original.IsZero() || sent.IsZero() || sent.Before(original) {
		return original // nothing tells how wrong the clock is
	}
	if received.Sub(sent).Abs() < maxTransit {
		return original
	}
	return received.Add(-sent.Sub(original))
}

// timeLayouts are the forms of ISO 8601 that libraries write, the usual ones first.
// Seconds may be missing; without an offset it is UTC.
var timeLayouts = layouts(
	[]string{"T", " "}, []string{"15:04:05.999999999", "15:04"}, []string{"Z07:00", "Z0700", "Z07", ""},
)

func layouts(separators, clocks, zones []string) []string {
	all := []string{time.RFC3339Nano}
	for _, separator := range separators {
		for _, clock := range clocks {
			for _, zone := range zones {
				all = append(all, time.DateOnly+separator+clock+zone)
			}
		}
	}
	return append(all, time.DateOnly)
}

// parseTime returns the zero time for what is not a time.
func parseTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if t, ok := parseEpoch(s); ok {
		return t
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}

// parseEpoch reads Unix time in milliseconds or seconds, which Segment's own code tells
// apart by the number of digits, too: 13 or 10, from 2001 to 2286.
// https://github.com/segmentio/new-date
func parseEpoch(s string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	unit := time.Second
	switch len(whole) {
	case 10:
	case 13:
		unit = time.Millisecond
	default:
		return time.Time{}, false
	}
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	t := time.Unix(int64(n), 0)
	if unit == time.Millisecond {
		t = time.UnixMilli(int64(n))
	}
	if strings.Trim(fraction, "0123456789") != "" {
		return time.Time{}, false
	}
	part, _ := strconv.ParseFloat("0."+fraction, 64)
	return t.Add(time.Duration(math.Round(part * float64(unit)))).UTC(), true
}
