package engine

import "sync"

// maxGroup is how many records a group has at most.
const maxGroup = 4096

// Grouped makes an engine of a store that takes one group after the other: what is appended while
// one is stored is the next. Every store that forms no groups itself is given these.
func Grouped(store func(recs [][]byte) error, close func() error) Engine {
	g := &grouped{store: store, close: close}
	g.wake.L = &g.mu
	g.storing.Go(g.run)
	return g
}

type grouped struct {
	store   func(recs [][]byte) error
	close   func() error
	storing sync.WaitGroup

	mu     sync.Mutex
	wake   sync.Cond
	queue  []*request
	closed bool
}

type request struct {
	recs [][]byte
	done chan error
}

var requests = sync.Pool{New: func() any { return &request{done: make(chan error, 1)} }}

func (g *grouped) Append(recs [][]byte) error {
	r := requests.Get().(*request)
	defer requests.Put(r)
	r.recs = recs
	g.mu.Lock()
	g.queue = append(g.queue, r)
	g.mu.Unlock()
	g.wake.Signal()
	return <-r.done
}

func (g *grouped) run() {
	var group []*request
	var recs [][]byte
	for {
		group, recs = g.take(group[:0], recs[:0])
		if len(group) == 0 {
			return
		}
		err := g.store(recs)
		for _, r := range group {
			r.done <- err
		}
	}
}

// take waits for requests; none means that it is closed.
func (g *grouped) take(group []*request, recs [][]byte) ([]*request, [][]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.queue) == 0 && !g.closed {
		g.wake.Wait()
	}
	n := 0
	for ; n < len(g.queue) && (n == 0 || len(recs)+len(g.queue[n].recs) <= maxGroup); n++ {
		recs = append(recs, g.queue[n].recs...)
	}
	group = append(group, g.queue[:n]...)
	g.queue = append(g.queue[:0], g.queue[n:]...)
	return group, recs
}

func (g *grouped) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.wake.Signal()
	g.storing.Wait()
	return g.close()
}
