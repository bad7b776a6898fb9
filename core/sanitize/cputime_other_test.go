//go:build !linux

package sanitize

import "time"

var started = time.Now()

// threadTime is the time, where that of a thread is not known how to ask for.
func threadTime() time.Duration { return time.Since(started) }
