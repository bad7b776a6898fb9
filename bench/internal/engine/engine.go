// Package engine runs one subject that puts events on stable storage before it acknowledges them. The subject
// is a program of its own: the comparison writes a [Setup] to its standard input and reads a [Report]
// from its standard output.
package engine

import "time"

// Setup is what a subject is told.
type Setup struct {
	// Variant is a way to use the subject, of those it knows; "" is the one it is known for.
	Variant string `json:"variant"`
	// Dir is an empty directory.
	Dir string `json:"dir"`
	// Events are appended by so many Producers at once, Batch of them with one acknowledgement.
	Events    int `json:"events"`
	Producers int `json:"producers"`
	Batch     int `json:"batch"`
	// Profile is a file for a profile of the processor, none if empty.
	Profile string `json:"profile"`
}

// Report is what a subject tells of a run.
type Report struct {
	Acknowledged int           `json:"acknowledged"`
	Took         time.Duration `json:"took"`
	CPU          time.Duration `json:"cpu"`
	Peak         int64         `json:"peak"` // bytes of memory
	P50          time.Duration `json:"p50"`  // of a batch's acknowledgement
	P99          time.Duration `json:"p99"`
	Disk         int64         `json:"disk"` // bytes in the directory at the end

	// Found is how many events were read back after closing, each counted once; Twice how many came again.
	Found int `json:"found"`
	Twice int `json:"twice"`
}

// Engine is a subject as its users see it.
type Engine interface {
	// Append returns when the records are on stable storage. Several goroutines call it.
	Append(recs [][]byte) error
	Close() error
}

// Subject is how an engine is opened, and its files read.
type Subject struct {
	Open func(s Setup) (Engine, error)
	// Read calls each with every record in the directory of an engine that is closed.
	Read func(s Setup, each func(rec []byte)) error
}

// Reader is an engine that tells what it delivered itself, so that nothing is left to read.
type Reader interface {
	// Delivered calls each with every record.
	Delivered(each func(rec []byte))
}
