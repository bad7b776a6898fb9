//go:build !race

package core

// raceEnabled says that the race detector is on, which allocates for itself.
const raceEnabled = false
