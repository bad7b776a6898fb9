//go:build !race

package sinktest_test

// raceEnabled says that the race detector is on, which makes many processes take minutes.
const raceEnabled = false
