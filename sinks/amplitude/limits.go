package amplitude

import (
	"time"

	"github.com/headgate-dev/headgate/registry"
)

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

// VendorLimits returns every bound the sink keeps, with its source.
func VendorLimits() []registry.Limit {
	return []registry.Limit{
		{What: "events in a request to /batch", Max: maxBatchEvents, Unit: "events", Kept: "more requests", Source: sourceBatch},
		{What: "body of a request to /batch", Max: maxBatchBytes, Unit: "bytes", Kept: "more requests", Source: sourceBatch},
		{What: "events in a request to /2/httpapi", Max: maxHTTPEvents, Unit: "events", Kept: "more requests", Source: sourceRetry},
		{What: "body of a request to /2/httpapi", Max: maxHTTPBytes, Unit: "bytes", Kept: "more requests; a larger single event is dead-lettered", Source: sourceHTTP},
		{What: "a text, name or id", Max: maxRunes, Unit: "characters", Kept: "cut; a key gets a hash of the whole at its end", Source: sourceLimits},
		{What: "depth of nesting", Max: maxDepth, Unit: "levels", Kept: "events are sealed with fewer", Source: sourceHTTP},
		{What: "an id, at the least", Max: defaultMinID, Unit: "characters", Kept: "options.min_id_length announces shorter ones", Source: sourceHTTP},
		{What: "events of a device or user to /batch", Max: 1000, Unit: "events per second", Kept: "a pause when Amplitude says so", Source: sourceBatch},
		{What: "events of a device or user to /2/httpapi", Max: 30, Unit: "events per second", Kept: "a pause when Amplitude says so", Source: sourceHTTP},
		{What: "pause for a throttled device or user", Max: int(throttleWait / time.Second), Unit: "seconds", Kept: "kept for both APIs, though 15 are enough for /batch", Source: sourceHTTP},
		{What: "events of a device or user to /batch", Max: 500_000, Unit: "events in 24 hours", Kept: "those beyond are dead-lettered", Source: sourceBatch},
		{What: "whole numbers", Max: 53, Unit: "bits", Kept: "larger ones become text", Source: sourceExact},
		{What: "time, at the least", Max: int(minTime.Unix()), Unit: "seconds since 1970", Kept: "the time is moved", Source: sourceHTTP},
	}
}
