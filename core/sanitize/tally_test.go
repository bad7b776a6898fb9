package sanitize

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindingsAreCountedByKindHoweverManyEncodersThereAre(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var tally Tally
	s.CountIn(&tally)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				enc := s.Encoder()
				enc.AppendMap(nil, map[string]any{"password": "swordfish", "note": "to ada@" + "example.com", "seconds": 3})
				enc.Release()
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]uint64{"password": 800, "email": 800}, tally.Counts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
