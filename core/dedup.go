package core

import (
	"context"
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
	pending  map[uint64]chan struct{} // closed when settled; nil while nobody waits
	young    map[uint64]struct{}
	old      map[uint64]struct{}
	capacity int
}

func newDedup() *dedup {
	return &dedup{seed: maphash.MakeSeed(), capacity: dedupWindow, pending: make(map[uint64]chan struct{})}
}

// claim reports whether an id is new; then settle must say what became of its event.
// While an event with the same id is on its way it waits, for should that one find no
// room, this one is the first. The error is the context's.
func (d *dedup) claim(ctx context.Context, id string) (fresh bool, err error) {
	for {
		fresh, settled := d.try(id)
		if settled == nil {
			return fresh, nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// try claims an id, or returns what is closed when the event that has claimed it is settled.
func (d *dedup) try(id string) (fresh bool, settled <-chan struct{}) {
	h := maphash.String(d.seed, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, seen := d.young[h]; seen {
		return false, nil
	}
	if _, seen := d.old[h]; seen {
		return false, nil
	}
	waiting, pending := d.pending[h]
	if !pending {
		d.pending[h] = nil
		return true, nil
	}
	if waiting == nil {
		waiting = make(chan struct{})
		d.pending[h] = waiting
	}
	return false, waiting
}

// settle remembers a claimed id, or forgets it if its event was not accepted after all.
func (d *dedup) settle(id string, accepted bool) {
	h := maphash.String(d.seed, id)
	d.mu.Lock()
	defer d.mu.Unlock()
	if settled := d.pending[h]; settled != nil {
		close(settled)
	}
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
