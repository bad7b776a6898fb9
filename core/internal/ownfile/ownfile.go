// Package ownfile writes small files that only their owner may read, as a whole or not at all.
package ownfile

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace writes a file in place of what has its name.
func Replace(path string, data []byte) error {
	return write(path, data, os.Rename)
}

// Create writes a file whose name nobody has taken: of several processes that do so at once, the first wins,
// and the error of the others is [io/fs.ErrExist]. It fails where the file system has no links.
func Create(path string, data []byte) error {
	return write(path, data, os.Link)
}

// write writes a file of another name beside it, puts it where it belongs, and removes what is left.
func write(path string, data []byte, place func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // CreateTemp makes files 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return place(f.Name(), path)
}
