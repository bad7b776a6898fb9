package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/core/queue/disk"
)

// Purge deletes what the queue and the dead letters have on disk, also those of sinks that the
// file does not name any more, and returns how many events that were. It fails while a
// process uses them.
func (f *File) Purge() (events uint64, err error) {
	if f.Queue.Type != "disk" {
		return 0, nil
	}
	dirs := []string{filepath.Join(f.Queue.Dir, queueSubdir)}
	letters := filepath.Join(f.Queue.Dir, lettersSubdir)
	entries, err := os.ReadDir(letters)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("purge the dead letters: %w", err)
	}
	for _, e := range entries {
		dirs = append(dirs, filepath.Join(letters, e.Name()))
	}
	var errs []error
	for _, dir := range dirs {
		n, err := disk.Purge(dir)
		events += n
		errs = append(errs, err)
	}
	return events, errors.Join(errs...)
}
