package core

import (
	"context"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
)

// maxGroup is how many bytes a Group seals before it stores them.
const maxGroup = 1 << 20

// Group takes events that are stored together: a queue on disk makes them safe at the
// cost of one. It is for one goroutine, and ends with Outcomes.
type Group struct {
	d        *Dispatcher
	ctx      context.Context
	outcomes []Outcome

	// What is sealed and not stored yet.
	sealed  []byte
	waiting []member
}

// member is a sealed event of a group.
type member struct {
	index int // of its outcome
	end   int // in sealed
	id    string
}

// Outcome is what became of one event.
type Outcome struct {
	Verdict Verdict
	// Err is nil unless the verdict is Rejected.
	Err error
}

// Group begins a group. Its events wait for room until ctx is done.
func (d *Dispatcher) Group(ctx context.Context) *Group {
	return &Group{d: d, ctx: orBackground(ctx)}
}

// Offer is [Dispatcher.Offer], but that what becomes of the event is told by Outcomes.
func (g *Group) Offer(e Event) {
	index := len(g.outcomes)
	g.outcomes = append(g.outcomes, Outcome{})
	if !g.d.on.Load() {
		g.outcomes[index] = outcome(g.d.turnAway())
		return
	}
	dr, said := newDraft(e)
	sealed, o := g.seal(&dr, said)
	if !sealed {
		g.outcomes[index] = o
		return
	}
	g.waiting = append(g.waiting, member{index, len(g.sealed), dr.id})
	if len(g.sealed) >= maxGroup {
		g.store()
	}
}

// seal adds a draft's record to what is sealed, or says what became of the event.
func (g *Group) seal(dr *draft, said consent.Signals) (sealed bool, o Outcome) {
	d, claimed := g.d, false
	defer func() {
		if r := recover(); r != nil { // a fault of our own must not reach the host
			d.rejected.Add(1)
			sealed, o = false, Outcome{Rejected, fmt.Errorf("%w: sealing it panicked with a %T", ErrInvalidEvent, r)}
		}
		if claimed && !sealed {
			d.dedup.settle(dr.id, false)
		}
	}()
	p := d.plan.Load()
	if v, err := d.admit(p, dr, said); v != Accepted {
		return false, Outcome{v, err}
	}
	if dr.id != "" {
		fresh, err := g.claim(dr.id)
		if err != nil {
			return false, outcome(d.refuse(err))
		}
		if !fresh {
			d.duplicates.Add(1)
			return false, Outcome{Verdict: Duplicate}
		}
		claimed = true
	}
	enc := p.sealer.sanitizer.Encoder()
	defer enc.Release()
	rec, err := p.sealer.appendRecord(g.sealed, enc, dr, nil, time.Now())
	if err != nil {
		return false, outcome(d.refuse(err))
	}
	g.sealed = rec
	return true, Outcome{}
}

// claim claims an id. Before it waits for somebody else's event, or one of its own, it
// stores what it has, for others may wait for that.
func (g *Group) claim(id string) (fresh bool, err error) {
	fresh, pending := g.d.dedup.try(id)
	if pending == nil {
		return fresh, nil
	}
	g.store()
	return g.d.dedup.claim(g.ctx, id)
}

// store stores what is sealed, and notes what became of it.
func (g *Group) store() {
	recs, start := make([][]byte, len(g.waiting)), 0
	for i, m := range g.waiting {
		recs[i], start = g.sealed[start:m.end:m.end], m.end
	}
	for i := 0; i < len(recs); {
		stored, err := g.append(recs[i:])
		for _, m := range g.waiting[i : i+stored] {
			g.settle(m, Outcome{Verdict: Accepted})
		}
		if i += stored; i < len(recs) {
			g.settle(g.waiting[i], outcome(g.d.refuse(err)))
			i++
		}
	}
	g.sealed, g.waiting = g.sealed[:0], g.waiting[:0]
}

// append is the log's AppendAll, whose panic must not reach the host.
func (g *Group) append(recs [][]byte) (stored int, err error) {
	defer func() {
		if r := recover(); r != nil {
			stored, err = 0, fmt.Errorf("%w: storing it panicked with a %T", queue.ErrUnavailable, r)
		}
	}()
	return g.d.log.AppendAll(g.ctx, recs)
}

func (g *Group) settle(m member, o Outcome) {
	g.outcomes[m.index] = o
	if m.id != "" {
		g.d.dedup.settle(m.id, o.Verdict == Accepted)
	}
}

// Outcomes stores what is left, and returns what became of every event, in the order in
// which they were offered.
func (g *Group) Outcomes() []Outcome {
	g.store()
	return g.outcomes
}

func outcome(v Verdict, err error) Outcome { return Outcome{v, err} }
