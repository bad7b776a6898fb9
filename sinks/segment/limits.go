package segment

import (
	"time"

	"github.com/headgate-dev/headgate/registry"
)

// What Segment bounds. [VendorLimits] cites the sources.
const (
	maxMessageBytes  = 32_000
	maxBatchBytes    = 500_000
	maxBatchMessages = 2500
	maxMessageID     = 99
	maxReset         = time.Hour          // the longest X-RateLimit-Reset that is taken for seconds
	maxExact         = "9007199254740992" // 2^53, beyond which a float64 loses digits
)

// targetBytes is the sum of events that one request is given, if there is no event_prefix. Their form
// at Segment is larger: by some 60 bytes, of which the dispatcher counts 44 as those of a record. So much is
// left for as many small events as there may be that their body is no larger than maxBatchBytes. Send holds
// it against that all the same: an event may grow more, such as one with many "<" in it.
const targetBytes = maxBatchBytes - maxBatchMessages*20

// Where the numbers are from.
const (
	sourceHTTP  = "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api"
	sourceGo    = "https://github.com/segmentio/analytics-go/blob/v3.3.0/message.go"
	sourceRate  = "https://segment.com/docs/connections/rate-limits"
	sourceExact = "https://tc39.es/ecma262/#sec-number.max_safe_integer"
)

// VendorLimits returns every bound the sink keeps, with its source.
func VendorLimits() []registry.Limit {
	return []registry.Limit{
		{What: "a message", Max: maxMessageBytes, Unit: "bytes", Kept: "dead-lettered; 32 KB are documented", Source: sourceGo},
		{What: "body of a request", Max: maxBatchBytes, Unit: "bytes", Kept: "more requests", Source: sourceHTTP},
		{What: "messages in a request", Max: maxBatchMessages, Unit: "messages", Kept: "more requests; Segment answers 200 to more, and loses them", Source: sourceHTTP},
		{What: "messageId", Max: maxMessageID, Unit: "characters", Kept: "hashed", Source: sourceHTTP},
		{What: "requests of a workspace", Max: 1000, Unit: "per second", Kept: "a pause when Segment says so", Source: sourceRate},
		{What: "pause in X-RateLimit-Reset", Max: int(maxReset / time.Second), Unit: "seconds", Kept: "a longer one is no number of seconds", Source: sourceRate},
		{What: "whole numbers", Max: 53, Unit: "bits", Kept: "larger ones become text", Source: sourceExact},
	}
}
