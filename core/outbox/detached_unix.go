//go:build unix

package outbox

import "syscall"

// detached gives a process a session of its own, which no signal of a terminal reaches.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
