package doctest

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// A block of examples has an object on one line and what becomes of it on the next.
func TestEveryExampleOfTheSanitiserIsTrue(t *testing.T) {
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks(t, "sanitize") {
		before := ""
		for line := range strings.Lines(b.text) {
			line = strings.TrimSpace(line)
			want, ok := strings.CutPrefix(line, "→ ")
			if !ok {
				before = line
				continue
			}
			enc := s.Encoder()
			got, err := enc.AppendObject(nil, []byte(before))
			enc.Release()
			if err != nil || string(got) != want {
				t.Errorf("%s, block at line %d: %s\nbecomes %s (%v)\nnot     %s", b.file, b.line, before, got, err, want)
			}
		}
	}
}
