package log

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/DeRuina/timberjack"
)

const day = 24 * time.Hour

// file is a file that is put aside when it is large or a day is over. Timberjack names,
// moves and expires the files; when that happens is decided here, because its own
// bounds are in whole megabytes, and a batch above them would never be written.
type file struct {
	path               string
	maxSize            int64
	maxAge, maxBackups int // days, files; 0: no bound
	log                *timberjack.Logger
	special            *os.File // instead of log: a device or a pipe
	info               fs.FileInfo
	size               int64
	written            time.Time // when the last event was
}

func newFile(o Options) (*file, error) {
	path, err := filepath.Abs(o.Path) // the host may change its directory
	if err != nil {
		return nil, fmt.Errorf("path: %w", err)
	}
	f := &file{path: path, maxSize: int64(o.MaxSize), maxBackups: o.MaxBackups}
	if f.maxSize == 0 {
		f.maxSize = defaultMaxSize
	}
	f.maxAge = int((o.MaxAge + day - 1) / day)
	return f, nil
}

func (f *file) Write(p []byte) (int, error) {
	if err := f.open(); err != nil {
		return 0, err
	}
	if f.special != nil {
		return f.special.Write(p)
	}
	now := time.Now()
	if reason := f.due(now, len(p)); reason != "" {
		if err := f.log.RotateWithReason(reason); err != nil {
			return 0, err
		}
		f.size, f.info = 0, nil
		f.prune()
	}
	n, err := f.log.Write(p)
	f.size += int64(n)
	f.written = now
	if f.info == nil {
		f.info, _ = os.Stat(f.path)
	}
	return n, err
}

// due says why the file is to be put aside before n more bytes, "" if it is not.
func (f *file) due(now time.Time, n int) string {
	switch {
	case f.size == 0:
		return ""
	case f.size+int64(n) > f.maxSize:
		return "size"
	case f.maxAge > 0 && f.written.UTC().Truncate(day) != now.UTC().Truncate(day):
		return "time"
	}
	return ""
}

// open makes sure that what is written goes to the file that is at path now: somebody
// else may have moved or removed it.
func (f *file) open() error {
	ragged := false
	info, err := os.Stat(f.path)
	if f.special != nil || f.log != nil && err == nil && f.info != nil && os.SameFile(info, f.info) {
		return nil
	}
	if f.log != nil {
		_ = f.log.Close() // nothing is buffered
		f.log = nil
	}
	f.size, f.info = 0, nil
	switch {
	case err == nil && !info.Mode().IsRegular():
		return f.openSpecial()
	case err == nil:
		// Timberjack would move away a file that it may not write to.
		trial, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_ = trial.Close()
		if info.Mode().Perm()&0o077 != 0 { // somebody else made it, or an earlier version
			_ = os.Chmod(f.path, 0o600)
		}
		f.size, f.written, f.info = info.Size(), info.ModTime(), info
		ragged = !endsLine(f.path, f.size)
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
			return err
		}
	default:
		return err
	}
	f.log = &timberjack.Logger{
		Filename: f.path, FileMode: 0o600,
		MaxSize: math.MaxInt32, // megabytes: never reached
		MaxAge:  f.maxAge, MaxBackups: f.maxBackups, Compression: "none",
	}
	if ragged {
		n, err := f.log.Write([]byte{'\n'})
		f.size += int64(n)
		return err
	}
	return nil
}

// endsLine reports whether a file of that size ends with a line end, or cannot be read. One
// that does not was left by a process that ended in the middle of a line.
func endsLine(path string, size int64) bool {
	if size == 0 {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	last := []byte{'\n'}
	_, err = f.ReadAt(last, size-1)
	return err != nil || last[0] == '\n'
}

// openSpecial opens a device or a pipe, without waiting for somebody to read the pipe.
func (f *file) openSpecial() (err error) {
	f.special, err = os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	return err
}

func (f *file) cut(n int) bool {
	if f.special != nil || f.log == nil {
		return false
	}
	f.size -= int64(n)
	return os.Truncate(f.path, f.size) == nil
}

// check tries to open the file for writing, or to make another beside it.
func (f *file) check() error {
	existing, err := os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if err == nil {
		return existing.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(f.path)
	for { // the nearest directory that is there
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	trial, err := os.CreateTemp(dir, ".headgate-check-*")
	if err != nil {
		return err
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

func (f *file) close() error {
	var closers []io.Closer
	if f.log != nil {
		closers = append(closers, f.log)
	}
	if f.special != nil {
		closers = append(closers, f.special)
	}
	f.log, f.special = nil, nil
	var err error
	for _, c := range closers {
		err = errors.Join(err, c.Close())
	}
	return err
}
