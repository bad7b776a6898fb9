package fake

import (
	"net"
	"sync"
)

// gate is a listener that can hang up on everybody.
type gate struct {
	net.Listener
	mu     sync.Mutex
	closed bool
	made   int
	conns  map[string]*conn // by the address of the other side
}

// conn is a connection that the gate knows of.
type conn struct {
	net.Conn
	gate  *gate
	once  sync.Once
	mu    sync.Mutex
	quiet chan struct{} // closed when nothing is to come through any more
	done  chan struct{} // closed when the connection is
}

func newGate(ln net.Listener) *gate { return &gate{Listener: ln, conns: map[string]*conn{}} }

// Accept lets somebody in, unless the gate is shut.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g.mu.Lock()
		if g.closed {
			g.mu.Unlock()
			_ = c.Close()
			continue
		}
		known := &conn{Conn: c, gate: g, quiet: make(chan struct{}), done: make(chan struct{})}
		g.conns[c.RemoteAddr().String()] = known
		g.made++
		g.mu.Unlock()
		return known, nil
	}
}

func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	conns := g.conns
	g.conns = map[string]*conn{}
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

func (g *gate) open() {
	g.mu.Lock()
	g.closed = false
	g.mu.Unlock()
}

func (g *gate) silence() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.conns {
		c.hush()
	}
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.made
}

// present returns how many are connected.
func (g *gate) present() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}

// cut hangs up on one.
func (g *gate) cut(address string) {
	g.mu.Lock()
	c := g.conns[address]
	delete(g.conns, address)
	g.mu.Unlock()
	if c != nil {
		_ = c.Close()
	}
}

func (c *conn) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.quiet:
	default:
		close(c.quiet)
	}
}

func (c *conn) isQuiet() bool {
	select {
	case <-c.quiet:
		return true
	default:
		return false
	}
}

// Read waits until the connection is closed once it is quiet.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.isQuiet() {
		<-c.done
		return 0, net.ErrClosed
	}
	return n, err
}

// Write loses what is written once the connection is quiet.
func (c *conn) Write(b []byte) (int, error) {
	if c.isQuiet() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// Close closes the connection.
func (c *conn) Close() error {
	c.once.Do(func() { close(c.done) })
	c.gate.mu.Lock()
	if c.gate.conns[c.RemoteAddr().String()] == c {
		delete(c.gate.conns, c.RemoteAddr().String())
	}
	c.gate.mu.Unlock()
	return c.Conn.Close()
}
