//go:build unix

package log

import (
	"os"
	"syscall"
)

// duplicate opens stdout or stderr once more, under another number. The Go runtime ends
// the process when it writes to 1 or 2 and nobody reads any more (see os/signal); telemetry
// must not end its host, and under another number gets an error instead. It returns nil
// for any other file.
func duplicate(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	number, dupErr := -1, error(nil)
	err = raw.Control(func(fd uintptr) {
		if fd != 1 && fd != 2 {
			return
		}
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if number, dupErr = syscall.Dup(int(fd)); dupErr == nil {
			syscall.CloseOnExec(number)
		}
	})
	if err != nil || dupErr != nil || number < 0 {
		return nil, err
	}
	return os.NewFile(uintptr(number), f.Name()), nil
}
