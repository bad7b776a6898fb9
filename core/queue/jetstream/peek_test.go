package jetstream

import (
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func TestTheAgeOfWhatIsNotAtHandIsSinceItWasStored(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: time.Second}, "a")
	accepted := time.Unix(1_000_000_000, 0) // as the records have it
	peek := func() (place uint64, at time.Time) {
		return r.cursor.Peek(func([]byte) time.Time { return accepted })
	}
	if place, at := peek(); place != r.position().Next || !at.IsZero() {
		t.Errorf("of nothing, the oldest is at %d, of %v", place, at)
	}
	before := time.Now()
	r.append(t, 0, 1)
	after := time.Now()
	isStored := func(when string) {
		t.Helper()
		if place, at := peek(); place != r.position().Next || at.Before(before.Add(-time.Second)) || at.After(after.Add(time.Second)) {
			t.Errorf("%s, the oldest is at %d, of %v; want one stored between %v and %v", when, place, at, before, after)
		}
	}
	isStored("when nobody asks for it")
	r.cursor.Want(1, 1)
	eventually(t, "it is at hand", func() bool {
		_, at := peek()
		return at.Equal(accepted)
	})
	eventually(t, "it is given back", func() bool { // nobody has fetched it for half of AckWait
		_, at := peek()
		return !at.Equal(accepted)
	})
	if time.Since(after) < 300*time.Millisecond {
		t.Errorf("after %v already", time.Since(after))
	}
	isStored("when it was given back")
	r.read(t, 1)
	r.balance(t)
	if _, at := peek(); !at.IsZero() {
		t.Errorf("when all is finished, the oldest is of %v", at)
	}
}
