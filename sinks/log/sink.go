// Package log writes events as lines to stderr, to stdout, or to files that are rotated
// and expire. It is the sink that runs when no other is configured: nothing it does
// leaves the machine.
//
// In the text format an event is two lines, in the json format one, the form that
// POST /v1/events takes:
//
//	[TELEMETRY] Endpoint: run
//	[TELEMETRY] Payload: {"runSeconds":45,"runSuccess":true}
//
//	{"id":"…","name":"run","time":"…","properties":{"runSeconds":45,"runSuccess":true}}
//
// Whatever an event holds, it cannot start a line of its own or steer a terminal:
// control characters, line separators and what reorders text are written as \uXXXX, which
// in JSON is the same value.
package log

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Options say what is written, and where to. The zero Options write text to stderr.
type Options struct {
	Format     string        `yaml:"format" default:"text" enum:"text,json" doc:"Two lines for each event (text), or one that holds all of it (json)."`
	Path       string        `yaml:"path" default:"stderr" example:"/var/log/headgate/events.log" doc:"The word stderr or stdout, or the name of a file, made with its directory for its owner alone."`
	MaxSize    registry.Size `yaml:"max_size" default:"100MiB" min:"0" doc:"A file is put aside before it would be larger; a batch is never divided. 0 is 100MiB."`
	MaxAge     time.Duration `yaml:"max_age" default:"720h" min:"0" doc:"How long files put aside are kept, in whole days, rounded up. A new file is then begun each day (UTC). With 0 they do not expire."`
	MaxBackups int           `yaml:"max_backups" default:"30" min:"0" doc:"How many files put aside are kept. With 0 their number is not bounded."`
}

// DefaultOptions are what the options are in a configuration that names none. They differ
// from the zero Options in that files expire.
func DefaultOptions() Options {
	return Options{Format: FormatText, Path: "stderr", MaxSize: defaultMaxSize, MaxAge: 30 * 24 * time.Hour, MaxBackups: 30}
}

const defaultMaxSize = 100 << 20

// Sink is a [core.Sink] that writes lines.
type Sink struct {
	appendEvent func([]byte, core.Sealed) []byte
	target      string // for people

	mu     sync.Mutex
	closed bool
	dst    destination
	buf    []byte
	ends   []int // of the events in buf
	torn   bool  // what was written last does not end its line
}

// destination is where lines go.
type destination interface {
	io.Writer
	// cut takes back the last n bytes of the last Write and reports whether it could.
	cut(n int) bool
	// check reports what would keep Write from working, and changes nothing.
	check() error
	close() error
}

// New makes a sink. It opens nothing: a file is made when the first event is written.
func New(o Options) (*Sink, error) {
	if o.MaxSize < 0 || o.MaxAge < 0 || o.MaxBackups < 0 {
		return nil, errors.New("max_size, max_age and max_backups must not be negative")
	}
	appendEvent, err := format(o.Format)
	if err != nil {
		return nil, err
	}
	s := &Sink{appendEvent: appendEvent, target: o.Path}
	switch o.Path {
	case "", "stderr":
		s.target, s.dst = "stderr", &stream{std: os.Stderr}
	case "stdout":
		s.dst = &stream{std: os.Stdout}
	default:
		if s.dst, err = newFile(o); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// NewWriter makes a sink that writes to w, with one Write for each batch. Closing the
// sink does not close w.
func NewWriter(w io.Writer, f Format) (*Sink, error) {
	appendEvent, err := format(f)
	if err != nil {
		return nil, err
	}
	return &Sink{appendEvent: appendEvent, target: "writer", dst: &stream{out: w}}, nil
}

// maxKept is the largest buffer that is kept from one batch to the next.
const maxKept = 4 << 20

// Send writes the batch in one Write. If only a part of it could be written, the events
// that are there whole are delivered, and the others are to be tried again.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.buf, s.ends = s.buf[:0], s.ends[:0]
	if s.torn {
		s.buf = append(s.buf, '\n')
	}
	for _, event := range batch {
		s.buf = s.appendEvent(s.buf, event)
		s.ends = append(s.ends, len(s.buf))
	}
	n, err := s.dst.Write(s.buf)
	if err == nil && n < len(s.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		err = s.partial(n, fmt.Errorf("write to %s: %w", s.target, err))
	} else {
		s.torn = false
	}
	if cap(s.buf) > maxKept {
		s.buf = nil
	}
	return err
}

// partial says what became of a batch of which n bytes were written, and takes back the
// beginning of an event whose end is missing. An event that lacks its line end only is
// there: the line end is written later.
func (s *Sink) partial(n int, err error) error {
	whole, end := 0, 0
	for whole < len(s.ends) && s.ends[whole]-1 <= n {
		end = min(s.ends[whole], n)
		whole++
	}
	if whole > 0 {
		s.torn = end < s.ends[whole-1]
	}
	if n > end && !s.dst.cut(n-end) {
		s.torn = true
	}
	if whole == 0 {
		return err
	}
	rest := new(core.BatchError)
	for i := whole; i < len(s.ends); i++ {
		rest.Fail(i, err)
	}
	return rest.OrNil()
}

// Preview returns the lines of each event.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	requests := make([]core.Request, len(batch))
	for i, event := range batch {
		requests[i] = core.Request{Target: s.target, Body: string(s.appendEvent(nil, event))}
	}
	return requests, nil
}

// Check reports whether the file can be written. It makes none.
func (s *Sink) Check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.dst.check(); err != nil {
		return fmt.Errorf("write to %s: %w", s.target, err)
	}
	return nil
}

// Close closes the file. Stderr and stdout stay open.
func (s *Sink) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.dst.close()
}

// errClosed is of a Send that comes too late: the file that it would open nobody closes.
var errClosed = errors.New("the log is closed")

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
)
