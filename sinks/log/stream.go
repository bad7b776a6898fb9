package log

import (
	"io"
	"os"
)

// stream writes to what cannot be taken back.
type stream struct {
	std  *os.File // stderr or stdout, of which a duplicate is opened for the first Write
	out  io.Writer
	dupe io.Closer
}

func (s *stream) Write(p []byte) (int, error) {
	if s.out == nil {
		s.out = s.std
		if d, err := duplicate(s.std); err == nil && d != nil {
			s.out, s.dupe = d, d
		}
	}
	return s.out.Write(p)
}

func (s *stream) cut(int) bool { return false }

func (s *stream) check() error { return nil }

func (s *stream) close() error {
	if s.dupe == nil {
		return nil
	}
	return s.dupe.Close()
}
