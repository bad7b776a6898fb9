package disk

import (
	"errors"
	"io"
)

// sector is as much as a disk loses at once, or more.
const sector = 4096

// readThrough fills b from off on, and returns how much of it there is in the file. What
// the disk has lost is zero; the error is for what may be read another time.
func readThrough(r io.ReaderAt, b []byte, off int64) (n int, err error) {
	n, err = r.ReadAt(b, off)
	if !lost(err) {
		return n, unlessEnd(err)
	}
	for n < len(b) {
		end := min(len(b), n+sector-int((off+int64(n))%sector))
		m, err := r.ReadAt(b[n:end], off+int64(n))
		switch {
		case lost(err):
			clear(b[n:end])
		case err != nil:
			return n + m, unlessEnd(err)
		}
		n = end
	}
	return n, nil
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
