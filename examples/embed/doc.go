// Package embed holds programs that report events with headgate: one with a file,
// sinks.yaml, and one without.
package embed
