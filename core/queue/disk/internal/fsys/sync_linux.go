package fsys

import (
	"errors"
	"os"
	"syscall"
)

// syncData is fdatasync: the file's times need not be written for its data to be found.
func syncData(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// reserve has the blocks allocated; where the file system cannot, the file only grows.
func reserve(f *os.File, have, size int64) error {
	for {
		switch err := syscall.Fallocate(int(f.Fd()), 0, have, size-have); {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOSYS):
			return f.Truncate(size)
		default:
			return os.NewSyscallError("fallocate", err)
		}
	}
}
