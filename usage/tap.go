package usage

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Tap is a sink that keeps the last events in memory, for the program itself to look at: to
// meter runs, for instance. Like any sink it gets what the gate lets through, cleaned.
//
//	tap := usage.NewTap(1000)
//	core.SinkConfig{Name: "tap", Sink: tap, Reach: core.ReachLocal, Events: []string{"run"}}
type Tap struct {
	mu     sync.Mutex
	max    int
	events []Tapped // a ring once it is full
	oldest int      // the place of the oldest in it
}

// Tapped is an event as a [Tap] keeps it.
type Tapped struct {
	ID, Name string
	// Time is when it happened.
	Time       time.Time
	Properties json.RawMessage
}

// NewTap returns a tap that keeps so many events, the oldest going first; 1000 if max is not
// positive.
func NewTap(max int) *Tap {
	if max <= 0 {
		max = 1000
	}
	return &Tap{max: max}
}

// Send keeps the events.
func (t *Tap) Send(_ context.Context, batch []core.Sealed) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range batch {
		kept := Tapped{ID: e.ID(), Name: e.Name(), Time: e.Time(), Properties: bytes.Clone(e.Props().Raw())}
		if len(t.events) < t.max {
			t.events = append(t.events, kept)
			continue
		}
		t.events[t.oldest] = kept
		t.oldest = (t.oldest + 1) % t.max
	}
	return nil
}

// Close does nothing: what was kept can still be taken.
func (t *Tap) Close(context.Context) error { return nil }

// PopAll returns the events, the oldest first, and keeps none of them.
func (t *Tap) PopAll() []Tapped {
	t.mu.Lock()
	defer t.mu.Unlock()
	events := t.inOrder()
	t.events, t.oldest = nil, 0
	return events
}

// PeekAll returns the events, the oldest first, and keeps them.
func (t *Tap) PeekAll() []Tapped {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.inOrder()
}

func (t *Tap) inOrder() []Tapped {
	return slices.Concat(t.events[t.oldest:], t.events[:t.oldest])
}

var _ core.Sink = (*Tap)(nil)
