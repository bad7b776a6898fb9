package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// Forget erases what the queue and the dead letters have of a person on disk or in a stream, also the
// dead letters of sinks that the file does not name any more. It fails while a process uses them
// on disk: that process is to be asked, see [core.Dispatcher.Forget].
func (f *File) Forget(ctx context.Context, who core.Person, opts ...core.Option) (forgotten core.Forgotten, err error) {
	forgotten.DeadLetters = make(map[string]int)
	eraser, err := core.NewEraser(f.Core(), who, opts...)
	if err != nil {
		return forgotten, err
	}
	var errs []error
	dirs := f.keptLogs()
	switch f.Queue.Type {
	case "memory":
	case "disk":
		errs = append(errs, disk.Rewrite(dirs[0], eraser.Match, eraser.Erase))
		dirs = dirs[1:]
	default:
		errs = append(errs, f.rewriteRemote(ctx, eraser))
	}
	forgotten.Events = eraser.Count()
	for _, dir := range dirs {
		errs = append(errs, disk.Rewrite(dir, eraser.Match, eraser.Erase))
		if n := eraser.Count(); n > 0 {
			forgotten.DeadLetters[filepath.Base(dir)] = n
		}
	}
	return forgotten, errors.Join(errs...)
}

func (f *File) rewriteRemote(ctx context.Context, eraser *core.Eraser) error {
	registered, ok := f.registry.LookupQueue(f.Queue.Type)
	if !ok || f.unresolved || registered.Rewrite == nil {
		return fmt.Errorf("nobody can be taken out of a queue of type %s", f.Queue.Type)
	}
	return guard(func() error { return registered.Rewrite(ctx, f.Queue.QueueOptions, eraser.Match, eraser.Erase) })
}
