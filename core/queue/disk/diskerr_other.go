//go:build !windows

package disk

import "syscall"

const (
	errLostSector = syscall.EIO
	errDiskFull   = syscall.ENOSPC
)
