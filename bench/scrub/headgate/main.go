// Command headgate cleans objects with headgate's sanitiser, as it comes.
package main

import (
	"fmt"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
	"github.com/headgate-dev/headgate/core/sanitize"
)

func main() { scrub.Main(open) }

func open(scrub.Setup) (scrub.Scrubber, error) {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		return nil, err
	}
	return &sanitizer{encoder: s.Encoder()}, nil
}

// sanitizer writes into memory that is used again, as the dispatcher does.
type sanitizer struct {
	encoder *sanitize.Encoder
	objects [][]byte
	out     []byte
	ends    []int
}

// Load implements [scrub.Scrubber].
func (s *sanitizer) Load(objects [][]byte) error {
	s.objects = objects
	s.out, s.ends = s.out[:0], s.ends[:0]
	return nil
}

// Scrub implements [scrub.Scrubber].
func (s *sanitizer) Scrub() error {
	for i, object := range s.objects {
		var err error
		if s.out, err = s.encoder.AppendObject(s.out, object); err != nil {
			return fmt.Errorf("clean object %d: %w", i, err)
		}
		s.ends = append(s.ends, len(s.out))
	}
	return nil
}

// Append implements [scrub.Scrubber].
func (s *sanitizer) Append(buf []byte, i int) ([]byte, error) {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return append(buf, s.out[start:s.ends[i]]...), nil
}
