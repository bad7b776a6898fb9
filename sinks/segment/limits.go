package segment

import "time"

// What Segment bounds. [VendorLimits] cites the sources.
const (
	maxMessageBytes  = 32_000
	maxBatchBytes    = 500_000
	maxBatchMessages = 2500
	maxMessageID     = 99
	maxReset         = time.Hour          // the longest X-RateLimit-Reset that is taken for seconds
	maxExact         = "9007199254740992" // 2^53, beyond which a float64 loses digits
)

// targetBytes is the sum of events that one request is given. Their form at Segment is larger
// or smaller; Send holds the body itself against maxBatchBytes.
const targetBytes = 480_000

// Where the numbers are from.
const (
	sourceHTTP  = "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api"
	sourceGo    = "https://github.com/segmentio/analytics-go/blob/v3.3.0/message.go"
	sourceRate  = "https://segment.com/docs/connections/rate-limits"
	sourceExact = "https://tc39.es/ecma262/#sec-number.max_safe_integer"
)

// Limit is a bound that Segment sets.
type Limit struct {
	// What is bounded, and to how much of Unit.
	What string
	Max  int
	Unit string
	// Kept says how the sink stays within it.
	Kept string
	// Source is where it is documented.
	Source string
}

// VendorLimits returns every bound the sink keeps, with its source.
func VendorLimits() []Limit {
	return []Limit{
		{"a message", maxMessageBytes, "bytes", "dead-lettered; 32 KB are documented", sourceGo},
		{"body of a request", maxBatchBytes, "bytes", "more requests", sourceHTTP},
		{"messages in a request", maxBatchMessages, "messages", "more requests; Segment answers 200 to more, and loses them", sourceHTTP},
		{"messageId", maxMessageID, "characters", "hashed", sourceHTTP},
		{"requests of a workspace", 1000, "per second", "a pause when Segment says so", sourceRate},
		{"pause in X-RateLimit-Reset", int(maxReset / time.Second), "seconds", "a longer one is no number of seconds", sourceRate},
		{"whole numbers", 53, "bits", "larger ones become text", sourceExact},
	}
}
