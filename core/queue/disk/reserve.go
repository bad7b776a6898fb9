package disk

import (
	"errors"
	"io/fs"
	"sync"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// maxReserve is as much as a batch or two in hand take.
const maxReserve = 2 << 20

// reserve is a file that only takes up room. On a disk that is full it gives way for what is
// in hand of a segment, so that the segment can be removed.
type reserve struct {
	fs   fsys.FS
	path string
	size int64

	mu     sync.Mutex
	wanted bool
	made   bool
}

// make sets the room aside for as long as the log is open.
func (r *reserve) make() {
	r.mu.Lock()
	r.wanted = true
	r.mu.Unlock()
	r.renew()
}

// renew sets the room aside if it should be and is not, and the disk has so much.
func (r *reserve) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made || !r.wanted {
		return
	}
	f, err := r.fs.Create(r.path)
	if err != nil {
		return
	}
	err = f.Reserve(r.size)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = r.fs.Remove(r.path)
		return
	}
	r.made = true
}

// release gives the room up, and reports whether there was any.
func (r *reserve) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.made {
		return false
	}
	r.made = false
	return r.fs.Remove(r.path) == nil
}

// remove gives the room up when the log is closed.
func (r *reserve) remove() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made, r.wanted = false, false
	if err := r.fs.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // it is made anew when the log is opened
	}
}
