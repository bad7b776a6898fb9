//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package fsys

import (
	"io"
	"os"
)

// Lock implements [FS] without a lock: this system has none that ends with the process.
func (OS) Lock(name string) (io.Closer, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
}
