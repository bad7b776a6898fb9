//go:build race

package server

// raceDetector tells tests about time that everything takes ten times as long.
const raceDetector = true
