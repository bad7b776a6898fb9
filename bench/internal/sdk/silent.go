package sdk

// Silent is where subjects log to: an outage is many lines.
type Silent struct{}

// Write discards.
func (Silent) Write(b []byte) (int, error) { return len(b), nil }
