package outbox

import (
	"errors"
	"path/filepath"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// logs returns the directories of the slots that have events, and of the dead letters.
func (b Box) logs() (slots, letters []string, err error) {
	if !filepath.IsAbs(b.Dir) {
		return nil, nil, errors.New("outbox: Dir is not an absolute path")
	}
	letters, _ = filepath.Glob(filepath.Join(b.Dir, lettersSubdir, "*"))
	return disk.Slots(b.Dir), letters, nil
}

// Purge deletes what waits in the box, and the dead letters, and returns how many events that were. What
// another process uses is left, and told of by the error.
func (b Box) Purge() (events uint64, err error) {
	slots, letters, err := b.logs()
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, dir := range append(slots, letters...) {
		n, err := disk.Purge(dir)
		events += n
		errs = append(errs, err)
	}
	return events, errors.Join(errs...)
}

// Forget erases what waits in the box of a person, and the dead letters, as [core.Dispatcher.Forget] does. It
// fails for what another process uses, be it a run of the program or the flush after it: call it again
// when that has ended. What runs store meanwhile stays.
func (b Box) Forget(who core.Person) (f core.Forgotten, err error) {
	f.DeadLetters = make(map[string]int)
	slots, letters, err := b.logs()
	if err != nil {
		return f, err
	}
	if b.Config == nil {
		return f, errors.New("outbox: no Config")
	}
	eraser, err := core.NewEraser(b.Config(), who, b.Options...)
	if err != nil {
		return f, err
	}
	var errs []error
	erase := func(dir string) int {
		if err := disk.Rewrite(dir, eraser.Match, eraser.Erase); err != nil {
			errs = append(errs, err)
		}
		return eraser.Count()
	}
	for _, dir := range slots {
		f.Events += erase(dir)
	}
	for _, dir := range letters {
		if n := erase(dir); n > 0 {
			f.DeadLetters[filepath.Base(dir)] = n
		}
	}
	return f, errors.Join(errs...)
}
