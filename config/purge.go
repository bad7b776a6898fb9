package config

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/core/queue/disk"
)

// QueueLogs returns the directories of the logs in the directory of a disk queue: the queue's,
// then those of the dead letters, one for each sink that has had some. A directory that is
// itself that of a log stands for itself.
func QueueLogs(dir string) []string {
	logs := []string{filepath.Join(dir, queueSubdir)}
	if _, err := os.Stat(logs[0]); err != nil {
		logs[0] = dir
	}
	letters, _ := filepath.Glob(filepath.Join(dir, lettersSubdir, "*"))
	return append(logs, letters...)
}

// Purge deletes what the queue and the dead letters have on disk, also those of sinks that the
// file does not name any more, and returns how many events that were. It fails while a
// process uses them.
func (f *File) Purge() (events uint64, err error) {
	if f.Queue.Type != "disk" {
		return 0, nil
	}
	var errs []error
	for _, dir := range QueueLogs(f.Queue.Dir) {
		n, err := disk.Purge(dir)
		events += n
		errs = append(errs, err)
	}
	return events, errors.Join(errs...)
}
