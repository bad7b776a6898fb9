package server

import (
	"context"
	"sync"
)

// door counts the requests inside, and once closed lets no more in.
type door struct {
	mu     sync.Mutex
	closed bool
	inside int
	empty  chan struct{} // closed when the door is and nobody is inside
}

func newDoor() *door { return &door{empty: make(chan struct{})} }

// enter reports whether the door is open, in which case leave must follow.
func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.inside++
	return true
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside--; d.closed && d.inside == 0 {
		close(d.empty)
	}
}

func (d *door) isOpen() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed
}

// close lets nobody in any more and waits until everybody has left, or ctx is done.
func (d *door) close(ctx context.Context) error {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		if d.inside == 0 {
			close(d.empty)
		}
	}
	d.mu.Unlock()
	select {
	case <-d.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
