package segment

import "time"

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

// timeLayouts are the forms of ISO 8601 that libraries write. Without an offset it is UTC.
var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	time.DateOnly,
}

// parseTime returns the zero time for what is not a time.
func parseTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
