package disk

import (
	"errors"
	"io/fs"
	"syscall"
)

// full reports whether an error says that there is no room on the disk, or none for this
// user or process.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		errors.Is(err, syscall.EFBIG) || errors.Is(err, errDiskFull)
}

// lost reports whether an error says that the disk cannot read what it has.
func lost(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, errLostSector)
}

// passing reports whether an error may pass, by itself or by what an operator does about the
// disk: a queue that meets it starts all the same.
func passing(err error) bool {
	return full(err) || lost(err) || errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ESTALE)
}
