package core

import (
	"hash/maphash"
	"sync"
)

// dedupWindow is how many ids at least are remembered: one generation. Two are held,
// about 3 MB when full.
const dedupWindow = 1 << 16

// dedup remembers the ids that senders gave, to take an event that is sent again
// only once. It holds 64-bit hashes under a random key: two of 65,536 ids collide
// with a probability below 10⁻⁹.
type dedup struct {
	mu       sync.Mutex
	seed     maphash.Seed
	young    map[uint64]struct{}
	old      map[uint64]struct{}
	capacity int
}

func newDedup() *dedup { return &dedup{seed: maphash.MakeSeed(), capacity: dedupWindow} }

// claim remembers an id, and reports false if it was claimed before.
func (d *dedup) claim(id string) bool {
	h := maphash.String(d.seed, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, seen := d.young[h]; seen {
		return false
	}
	if _, seen := d.old[h]; seen {
		return false
	}
	if len(d.young) >= d.capacity {
		d.old, d.young = d.young, nil
	}
	if d.young == nil {
		d.young = make(map[uint64]struct{})
	}
	d.young[h] = struct{}{}
	return true
}

// release forgets an id whose event was not taken after all.
func (d *dedup) release(id string) {
	h := maphash.String(d.seed, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.young, h)
	delete(d.old, h)
}

// forget forgets every id.
func (d *dedup) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.young, d.old = nil, nil
}
