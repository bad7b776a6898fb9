package outbox

import (
	"errors"
	"path/filepath"

	"github.com/headgate-dev/headgate/core/queue/disk"
)

// Purge deletes what waits in the box, and the dead letters, and returns how many events that were. What
// another process uses is left, and told of by the error.
func (b Box) Purge() (events uint64, err error) {
	if !filepath.IsAbs(b.Dir) {
		return 0, errors.New("outbox: Dir is not an absolute path")
	}
	logs := disk.Slots(b.Dir)
	letters, _ := filepath.Glob(filepath.Join(b.Dir, lettersSubdir, "*"))
	var errs []error
	for _, dir := range append(logs, letters...) {
		n, err := disk.Purge(dir)
		events += n
		errs = append(errs, err)
	}
	return events, errors.Join(errs...)
}
