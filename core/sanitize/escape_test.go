package sanitize

import (
	"math/rand/v2"
	"testing"
)

func TestWhatStandsForItselfEndsAtTheFirstByteThatDoesNot(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 15))
	for range rounds(100_000) {
		s := make([]byte, rng.IntN(40))
		for i := range s {
			if s[i] = byte(rng.IntN(256)); rng.IntN(8) > 0 {
				s[i] = byte(0x20 + rng.IntN(0xe0))
			}
		}
		for from := range len(s) + 1 {
			want := from
			for want < len(s) && s[want] >= ' ' && s[want] != '"' && s[want] != '\\' {
				want++
			}
			if got := verbatimEnd(string(s), from); got != want {
				t.Fatalf("from %d in %q: got %d, want %d", from, s, got, want)
			}
		}
	}
}
