package mixpanel

import "time"

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

// Limit is a bound that Mixpanel sets.
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
		{"events in a request", maxEvents, "events", "more requests", sourceImport},
		{"body of a request, uncompressed", maxBody, "bytes", "more requests; 10 MB are documented", sourceLarge},
		{"one event, uncompressed", maxEvent - 1, "bytes", "dead-lettered", sourceLarge},
		{"properties of an event", maxProperties, "properties", "the others are dropped and counted", sourceImport},
		{"depth of nesting", maxDepth, "levels, properties included", "deeper values become text", sourceImport},
		{"keys of a nested object", maxKeys, "keys", "the others are dropped and counted", sourceImport},
		{"elements of an array", maxElements, "elements", "the others are dropped and counted", sourceImport},
		{"a text", maxText, "bytes", "cut", sourceTypes},
		{"name of an event or property", maxName, "bytes", "cut, with a hash of the whole", sourceImport},
		{"a list or object", maxContainer, "bytes", "members that are too much are dropped and counted", sourceTypes},
		{"$insert_id", maxInsertID, "bytes", "hashed", sourceImport},
		{"time, at the least", int(earliest.Unix()), "seconds since 1970", "the time is moved", sourceImport},
	}
}
