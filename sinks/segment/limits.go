package segment

import "time"

// What Segment bounds. The pages are those under https://segment.com/docs:
//
//	[http]  connections/sources/catalog/libraries/server/http-api
//	[go]    the source of analytics-go v3.3.0, message.go
//	[rate]  connections/rate-limits
const (
	maxMessageBytes  = 32_000  // of a message           [http] "32KB", [go] 32000
	maxBatchBytes    = 500_000 // of a body              [http] "500KB", [go] 500000
	maxBatchMessages = 2500    // in a body; more get 200 and are lost  [http]
	maxMessageID     = 99      // characters of messageId [http] "less than 100 characters"

	// maxReset is the longest X-RateLimit-Reset that is believed to be in seconds.  [rate]
	maxReset = time.Hour

	// maxExact is the largest whole number that a float64, and so JavaScript, holds exactly
	// together with all below it. https://tc39.es/ecma262/#sec-number.max_safe_integer
	maxExact = "9007199254740992"
)

// targetBytes is the sum of events that one request is given. Their form at Segment is larger
// or smaller; Send holds the body itself against maxBatchBytes.
const targetBytes = 480_000
