package outbox

import (
	"os"
	"path/filepath"
	"time"
)

// startGrace is how long a process that was started may take to say that it flushes.
const startGrace = 2 * time.Second

// isDue reports whether a flush may be started. The time of the file says from when; one that is
// farther off than any flush sets it is of a clock that was set back.
func (b Box) isDue(now time.Time) bool {
	info, err := os.Stat(filepath.Join(b.Dir, dueFile))
	if err != nil {
		return true
	}
	wait := info.ModTime().Sub(now)
	return wait <= 0 || wait > b.longest()
}

// longest is as far in the future as a due time may be.
func (b Box) longest() time.Duration { return max(b.Pause, b.Gather+b.Patience) + startGrace }

// setDue says from when a flush may be started. Where it cannot, one may be started too early, and
// finds that another is under way.
func (b Box) setDue(at time.Time) {
	name := filepath.Join(b.Dir, dueFile)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_ = f.Close()
	}
	_ = os.Chtimes(name, at, at)
}
