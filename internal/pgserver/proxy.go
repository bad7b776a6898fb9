//go:build unix

package pgserver

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"
)

// Proxy hands TCP connections on to a server, and cuts them when it is told to.
type Proxy struct {
	ln     net.Listener
	target string
	wg     sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	after  int64  // bytes that may still pass to the server before all is cut; below 0: any number
	taken  int    // connections accepted
	asked  int    // statements that clients have sent
	refuse bool   // new connections are closed at once
	loseTo []byte // nil, or what the client sends before the answer that gets lost
	lose   bool   // the next answer is not handed on, and all is cut instead
}

// NewProxy listens on the loopback interface for a server. Close ends it.
func (s *Server) NewProxy() (*Proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{ln: ln, target: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), conns: make(map[net.Conn]bool), after: -1}
	p.wg.Go(p.accept)
	return p, nil
}

// Port returns the port that the proxy listens on.
func (p *Proxy) Port() int { return p.ln.Addr().(*net.TCPAddr).Port }

// Connections returns how many connections were made so far.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

// Statements returns how many statements were sent so far, over connections without TLS.
func (p *Proxy) Statements() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// Cut breaks every connection there is.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
}

// CutAfter breaks every connection once the server was sent n more bytes. What follows
// the cut passes again.
func (p *Proxy) CutAfter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.after = n
}

// Refuse breaks every connection, and those that are attempted from now on as soon as
// they are made, until it is called with false.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
	if refuse {
		p.cut()
	}
}

// LoseAnswerTo breaks every connection as soon as the server answers to a message that has a
// text in it: it has done what it was asked for, and nobody will know.
func (p *Proxy) LoseAnswerTo(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loseTo = []byte(text)
}

// CopyDone is what a client sends at the end of a COPY.
const CopyDone = "c\x00\x00\x00\x04"

func (p *Proxy) cut() {
	p.after = -1
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, as of a firewall that forgot the connection
		}
		_ = c.Close()
	}
	clear(p.conns)
}

// Close ends the proxy and all connections through it.
func (p *Proxy) Close() {
	_ = p.ln.Close()
	p.Cut()
	p.wg.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.taken++
		p.conns[client], p.conns[server] = true, true
		if p.refuse {
			p.cut()
		}
		p.mu.Unlock()
		p.wg.Go(func() { p.pass(server, &metered{Conn: client, p: p}) })
		p.wg.Go(func() { p.pass(client, &answers{server, p}) })
	}
}

// pass copies until either side ends, and then ends the other.
func (p *Proxy) pass(to net.Conn, from io.Reader) {
	_, _ = io.Copy(to, from)
	p.mu.Lock()
	delete(p.conns, to)
	p.mu.Unlock()
	_ = to.Close()
}

// metered counts what a client sends.
type metered struct {
	net.Conn
	p       *Proxy
	started bool   // the first message, which has no type, is over
	header  []byte // of the message that has begun
	body    int    // what is to come of it
}

// count notes the messages that b has the beginnings of.
func (m *metered) count(b []byte) (statements int) {
	for len(b) > 0 {
		if m.body > 0 {
			n := min(m.body, len(b))
			m.body, b = m.body-n, b[n:]
			continue
		}
		m.header, b = append(m.header, b[0]), b[1:]
		size := 5 // a type and a length, which counts itself
		if !m.started {
			size = 4
		}
		if len(m.header) < size {
			continue
		}
		if kind := m.header[0]; m.started && (kind == 'Q' || kind == 'P') { // Query, Parse
			statements++
		}
		m.body = int(binary.BigEndian.Uint32(m.header[size-4:])) - 4
		m.started, m.header = true, m.header[:0]
	}
	return statements
}

// Read cuts all connections instead of handing on what is beyond the allowance.
func (m *metered) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.p.mu.Lock()
	defer m.p.mu.Unlock()
	m.p.asked += m.count(b[:n])
	if m.p.loseTo != nil && bytes.Contains(b[:n], m.p.loseTo) {
		m.p.loseTo, m.p.lose = nil, true
	}
	if m.p.after >= 0 && n > 0 {
		if m.p.after -= int64(n); m.p.after < 0 {
			m.p.cut()
			return 0, io.EOF
		}
	}
	return n, err
}

// answers are what a server sends.
type answers struct {
	net.Conn
	p *Proxy
}

// Read cuts all connections instead of handing on an answer that is to be lost.
func (a *answers) Read(b []byte) (int, error) {
	n, err := a.Conn.Read(b)
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	if a.p.lose && n > 0 {
		a.p.lose = false
		a.p.cut()
		return 0, io.EOF
	}
	return n, err
}
