// Package fsys is the little of a file system that the queue needs, so that tests can put
// one that fails, fills up or loses power in its place.
package fsys

import (
	"errors"
	"fmt"
	"io"
)

// FS is a file system. Its errors wrap those of the operating system, so that
// [errors.Is] finds [io/fs.ErrNotExist], syscall.ENOSPC and the like.
type FS interface {
	// Open opens a file that exists.
	Open(name string, access Access) (File, error)
	// Create makes an empty file, readable by its owner alone, in place of any of that name.
	Create(name string) (File, error)
	// MakeDir makes a directory, and those above it that are missing, open to their owner alone.
	// They are on stable storage when it returns.
	MakeDir(name string) error
	// List returns the names in a directory, sorted.
	List(dir string) ([]string, error)
	Remove(name string) error
	// Rename puts a file in the place of another, or of none.
	Rename(from, to string) error
	// SyncDir puts the entries of a directory on stable storage.
	SyncDir(dir string) error
	// Lock takes a lock that one process can have; a *LockedError says that another has it.
	// It ends with the process, or when it is closed.
	Lock(name string) (io.Closer, error)
}

// Access says what a file is opened for.
type Access uint8

// What a file is opened for.
const (
	Read Access = iota
	ReadWrite
)

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Reserve makes the file at least so long, and has room on the disk for it where the
	// file system can promise that.
	Reserve(size int64) error
	// Sync puts what was written on stable storage.
	Sync() error
}

// ErrLocked is what every *LockedError is.
var ErrLocked = errors.New("another process uses it")

// LockedError says that another process has the lock.
type LockedError struct {
	Name string
	PID  int // 0: not known
}

// Error names the process.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another process has locked %s", e.Name)
	}
	return fmt.Sprintf("process %d has locked %s", e.PID, e.Name)
}

// Is makes it ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }
