package disk

import "syscall"

const (
	errLostSector = syscall.Errno(23)  // ERROR_CRC
	errDiskFull   = syscall.Errno(112) // ERROR_DISK_FULL
)
