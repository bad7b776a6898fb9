// Package overload tests the daemon as a process with more than it can take: disks that are
// full, read-only or slow, backlogs, destinations that come back, signals, and requests that
// do not end.
package overload
