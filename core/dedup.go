package core

import (
	"hash/maphash"
	"sync"
)

// dedupWindow is how many ids at least are remembered: one generation. Two are held,
// about 3 MB when full.
const dedupWindow = 1 << 16

// claim is what became of the claim to an id.
type claim uint8

const (
	claimed       claim = iota // the id is new; settle says what became of its event
	claimedBefore              // an event with the id was accepted
	claimPending               // an event with the id is on its way
)

// dedup remembers the ids that senders gave, to take an event that is sent again
// only once. It holds 64-bit hashes under a random key: two of 65,536 ids collide
// with a probability below 10⁻⁹.
type dedup struct {
	mu       sync.Mutex
	seed     maphash.Seed
	pending  map[uint64]struct{}
	young    map[uint64]struct{}
	old      map[uint64]struct{}
	capacity int
}

func newDedup() *dedup {
	return &dedup{seed: maphash.MakeSeed(), capacity: dedupWindow, pending: make(map[uint64]struct{})}
}

// claim says whether an id was seen before, and if not, that it is on its way.
func (d *dedup) claim(id string) claim {
	h := maphash.String(d.seed, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, seen := d.young[h]; seen {
		return claimedBefore
	}
	if _, seen := d.old[h]; seen {
		return claimedBefore
	}
	if _, pending := d.pending[h]; pending {
		return claimPending
	}
	d.pending[h] = struct{}{}
	return claimed
}

// settle remembers a claimed id, or forgets it if its event was not accepted after all.
func (d *dedup) settle(id string, accepted bool) {
	h := maphash.String(d.seed, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pending, h)
	if !accepted {
		return
	}
	if len(d.young) >= d.capacity {
		d.old, d.young = d.young, nil
	}
	if d.young == nil {
		d.young = make(map[uint64]struct{})
	}
	d.young[h] = struct{}{}
}

// forget forgets every id.
func (d *dedup) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.young, d.old = nil, nil
}
