package tally

import (
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/board"
)

// Mode is how a sink behaves.
type Mode string

// The modes of a sink.
const (
	Up      Mode = "up"
	Failing Mode = "failing" // every answer is 503
	Hanging Mode = "hanging" // no request is answered
	Refused Mode = "refused" // nobody listens
)

// sink is one address.
type sink struct {
	index   int
	board   *board.Board
	account *account
	address string
	mode    atomic.Value
	changed chan struct{} // closed when the mode changes; guarded by mu

	mu     sync.Mutex
	server *http.Server
	bodies sync.Pool
}

func newSink(index, total int, b *board.Board) (*sink, error) {
	s := &sink{
		index: index, board: b, account: newAccount(total), address: "127.0.0.1:0", changed: make(chan struct{}),
		bodies: sync.Pool{New: func() any { return new([]byte) }},
	}
	s.mode.Store(Up)
	return s, s.listen()
}

// listen serves at the sink's address, which is chosen the first time.
func (s *sink) listen() error {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	s.server = &http.Server{Handler: s}
	go func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			panic(err)
		}
	}()
	return nil
}

// become changes the mode.
func (s *sink) become(m Mode) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.mode.Swap(m)
	close(s.changed)
	s.changed = make(chan struct{})
	switch {
	case m == Refused && before != Refused:
		err = s.server.Close()
	case m != Refused && before == Refused:
		err = s.listen()
	}
	return err
}

// ServeHTTP takes a request as every vendor's server would.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.account.requests.Add(1)
	switch s.mode.Load() {
	case Hanging:
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case Failing:
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	buf := s.bodies.Get().(*[]byte)
	defer s.bodies.Put(buf)
	body, err := read(r, buf)
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusBadRequest)
		return
	}
	s.account.bytes.Add(uint64(max(r.ContentLength, 0)))
	if fresh := s.account.take(body); fresh > 0 {
		s.board.Note(s.index, fresh, time.Now().UnixNano())
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-protobuf") {
		w.Header().Set("Content-Type", "application/x-protobuf")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(accepted)
}

// accepted is what Segment, Rudder, PostHog, Mixpanel and Amplitude answer, as far as their SDKs look at it.
var accepted = []byte(`{"code":200,"status":1,"success":true,"num_records_imported":1}`)

// read returns the body, uncompressed, in buf if it has room.
func read(r *http.Request, buf *[]byte) ([]byte, error) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = z
	} else if n := int(r.ContentLength); n > 0 {
		if cap(*buf) < n {
			*buf = make([]byte, n)
		}
		*buf = (*buf)[:n]
		_, err := io.ReadFull(body, *buf)
		return *buf, err
	}
	var err error
	*buf, err = io.ReadAll(body)
	return *buf, err
}
