package config

import (
	"errors"
	"path/filepath"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// Forget erases what the queue and the dead letters have on disk of a person, also the dead
// letters of sinks that the file does not name any more. It fails while a process uses them:
// that process is to be asked, see [core.Dispatcher.Forget].
func (f *File) Forget(who core.Person, opts ...core.Option) (forgotten core.Forgotten, err error) {
	forgotten.DeadLetters = make(map[string]int)
	eraser, err := core.NewEraser(f.Core(), who, opts...)
	if err != nil || f.Queue.Type != "disk" {
		return forgotten, err
	}
	var errs []error
	for i, dir := range QueueLogs(f.Queue.Dir) {
		errs = append(errs, disk.Rewrite(dir, eraser.Match, eraser.Erase))
		switch n := eraser.Count(); {
		case i == 0:
			forgotten.Events = n
		case n > 0:
			forgotten.DeadLetters[filepath.Base(dir)] = n
		}
	}
	return forgotten, errors.Join(errs...)
}
