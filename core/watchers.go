package core

import (
	"slices"
	"sync"
	"sync/atomic"
)

// watchers are those who want to be told something. While there are none, nothing is spent.
type watchers[T any] struct {
	mu  sync.Mutex
	all atomic.Pointer[[]*watcher[T]] // nil: nobody
}

type watcher[T any] struct{ tell func(T) }

// add has f told until remove is called.
func (w *watchers[T]) add(f func(T)) (remove func()) {
	added := &watcher[T]{f}
	w.change(func(all []*watcher[T]) []*watcher[T] { return append(all, added) })
	return sync.OnceFunc(func() {
		w.change(func(all []*watcher[T]) []*watcher[T] {
			return slices.DeleteFunc(all, func(other *watcher[T]) bool { return other == added })
		})
	})
}

// change replaces the list, which whoever reads it may go on using.
func (w *watchers[T]) change(f func([]*watcher[T]) []*watcher[T]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []*watcher[T]
	if before := w.all.Load(); before != nil {
		all = slices.Clone(*before)
	}
	if all = f(all); len(all) == 0 {
		w.all.Store(nil)
		return
	}
	w.all.Store(&all)
}

// any reports whether there is somebody to tell.
func (w *watchers[T]) any() bool { return w != nil && w.all.Load() != nil }

// tell tells everybody.
func (w *watchers[T]) tell(what T) {
	all := w.all.Load()
	if all == nil {
		return
	}
	for _, to := range *all {
		to.call(what)
	}
}

func (w *watcher[T]) call(what T) {
	defer func() { _ = recover() }() // what only looks must not hurt delivery
	w.tell(what)
}
