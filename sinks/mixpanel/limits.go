package mixpanel

import (
	"time"

	"github.com/headgate-dev/headgate/registry"
)

// What Mixpanel's /import bounds. [VendorLimits] cites the sources.
const (
	maxEvents     = 2000
	maxBody       = 9_500_000 // of 10 MB, so that it does not matter which megabyte is meant
	maxEvent      = 1_000_000 // exclusive
	maxProperties = 254
	maxDepth      = 3 // properties itself counted, lest that be how Mixpanel counts
	maxKeys       = 254
	maxElements   = 254
	maxText       = 255 // bytes; the documentation says both bytes and characters
	maxName       = 255
	maxContainer  = 8 << 10
	maxInsertID   = 36
	maxExact      = 1 << 53 // integers beyond it lose digits in a float64
)

// earliest is the first time that /import takes.
var earliest = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)

// Where the numbers are from.
const (
	sourceImport = "https://docs.mixpanel.com/reference/import-events"
	sourceTypes  = "https://docs.mixpanel.com/docs/data-structure/property-reference/data-type"
	sourceLarge  = "https://docs.mixpanel.com/troubleshooting/errors/413-payload-too-large"
)

// VendorLimits returns every bound the sink keeps, with its source.
func VendorLimits() []registry.Limit {
	return []registry.Limit{
		{What: "events in a request", Max: maxEvents, Unit: "events", Kept: "more requests", Source: sourceImport},
		{What: "body of a request, uncompressed", Max: maxBody, Unit: "bytes", Kept: "more requests; 10 MB are documented", Source: sourceLarge},
		{What: "one event, uncompressed", Max: maxEvent - 1, Unit: "bytes", Kept: "dead-lettered", Source: sourceLarge},
		{What: "properties of an event", Max: maxProperties, Unit: "properties", Kept: "the others are dropped and counted", Source: sourceImport},
		{What: "depth of nesting", Max: maxDepth, Unit: "levels, properties included", Kept: "deeper values become text", Source: sourceImport},
		{What: "keys of a nested object", Max: maxKeys, Unit: "keys", Kept: "the others are dropped and counted", Source: sourceImport},
		{What: "elements of an array", Max: maxElements, Unit: "elements", Kept: "the others are dropped and counted", Source: sourceImport},
		{What: "a text", Max: maxText, Unit: "bytes", Kept: "cut", Source: sourceTypes},
		{What: "name of an event or property", Max: maxName, Unit: "bytes", Kept: "cut, with a hash of the whole", Source: sourceImport},
		{What: "a list or object", Max: maxContainer, Unit: "bytes", Kept: "members that are too much are dropped and counted", Source: sourceTypes},
		{What: "$insert_id", Max: maxInsertID, Unit: "bytes", Kept: "hashed", Source: sourceImport},
		{What: "time, at the least", Max: int(earliest.Unix()), Unit: "seconds since 1970", Kept: "the time is moved", Source: sourceImport},
	}
}
