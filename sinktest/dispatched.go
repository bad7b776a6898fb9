package sinktest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// SinkName is the name of the sink of [NewSinkDispatcher] in the statistics.
const SinkName = "sink"

// NewSinkDispatcher returns a dispatcher with one sink, for the tests of that sink: attempts follow each
// other quickly unless c says otherwise, and what the environment and the user of the machine say of
// tracking is ignored. It is closed, with the sink, when the test is over.
func NewSinkDispatcher(t testing.TB, c core.SinkConfig, opts ...core.Option) *core.Dispatcher {
	t.Helper()
	c.Name = SinkName
	c.Batch.MaxWait = cmp.Or(c.Batch.MaxWait, 5*time.Millisecond)
	c.Retry.Initial = cmp.Or(c.Retry.Initial, time.Millisecond)
	c.Retry.Max = cmp.Or(c.Retry.Max, 5*time.Millisecond)
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{c}}, inTest(t, opts...)...)
	if err != nil {
		t.Fatalf("make a dispatcher: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = d.Close(ctx) // what a test leaves undelivered is no concern of it
		_ = d.Close(context.Background())
	})
	return d
}

// Settle waits until the sink of [NewSinkDispatcher] has finished what was reported, and returns its statistics. It fails
// the test if that takes too long, or if the books do not balance.
func Settle(t testing.TB, d *core.Dispatcher) core.SinkStats {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := d.Flush(ctx); err != nil {
		t.Error(err)
	}
	stats := d.Stats()
	s := stats.Sinks[SinkName]
	if stats.Books.Accepted+s.Recovered != s.Delivered+s.Filtered+s.SampledOut+s.DeadLettered+s.Expired+s.Overflowed+s.Queued {
		t.Errorf("the books do not balance: %+v", stats)
	}
	return s
}

// inTest are the options of a dispatcher that neither the machine nor its user has a say in.
func inTest(t testing.TB, opts ...core.Option) []core.Option {
	return append([]core.Option{
		core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }),
	}, opts...)
}

// dispatched is what became of events that went through a dispatcher.
type dispatched struct {
	stats core.SinkStats
	// dead are the ids of the events that were given up, in order.
	dead []string
}

// dispatch reports events through a real dispatcher, as one batch if they fit.
func (s *subject) dispatch(tr *trial, events []core.Event) (d dispatched, ok bool) {
	tr.Helper()
	dispatcher := NewSinkDispatcher(tr, core.SinkConfig{
		Sink: labelled{s}, Batch: core.BatchConfig{MaxWait: 20 * time.Millisecond}, Timeout: s.h.Patience,
	}, core.WithLogger(s.log.Logger()))
	ctx, cancel := context.WithTimeout(context.Background(), s.h.Patience)
	defer cancel()
	for _, e := range events {
		if err := dispatcher.Enqueue(ctx, e); err != nil {
			tr.Fatal(err)
		}
	}
	flushErr := dispatcher.Flush(ctx)
	d.stats = dispatcher.Stats().Sinks[SinkName]
	for _, letter := range dispatcher.DeadLetters(SinkName) {
		d.dead = append(d.dead, letter.ID)
	}
	slices.Sort(d.dead)
	if flushErr != nil {
		tr.broken("the dispatcher could not finish: %v; its last error: %s; %+v", flushErr, d.stats.LastError, d.stats)
		return d, false
	}
	return d, true
}

// splits bounds the requests that it takes to find one bad event among n.
func splits(n int) int {
	bound := 2
	for ; n > 1; n = (n + 1) / 2 {
		bound += 2
	}
	return bound
}

func splitsBad(tr *trial) {
	events := tr.events(8)
	bad := events[5].ID
	s := tr.open(setting{script: func(_ int, _ Request, ids []string) (Answer, bool) {
		return Answer{Status: 400, Body: "bad"}, slices.Contains(ids, bad)
	}})
	d, ok := s.dispatch(tr, events)
	if !ok {
		return
	}
	if !slices.Equal(d.dead, []string{bad}) {
		tr.broken("of 8 events, of which the destination refuses one, %d were given up: %+v", len(d.dead), d.stats)
		return
	}
	s.expect(tr, "after the destination refused every request with one of 8 events", Seal(tr, slices.Delete(slices.Clone(events), 5, 6)...))
	if offered, _ := s.to.books(); offered[bad] > splits(8) {
		tr.broken("the bad event was sent %d times", offered[bad])
	}
}

func namesRefused(tr *trial) {
	events := tr.events(6)
	if limit := tr.open(setting{}).limits().MaxEvents; limit < len(events) {
		tr.Skipf("the sink takes batches of %d", limit)
	}
	bad := []string{events[1].ID, events[4].ID}
	refusing := func(s *subject) script {
		return func(_ int, r Request, ids []string) (Answer, bool) {
			in := slices.DeleteFunc(slices.Clone(bad), func(id string) bool { return !slices.Contains(ids, id) })
			if len(in) == 0 {
				return Answer{}, false
			}
			return s.to.refuse(r, ids, in), true
		}
	}

	s := tr.open(setting{})
	s.to.follow(refusing(s))
	batch := Seal(tr, events...)
	r := s.send(s.h.Patience, batch)
	if !r.fine(tr, "Send") || !s.judgesNamed(tr, r.err, batch, bad) {
		return
	}

	s = tr.open(setting{})
	s.to.follow(refusing(s))
	d, ok := s.dispatch(tr, events)
	if !ok {
		return
	}
	if !slices.Equal(d.dead, bad) {
		tr.broken("of 6 events, of which the destination refuses 2, these were given up: %s", strings.Join(d.dead, ", "))
	}
	good := Seal(tr, events[0], events[2], events[3], events[5])
	s.expect(tr, "after the destination refused 2 of 6 events by name", good)
	offered, _ := s.to.books()
	for i, id := range idsOf(good) {
		if n := offered[id]; n > 1 && !tr.h.HTTP.AllOrNothing || n > 1+len(bad) {
			tr.broken("%s of those that are taken was sent %d times", place(i, len(good)), n)
			return
		}
	}
}

// judgesNamed holds the error of a Send against what the destination said.
func (s *subject) judgesNamed(tr *trial, err error, batch []core.Sealed, bad []string) bool {
	tr.Helper()
	var partial *core.BatchError
	if !errors.As(err, &partial) {
		tr.broken("the destination named the events that it refuses, and Send returned no *core.BatchError: %v", err)
		return false
	}
	classes := Classes(err, len(batch))
	for i, id := range idsOf(batch) {
		want := []core.Class{Delivered}
		switch {
		case slices.Contains(bad, id):
			want = settled[1:]
		case tr.h.HTTP.AllOrNothing:
			want = again
		}
		if !slices.Contains(want, classes[i]) {
			tr.broken("of a batch of 6 the destination refused events 2 and 5, and %s is %s, want %s: %v", place(i, len(batch)), spell(classes[i]), spellAll(want), err)
			return false
		}
	}
	return true
}

func survivesOutage(tr *trial) {
	if tr.h.HTTP == nil {
		survivesBreak(tr)
		return
	}
	events := tr.events(10)
	s := tr.open(setting{script: func(n int, _ Request, _ []string) (Answer, bool) {
		outage := []Answer{{Status: 503}, {Fault: Reset}, {Status: 500, Body: "<html>"}}
		if n < len(outage) {
			return outage[n], true
		}
		return Answer{}, false
	}})
	if d, ok := s.dispatch(tr, events); ok {
		if len(d.dead) > 0 {
			tr.broken("%d of 10 events were given up: %s", len(d.dead), d.stats.LastError)
		}
		s.expect(tr, "after an outage", Seal(tr, events...))
	}
}

// survivesBreak is survivesOutage for a destination that the harness breaks.
func survivesBreak(tr *trial) {
	s := tr.open(setting{})
	before, during := s.batch(3), s.batch(4)
	if !s.deliver(tr, before) {
		return
	}
	mend := s.h.Break(tr, s.env)
	r := s.send(short, during)
	mend()
	if !r.fine(tr, "Send during an outage") || !tr.oneOf("an outage", r.err, len(during), again...) {
		return
	}
	if s.deliver(tr, during) {
		s.expectThere(tr, "after an outage", before, during)
	}
}
