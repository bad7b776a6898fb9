package core

import (
	"sync"
	"testing"
	"time"
)

func TestTheClockWritesWhatFormatDoes(t *testing.T) {
	var c wallClock
	at := time.Date(2026, 12, 31, 23, 59, 58, 0, time.UTC)
	for _, step := range []time.Duration{0, 1, 9, 90, 900, time.Microsecond, time.Millisecond, 999 * time.Millisecond, time.Second, 123456789, -time.Hour, 24 * time.Hour, 100 * 365 * 24 * time.Hour} {
		at = at.Add(step)
		for range 2 {
			if got, want := string(c.appendTime([]byte("at "), at)), "at "+at.Format(time.RFC3339Nano); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

func TestTheClockServesManyGoroutines(t *testing.T) {
	var c wallClock
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 2000 {
				at := time.Unix(int64(i%7), int64(n)*1000).UTC()
				if got, want := string(c.appendTime(nil, at)), at.Format(time.RFC3339Nano); got != want {
					t.Errorf("got %s, want %s", got, want)
					return
				}
			}
		})
	}
	all.Wait()
}
