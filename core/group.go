package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/core/wire"
)

// maxGroup is how many bytes a Group seals before it stores them.
const maxGroup = 1 << 20

// Group takes events that are stored together: a queue on disk makes them safe at the
// cost of one. It is for one goroutine, and ends with Outcomes and Release.
type Group struct {
	d        *Dispatcher
	ctx      context.Context
	outcomes []Outcome
	draft    draft // of the event in hand

	sanitizer *sanitize.Sanitizer
	encoder   *sanitize.Encoder // of sanitizer, nil before the first event
	now       time.Time         // when what is sealed was accepted; zero if nothing is

	// What is sealed and not stored yet.
	sealed  []byte
	waiting []member
	records [][]byte // while they are stored
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
	// HasID is set when the event came with an id: offered again, it is not taken twice.
	HasID bool
	// Err is nil unless the verdict is Rejected.
	Err error
}

// Group begins a group. Its events wait for room until ctx is done.
func (d *Dispatcher) Group(ctx context.Context) *Group {
	g := d.groups.Get().(*Group)
	g.d, g.ctx = d, orBackground(ctx)
	return g
}

// Offer is [Dispatcher.Offer], but that what becomes of the event is told by Outcomes.
func (g *Group) Offer(e Event) {
	var said consent.Signals
	g.draft, said = newDraft(e)
	g.offer(said)
}

// OfferText is Offer for an event in the form of [DecodeEvent], whose sender has said something on top of what the
// event itself says, in a header for example. A plain text is sealed without being decoded. What is no event is
// rejected with the error of DecodeEvent, or denied like any other.
//
// The text must not change before Outcomes has returned.
func (g *Group) OfferText(e *wire.Event, said consent.Signals) {
	plain := g.draft.read(e)
	var flaw error
	if !plain {
		var decoded Event
		decoded, flaw = DecodeEvent(e.Text)
		decoded.Consent = said
		g.draft, said = newDraft(decoded)
	}
	g.offer(said)
	o := &g.outcomes[len(g.outcomes)-1]
	if !errors.Is(o.Err, ErrInvalidEvent) {
		return
	}
	if plain { // what is wrong with a text shows when it is sealed
		_, flaw = DecodeEvent(e.Text)
	}
	if flaw != nil {
		o.Err = flaw
	}
}

// offer seals the draft, stores what is sealed if that is enough, and notes what became of it as far as it is known.
func (g *Group) offer(said consent.Signals) {
	index := len(g.outcomes)
	g.outcomes = append(g.outcomes, Outcome{HasID: g.draft.id != ""})
	o := &g.outcomes[index]
	if !g.d.on.Load() {
		o.Verdict, o.Err = g.d.turnAway()
		return
	}
	if o.Verdict, o.Err = g.seal(&g.draft, said); o.Verdict != Accepted {
		return
	}
	g.waiting = append(g.waiting, member{index, len(g.sealed), g.draft.id})
	if len(g.sealed) >= maxGroup {
		g.store()
	}
}

// seal adds a draft's record to what is sealed, or says what became of the event.
func (g *Group) seal(dr *draft, said consent.Signals) (v Verdict, err error) {
	d, claimed := g.d, false
	defer func() {
		if r := recover(); r != nil { // a fault of our own must not reach the host
			d.rejected.Add(1)
			g.encoder = nil // it may be in any state
			v, err = Rejected, fmt.Errorf("%w: sealing it panicked with a %T", ErrInvalidEvent, r)
		}
		if claimed && v != Accepted {
			d.dedup.settle(dr.id, false)
		}
	}()
	p := d.plan.Load()
	if v, err := d.admit(p, dr, said); v != Accepted {
		return v, err
	}
	if dr.id != "" {
		fresh, err := g.claim(dr.id)
		if err != nil {
			return d.refuse(err)
		}
		if !fresh {
			d.duplicates.Add(1)
			return Duplicate, nil
		}
		claimed = true
	}
	if g.now.IsZero() {
		g.now = time.Now()
	}
	rec, err := p.sealer.appendRecord(g.sealed, g.encoderOf(p.sealer.sanitizer), dr, nil, g.now)
	if err != nil {
		return d.refuse(err)
	}
	g.sealed = rec
	return Accepted, nil
}

// encoderOf returns the group's encoder of a sanitizer, which a reload may have replaced.
func (g *Group) encoderOf(s *sanitize.Sanitizer) *sanitize.Encoder {
	if g.encoder != nil && g.sanitizer == s {
		return g.encoder
	}
	if g.encoder != nil {
		g.encoder.Release()
	}
	g.sanitizer, g.encoder = s, s.Encoder()
	return g.encoder
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
	recs, start := g.records[:0], 0
	for _, m := range g.waiting {
		recs, start = append(recs, g.sealed[start:m.end:m.end]), m.end
	}
	g.records = recs
	for i := 0; i < len(recs); {
		stored, err := g.append(recs[i:])
		for _, m := range g.waiting[i : i+stored] {
			g.settle(m, Accepted, nil)
		}
		if i += stored; i < len(recs) {
			v, err := g.d.refuse(err)
			g.settle(g.waiting[i], v, err)
			i++
		}
	}
	clear(recs)
	clear(g.waiting)
	g.sealed, g.waiting, g.now = g.sealed[:0], g.waiting[:0], time.Time{}
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

func (g *Group) settle(m member, v Verdict, err error) {
	g.outcomes[m.index].Verdict, g.outcomes[m.index].Err = v, err
	if m.id != "" {
		g.d.dedup.settle(m.id, v == Accepted)
	}
}

// Outcomes stores what is left, and returns what became of every event, in the order in
// which they were offered. Nothing can be offered after it.
func (g *Group) Outcomes() []Outcome {
	g.store()
	return g.outcomes
}

// maxKeptMembers bounds the memory that a group keeps for the next one, beside maxGroup of what it seals: 256 KiB.
const maxKeptMembers = 2048

// Release gives the memory of the group to the next one. Neither it nor its outcomes may be used afterwards.
func (g *Group) Release() {
	d := g.d
	if g.encoder != nil {
		g.encoder.Release()
	}
	clear(g.outcomes)
	if *g = (Group{outcomes: g.outcomes[:0], sealed: g.sealed[:0], waiting: g.waiting[:0], records: g.records[:0]}); cap(g.outcomes) > maxKeptMembers {
		return
	}
	if cap(g.sealed) > 2*maxGroup { // a few huge events are not to pin memory
		g.sealed = nil
	}
	d.groups.Put(g)
}
