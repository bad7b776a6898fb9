package server

import (
	"fmt"
	"testing"
	"time"
)

func TestFewEventsAreAllShownAndOfManyAFew(t *testing.T) {
	now := time.Unix(0, 0)
	s := newSampler(now)
	for i := range 20 {
		if !s.take(fmt.Sprint("quiet", i), now) {
			t.Fatal("an event among few was left out")
		}
	}
	shown := 0
	const perSecond, seconds = 10_000, 10
	for i := range perSecond * seconds {
		now = now.Add(time.Second / perSecond)
		if s.take(fmt.Sprint("busy", i), now) {
			shown++
		}
	}
	if shown < seconds*sampleAim/4 || shown > seconds*sampleAim*4 {
		t.Errorf("%d of %d events a second for %d s were shown", shown, perSecond, seconds)
	}
	if s.oneIn() < perSecond/sampleAim/2 {
		t.Errorf("one in %d is chosen", s.oneIn())
	}
	now = now.Add(2 * samplePeriod)
	s.take("after", now)
	now = now.Add(2 * samplePeriod)
	if !s.take("quiet again", now) || s.oneIn() != 1 {
		t.Errorf("when it is quiet again, one in %d is chosen", s.oneIn())
	}
}

func TestOfAnEventThatIsShownEveryOutcomeIs(t *testing.T) {
	now := time.Unix(0, 0)
	s := newSampler(now)
	var shown []string
	for i := range 50_000 {
		if id := fmt.Sprint(i); s.take(id, now) {
			shown = append(shown, id)
		}
	}
	if len(shown) == 0 || len(shown) > sampleKnown {
		t.Fatalf("%d are shown", len(shown))
	}
	for _, id := range shown {
		if !s.take(id, now.Add(3*samplePeriod)) {
			t.Errorf("another outcome of %s is not shown", id)
		}
	}
	for i := range 10 * sampleKnown {
		now = now.Add(samplePeriod)
		s.take(fmt.Sprint("later", i), now)
	}
	if len(s.known) > sampleKnown || len(s.ring) > sampleKnown {
		t.Errorf("it remembers %d", len(s.known))
	}
}
