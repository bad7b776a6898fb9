//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fsys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// Lock implements [FS] with flock. The file stays: removing it would let two processes
// have locks on different files of that name. On a disk that cannot be written the lock
// is taken on the file as it is.
func (OS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	writable := err == nil
	if errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = &LockedError{Name: name, PID: readPID(f)}
		}
		return nil, errors.Join(err, f.Close())
	}
	if writable {
		writePID(f)
	}
	return f, nil
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// writePID says whose the lock is. That it may fail, as on a full disk, does no harm.
func writePID(f *os.File) {
	_ = f.Chmod(fileMode)
	text := fmt.Appendf(nil, "%d\n", os.Getpid())
	if n, err := f.WriteAt(text, 0); err == nil {
		_ = f.Truncate(int64(n))
	}
}

func readPID(f *os.File) int {
	text := make([]byte, 32)
	n, _ := f.ReadAt(text, 0)
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text[:n])))
	if err != nil {
		return 0
	}
	return pid
}
