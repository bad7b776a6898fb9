//go:build race

package sanitize

const raceDetector = true
