package registry

import "fmt"

// Limit is a bound that the vendor behind a sink documents, and how the sink keeps it.
type Limit struct {
	// What is bounded, and to how much of Unit.
	What string `json:"what"`
	Max  int    `json:"max"`
	Unit string `json:"unit"`
	// Kept says how the sink stays within it.
	Kept string `json:"kept"`
	// Source is where it is documented: an https URL.
	Source string `json:"source"`
}

// String returns the bound as a line of text.
func (l Limit) String() string { return fmt.Sprintf("%s: %d %s (%s)", l.What, l.Max, l.Unit, l.Kept) }
