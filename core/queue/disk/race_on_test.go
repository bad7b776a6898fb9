//go:build race

package disk

// raceEnabled makes the longest tests look at less.
const raceEnabled = true
