//go:build unix

package fsys

import (
	"errors"
	"os"
	"syscall"
)

// SyncDir implements [FS].
func (OS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // the file system has no such thing, and keeps directories by itself
	}
	return errors.Join(err, d.Close())
}
