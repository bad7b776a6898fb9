package sinktest

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Answer is what a [Server] does about a request. The zero Answer is 200 without a body.
type Answer struct {
	// Status is 200 if zero.
	Status int
	Header map[string]string
	Body   string
	// Delay passes before the answer is begun.
	Delay time.Duration
	// Fault is how the answer goes wrong, if it does.
	Fault Fault
}

// Fault is a way in which a server misbehaves.
type Fault int

// The faults. Those that begin with Hang last until the client hangs up.
const (
	// NoFault is an answer as it should be.
	NoFault Fault = iota
	// Hang answers nothing.
	Hang
	// HangUp closes the connection in place of an answer.
	HangUp
	// Reset resets the connection in place of an answer.
	Reset
	// HalfClose ends what the server sends, in place of an answer, and reads on.
	HalfClose
	// CutStatusLine hangs up within the first line.
	CutStatusLine
	// NotHTTP sends a line of another protocol.
	NotHTTP
	// HangInHeader sends the status and hangs within the header.
	HangInHeader
	// EndlessHeader sends header lines for as long as they are read, at most 24 MiB.
	EndlessHeader
	// CutBody announces a longer body than it sends, and hangs up.
	CutBody
	// HangInBody announces a longer body than it sends, and hangs.
	HangInBody
	// SlowBody sends a body of any length, ten bytes a second.
	SlowBody
	// EndlessBody sends a body for as long as it is read, at most 24 MiB.
	EndlessBody
	// HugeBody announces a body of 10 GB and goes on as EndlessBody does.
	HugeBody
	// BadChunks sends a chunk whose size is no number.
	BadChunks
	// CutChunks sends a chunk and hangs up without the one that ends a body.
	CutChunks
)

var faultNames = []string{
	"NoFault", "Hang", "HangUp", "Reset", "HalfClose", "CutStatusLine", "NotHTTP", "HangInHeader", "EndlessHeader", "CutBody",
	"HangInBody", "SlowBody", "EndlessBody", "HugeBody", "BadChunks", "CutChunks",
}

// String returns the name of the fault.
func (f Fault) String() string {
	if f < 0 || int(f) >= len(faultNames) {
		return fmt.Sprintf("Fault(%d)", int(f))
	}
	return faultNames[f]
}

const (
	// endless is where an answer without end ends: far beyond what an answer is, and what the
	// buffers of a connection hold.
	endless = 24 << 20
	// dripping is the time between the bytes of a slow body.
	dripping = 100 * time.Millisecond
)

// give does what the answer says, and reports whether the connection can be used again.
func (a Answer) give(s *Server, conn net.Conn, in *bufio.Reader, method string) (again bool) {
	if a.Delay > 0 && !waits(conn, in, a.Delay) {
		return false
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	out := bufio.NewWriter(conn)
	hang := func() { _ = out.Flush(); _, _ = io.Copy(io.Discard, in) }
	switch a.Fault {
	case NoFault:
		a.head(out, fmt.Sprintf("Content-Length: %d", len(a.Body)))
		if method != http.MethodHead {
			_, _ = io.WriteString(out, a.Body)
		}
		return out.Flush() == nil
	case Hang:
		hang()
	case Reset:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	case HalfClose:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		hang()
	case CutStatusLine:
		_, _ = io.WriteString(out, "HTTP/1.1 20")
	case NotHTTP:
		_, _ = io.WriteString(out, "220 mail.example.com ESMTP\r\n")
	case HangInHeader:
		_, _ = fmt.Fprintf(out, "HTTP/1.1 %d x\r\nX-Half: ", a.Status)
		hang()
	case EndlessHeader:
		_, _ = fmt.Fprintf(out, "HTTP/1.1 %d x\r\n", a.Status)
		s.stream(out, "X-More: "+strings.Repeat("a", 4086)+"\r\n")
	case CutBody, HangInBody:
		a.head(out, fmt.Sprintf("Content-Length: %d", len(a.Body)+100))
		_, _ = io.WriteString(out, a.Body)
		if a.Fault == HangInBody {
			hang()
		}
	case SlowBody:
		a.head(out, "Connection: close")
		for out.Flush() == nil && waits(conn, in, dripping) {
			_, _ = io.WriteString(out, "a")
		}
	case EndlessBody, HugeBody:
		length := "Connection: close"
		if a.Fault == HugeBody {
			length = "Content-Length: 10000000000"
		}
		a.head(out, length)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetWriteBuffer(64 << 10) // what nobody reads is not to fill memory
		}
		s.stream(out, strings.Repeat("a", 32<<10))
	case BadChunks:
		a.head(out, "Transfer-Encoding: chunked")
		_, _ = io.WriteString(out, "zz\r\nabc")
	case CutChunks:
		a.head(out, "Transfer-Encoding: chunked")
		_, _ = io.WriteString(out, "3\r\nabc\r\n")
	}
	_ = out.Flush()
	return false
}

// head writes the head of the answer.
func (a Answer) head(out io.Writer, framing string) {
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\n", a.Status, http.StatusText(a.Status))
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		_, _ = fmt.Fprintf(out, "%s: %s\r\n", name, a.Header[name])
	}
	if a.Status != http.StatusNoContent {
		_, _ = io.WriteString(out, framing+"\r\n")
	}
	_, _ = io.WriteString(out, "\r\n")
}

// stream writes a piece again and again until nobody reads, or it is clear that somebody
// would read anything.
func (s *Server) stream(out *bufio.Writer, piece string) {
	for written := 0; written < endless; written += len(piece) {
		if _, err := out.WriteString(piece); err != nil {
			return
		}
	}
	if out.Flush() == nil {
		s.mu.Lock()
		s.overread++
		s.mu.Unlock()
	}
}

// waits lets a time pass, and reports whether the client is still there.
func waits(conn net.Conn, in *bufio.Reader, d time.Duration) bool {
	_ = conn.SetReadDeadline(time.Now().Add(d))
	_, err := in.Peek(1)
	_ = conn.SetReadDeadline(time.Time{})
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return true
	}
	if err != nil {
		return false
	}
	time.Sleep(d) // a client that sends ahead
	return true
}
