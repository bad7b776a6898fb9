package ga4

import (
	"time"

	"github.com/headgate-dev/headgate/registry"
)

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

// VendorLimits returns every bound the sink keeps, with its source.
func VendorLimits() []registry.Limit {
	return []registry.Limit{
		{What: "events in a request", Max: maxEvents, Unit: "events", Kept: "more requests", Source: sourceProtocol},
		{What: "body of a request", Max: maxBody - 1, Unit: "bytes", Kept: "more requests; a larger single event is dead-lettered", Source: sourceProtocol},
		{What: "parameters of an event", Max: maxParams, Unit: "parameters", Kept: "the others are dropped and counted", Source: sourceProtocol},
		{What: "name of an event or parameter", Max: maxName, Unit: "characters", Kept: "cut, with a hash of the whole", Source: sourceProtocol},
		{What: "value of a parameter", Max: maxValue, Unit: "characters", Kept: "cut", Source: sourceProtocol},
		{What: "value of page_title", Max: maxPageTitle, Unit: "characters", Kept: "cut", Source: sourceHelp},
		{What: "value of page_referrer", Max: maxReferrer, Unit: "characters", Kept: "cut", Source: sourceHelp},
		{What: "value of page_location", Max: maxLocation, Unit: "characters", Kept: "cut", Source: sourceHelp},
		{What: "user_id", Max: maxUserID, Unit: "characters", Kept: "events with longer ids are not taken by headgate", Source: sourceUserID},
		{What: "items of an event", Max: maxItems, Unit: "items", Kept: "the others are dropped and counted", Source: sourceReference},
		{What: "custom parameters of an item", Max: maxItemCustom, Unit: "parameters", Kept: "the others are dropped and counted", Source: sourceProtocol},
		{What: "age of an event", Max: int(maxAge / time.Hour), Unit: "hours", Kept: "the time is moved", Source: sourceProtocol},
		{What: "app_instance_id", Max: appInstanceHex, Unit: "hexadecimal digits", Kept: "hashed", Source: sourceBuilder},
	}
}
