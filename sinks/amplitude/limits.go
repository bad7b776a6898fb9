package amplitude

import "time"

// What Amplitude bounds. The pages are those under https://amplitude.com/docs:
//
//	[http]   apis/analytics/http-v2
//	[batch]  apis/analytics/batch-event-upload
//	[limits] faq/limits
//	[retry]  apis/analytics/http-api-batching-retries
const (
	maxBatchEvents = 2000       // events in a request to /batch        [batch]
	maxBatchBytes  = 20_000_000 // of a body to /batch                  [batch] "must not exceed 20MB"
	maxHTTPEvents  = 2000       // events in a request to /2/httpapi    [retry] "post up to 2,000 events"
	maxHTTPBytes   = 999_999    // of a body to /2/httpapi              [http]  "less than 1MB"

	maxRunes = 1024 // characters of a string                           [limits]
	maxDepth = 40   // objects within event_properties                  [http] "depth of more than 40 layers"

	defaultMinID = 5 // characters of an id without min_id_length       [http], [batch]

	// throttleWait is how long to send nothing for a throttled device or user: 30 s for
	// /2/httpapi [http], 15 s for /batch [batch]; the longer serves both.
	throttleWait = 30 * time.Second

	// maxExact is the largest whole number that a float64, and so JavaScript, holds exactly
	// together with all below it. https://tc39.es/ecma262/#sec-number.max_safe_integer
	maxExact = "9007199254740992"
)

// minTime is the first time whose milliseconds have 13 digits: fewer look like seconds.
// The documentation states no limit for the age of an event.
var minTime = time.UnixMilli(1_000_000_000_000)

// What one request is given of events as they are sealed. Their form at Amplitude is of
// about that size, mostly smaller; Send holds the body itself against the limits above.
const (
	targetBatchBytes = maxBatchBytes
	targetHTTPBytes  = 950_000
)
