//go:build !linux

package cli

// hostProgram is tried on Linux.
func hostProgram() {}
