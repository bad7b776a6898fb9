package ga4

import "time"

// What the Measurement Protocol bounds. [VendorLimits] cites the sources.
const (
	maxEvents      = 25
	maxBody        = 130_000 // exclusive
	maxParams      = 25
	maxName        = 40
	maxValue       = 100
	maxUserID      = 256
	maxItems       = 200
	maxItemCustom  = 10
	maxPageTitle   = 300
	maxReferrer    = 420
	maxLocation    = 1000
	maxAge         = 72 * time.Hour
	maxExact       = 1 << 53 // integers beyond it lose digits in a float64
	appInstanceHex = 32
)

// Where the numbers are from.
const (
	sourceProtocol  = "https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events?client_type=gtag"
	sourceReference = "https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag"
	sourceHelp      = "https://support.google.com/analytics/answer/9267744"
	sourceUserID    = "https://developers.google.com/analytics/devguides/collection/ga4/user-id"
	sourceBuilder   = "https://github.com/googleanalytics/ga-dev-tools/tree/main/src/components/ga4/EventBuilder/ValidateEvent"
)

// Limit is a bound that GA4 sets.
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
		{"events in a request", maxEvents, "events", "more requests", sourceProtocol},
		{"body of a request", maxBody - 1, "bytes", "more requests; a larger single event is dead-lettered", sourceProtocol},
		{"parameters of an event", maxParams, "parameters", "the others are dropped and counted", sourceProtocol},
		{"name of an event or parameter", maxName, "characters", "cut, with a hash of the whole", sourceProtocol},
		{"value of a parameter", maxValue, "characters", "cut", sourceProtocol},
		{"value of page_title", maxPageTitle, "characters", "cut", sourceHelp},
		{"value of page_referrer", maxReferrer, "characters", "cut", sourceHelp},
		{"value of page_location", maxLocation, "characters", "cut", sourceHelp},
		{"user_id", maxUserID, "characters", "events with longer ids are not taken by headgate", sourceUserID},
		{"items of an event", maxItems, "items", "the others are dropped and counted", sourceReference},
		{"custom parameters of an item", maxItemCustom, "parameters", "the others are dropped and counted", sourceProtocol},
		{"age of an event", int(maxAge / time.Hour), "hours", "the time is moved", sourceProtocol},
		{"app_instance_id", appInstanceHex, "hexadecimal digits", "hashed", sourceBuilder},
	}
}
