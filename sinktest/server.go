package sinktest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is an HTTP server on a TCP port of this machine that answers as it is told,
// misbehaves as it is told, and remembers what it was sent. It speaks HTTP/1.1 without TLS.
type Server struct {
	// URL is where the server is: scheme, address and port, and no path.
	URL string
	// OnHead, if not nil, is asked about a request of which only the head was read. If it
	// returns true, its answer is given, and the connection closed, with the body unread. Set
	// it before the first request.
	OnHead func(Request) (Answer, bool)

	respond  func(Request) Answer
	listener net.Listener
	group    sync.WaitGroup

	mu       sync.Mutex
	open     map[net.Conn]bool
	accepted int
	requests []Request
	overread int // answers without end that were read to their end
	closed   bool
}

// Request is what a [Server] was sent.
type Request struct {
	// Index counts the requests of a server, from 0.
	Index  int
	Method string
	// Path and Query are as they were sent.
	Path, Query string
	Header      http.Header
	// Body is unpacked if it came with gzip; nil if it was not read.
	Body []byte
	// At is when the request had arrived.
	At time.Time
}

// NewServer starts a server, which is closed when the test is over. respond answers a request;
// it is called from several goroutines at once. If it is nil, the answer is 200.
func NewServer(t testing.TB, respond func(Request) Answer) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if respond == nil {
		respond = func(Request) Answer { return Answer{} }
	}
	s := &Server{URL: "http://" + listener.Addr().String(), respond: respond, listener: listener, open: map[net.Conn]bool{}}
	s.group.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Requests returns what has arrived so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Connections returns how many connections were made so far, with a request or without.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Close hangs up and frees the port. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	_ = s.listener.Close()
	for conn := range s.open {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.group.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = conn.Close()
			return
		}
		s.accepted++
		s.open[conn] = true
		s.mu.Unlock()
		s.group.Go(func() { s.serve(conn) })
	}
}

// serve answers the requests of a connection until one ends it.
func (s *Server) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
	}()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil || !s.exchange(conn, in, r) {
			return
		}
	}
}

// exchange answers one request, and reports whether another may follow.
func (s *Server) exchange(conn net.Conn, in *bufio.Reader, r *http.Request) (more bool) {
	got := Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, At: time.Now()}
	if r.Host != "" {
		got.Header.Set("Host", r.Host)
	}
	if s.OnHead != nil {
		if answer, early := s.OnHead(got); early {
			s.remember(&got)
			if answer.give(s, conn, in, r.Method) {
				linger(conn, in)
			}
			return false
		}
	}
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return false
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	got.Body, got.At = unpacked(body, r.Header.Get("Content-Encoding")), time.Now()
	s.remember(&got)
	return s.respond(got).give(s, conn, in, r.Method) && !r.Close
}

// linger takes what is still sent, for a while: a connection that is closed on unread bytes is
// reset, and the answer lost.
func linger(conn net.Conn, in io.Reader) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, in)
}

func (s *Server) remember(r *Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Index = len(s.requests)
	s.requests = append(s.requests, *r)
}

// unpacked returns a body as it was before it was compressed; as it came, if that is not known.
func unpacked(body []byte, encoding string) []byte {
	if !strings.EqualFold(encoding, "gzip") {
		return body
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return body
	}
	return plain
}
