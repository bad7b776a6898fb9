package core

import "testing"

// The values are those of another implementation of the algorithm, made for this test.
func TestTheHashOfAPersonNeverChanges(t *testing.T) {
	for id, want := range map[string]uint64{
		"":                                     0x0,
		"a":                                    0x71717d2d36b6b11,
		"user-4711":                            0x76891d60c312b65c,
		"12345678":                             0x758f67d162b2d202,
		"0b8babf3-7d26-4ec6-9200-023000532978": 0x96ac2476ece1f271,
	} {
		if got := murmur64(id); got != want {
			t.Errorf("%q: got %#x, want %#x", id, got, want)
		}
	}
}
