//go:build !unix && !windows

package outbox

import "syscall"

// detached has nothing to detach from.
func detached() *syscall.SysProcAttr { return nil }
