package amplitude

import "time"

// What Amplitude bounds. [VendorLimits] cites the sources.
const (
	maxBatchEvents = 2000
	maxBatchBytes  = 20_000_000
	maxHTTPEvents  = 2000
	maxHTTPBytes   = 999_999
	maxRunes       = 1024 // of a string
	maxDepth       = 40
	defaultMinID   = 5 // characters of an id without min_id_length
	throttleWait   = 30 * time.Second
	maxExact       = "9007199254740992" // 2^53, beyond which a float64 loses digits
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

// Where the numbers are from.
const (
	sourceBatch  = "https://amplitude.com/docs/apis/analytics/batch-event-upload"
	sourceHTTP   = "https://amplitude.com/docs/apis/analytics/http-v2"
	sourceRetry  = "https://amplitude.com/docs/apis/analytics/http-api-batching-retries"
	sourceLimits = "https://amplitude.com/docs/faq/limits"
	sourceExact  = "https://tc39.es/ecma262/#sec-number.max_safe_integer"
)

// Limit is a bound that Amplitude sets.
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
		{"events in a request to /batch", maxBatchEvents, "events", "more requests", sourceBatch},
		{"body of a request to /batch", maxBatchBytes, "bytes", "more requests", sourceBatch},
		{"events in a request to /2/httpapi", maxHTTPEvents, "events", "more requests", sourceRetry},
		{"body of a request to /2/httpapi", maxHTTPBytes, "bytes", "more requests; a larger single event is dead-lettered", sourceHTTP},
		{"a text, name or id", maxRunes, "characters", "cut; a key gets a hash of the whole at its end", sourceLimits},
		{"depth of nesting", maxDepth, "levels", "events are sealed with fewer", sourceHTTP},
		{"an id, at the least", defaultMinID, "characters", "options.min_id_length announces shorter ones", sourceHTTP},
		{"events of a device or user to /batch", 1000, "events per second", "a pause when Amplitude says so", sourceBatch},
		{"events of a device or user to /2/httpapi", 30, "events per second", "a pause when Amplitude says so", sourceHTTP},
		{"pause for a throttled device or user", int(throttleWait / time.Second), "seconds", "kept for both APIs, though 15 are enough for /batch", sourceHTTP},
		{"events of a device or user to /batch", 500_000, "events in 24 hours", "those beyond are dead-lettered", sourceBatch},
		{"whole numbers", 53, "bits", "larger ones become text", sourceExact},
		{"time, at the least", int(minTime.Unix()), "seconds since 1970", "the time is moved", sourceHTTP},
	}
}
