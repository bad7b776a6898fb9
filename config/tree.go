package config

// shape is what a value looks like in the file, before anybody says what it should be.
type shape string

const (
	shapeNull    shape = "nothing"
	shapeBool    shape = "a boolean"
	shapeNumber  shape = "a number"
	shapeString  shape = "a string"
	shapeList    shape = "a list"
	shapeMapping shape = "a mapping"
)

// position is a place in the file, counted from 1. The zero position is the file as a whole.
type position struct{ line, column int }

// value is a part of the file with anchors and merge keys resolved.
type value struct {
	position
	shape shape
	// text is what a scalar says, as it was written: 1.80 stays 1.80.
	text string
	// plain says that a scalar stands without quotes.
	plain   bool
	items   []value
	entries []entry
}

// entry is a key of a mapping with its value.
type entry struct {
	position
	key   string
	value value
}

// scalar reports whether v is a single value.
func (v *value) scalar() bool { return v.shape != shapeList && v.shape != shapeMapping }
