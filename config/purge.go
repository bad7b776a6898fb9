package config

import (
	"context"
	"errors"
	"fmt"
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

// keptLogs returns the directories of the logs that are on disk.
func (f *File) keptLogs() []string {
	if !f.KeepsLetters() {
		return nil
	}
	logs := QueueLogs(f.Queue.Dir)
	if f.Queue.Type != "disk" {
		logs = logs[1:] // only dead letters are there
	}
	return logs
}

// Purge deletes what the queue and the dead letters have on disk, also those of sinks that the
// file does not name any more, and returns how many events that were. It fails while a
// process uses them. A queue that is elsewhere is emptied for every process that shares it.
func (f *File) Purge(ctx context.Context) (events uint64, err error) {
	var errs []error
	switch f.Queue.Type {
	case "memory", "disk":
	default:
		n, err := f.purgeRemote(ctx)
		events, errs = n, append(errs, err)
	}
	for _, dir := range f.keptLogs() {
		n, err := disk.Purge(dir)
		events += n
		errs = append(errs, err)
	}
	return events, errors.Join(errs...)
}

func (f *File) purgeRemote(ctx context.Context) (events uint64, err error) {
	registered, ok := f.registry.LookupQueue(f.Queue.Type)
	if !ok || f.unresolved {
		return 0, fmt.Errorf("the queue of type %s cannot be emptied", f.Queue.Type)
	}
	err = guard(func() (err error) {
		events, err = registered.Purge(ctx, f.Queue.QueueOptions)
		return err
	})
	return events, err
}
