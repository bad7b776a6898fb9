//go:build race

package metrics_test

// raceEnabled says that the race detector is on, which allocates for itself.
const raceEnabled = true
