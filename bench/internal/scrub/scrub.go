// Package scrub runs one subject that takes out of JSON objects what is sensitive. The subject is a program of its
// own: the comparison writes a [Setup] to its standard input and reads a [Report] from its standard output. What
// is sensitive in the objects the subject is not told.
package scrub

import "time"

// Setup is what a subject is told.
type Setup struct {
	// Variant is a way to use the subject, of those it knows; "" is the one it is known for.
	Variant string `json:"variant"`
	// Sets are cleaned one after the other.
	Sets []Set `json:"sets"`
	// Profile is a file for a profile of the processor, none if empty.
	Profile string `json:"profile"`
}

// Set is a file of objects, one on each line, and the file for what becomes of them, line by line.
type Set struct {
	Name string `json:"name"`
	In   string `json:"in"`
	Out  string `json:"out"` // nothing is written if empty
	// Limit is how much processor time a subject may give up after, none if 0. The set then counts with that, and
	// further sets with a limit are left out.
	Limit time.Duration `json:"limit"`
}

// Report is what a subject tells of a run.
type Report struct {
	Costs []Cost `json:"costs"` // of each set
	Peak  int64  `json:"peak"`  // bytes of memory
}

// Cost is what it took to clean all objects of a set once.
type Cost struct {
	Set     string        `json:"set"`
	Objects int           `json:"objects"`
	Bytes   int64         `json:"bytes"`
	CPU     time.Duration `json:"cpu"`
	Mallocs float64       `json:"mallocs"`
}

// Scrubber is a subject as its users see it.
type Scrubber interface {
	// Load makes of objects what the subject takes, in the place of what was loaded before. It is not timed.
	Load(objects [][]byte) error
	// Scrub cleans all that is loaded.
	Scrub() error
	// Append appends, as JSON on one line, what has become of an object. It is not timed.
	Append(buf []byte, i int) ([]byte, error)
}

// Subject is how a scrubber is made.
type Subject func(s Setup) (Scrubber, error)
