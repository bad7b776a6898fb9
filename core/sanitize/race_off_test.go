//go:build !race

package sanitize

const raceDetector = false
