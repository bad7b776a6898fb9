package sinktest

import (
	"bytes"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/headgate-dev/headgate/core"
)

func deliversOnce(tr *trial) {
	s := tr.open(setting{})
	if l, ok := s.sink.(core.Limiter); ok {
		limits := l.Limits()
		if limits.MaxEvents < 0 || limits.MaxBytes < 0 || limits.MaxConcurrency < 0 || limits != l.Limits() {
			tr.broken("Limits are %+v, then %+v: they must always be the same, and not negative", limits, l.Limits())
			return
		}
	}
	var sent [][]core.Sealed
	for _, n := range []int{1, 7, 2} {
		batch := s.batch(n)
		if !s.deliver(tr, batch) {
			return
		}
		sent = append(sent, batch)
		if !s.expect(tr, "as Send returned nil", sent...) {
			return
		}
	}
	s.close(s.h.Patience)
	s.expect(tr, "after Close", sent...)
}

func deliversFull(tr *trial) {
	s := tr.open(setting{})
	full := s.batch(s.limits().MaxEvents)
	if s.deliverInParts(tr, full) {
		s.expect(tr, "after a full batch", full)
	}
}

// deliverInParts halves what is too large, as the dispatcher does.
func (s *subject) deliverInParts(tr *trial, batch []core.Sealed) bool {
	tr.Helper()
	r := s.send(s.h.Patience, batch)
	if !r.fine(tr, "Send of a full batch") {
		return false
	}
	if class, _ := core.Classify(r.err); class == core.ClassTooLarge && len(batch) > 1 {
		half := (len(batch) + 1) / 2
		return s.deliverInParts(tr, batch[:half]) && s.deliverInParts(tr, batch[half:])
	}
	if r.err != nil {
		tr.broken("Send of %d events to a destination that takes them: %v", len(batch), r.err)
	}
	return r.err == nil
}

// overlap is how long the destination takes for an answer, so that Sends are at work together.
const overlap = 10 * time.Millisecond

func deliversAtOnce(tr *trial) {
	s := tr.open(setting{})
	if s.to != nil {
		accept := tr.h.HTTP.Accept
		s.to.accept(func(r Request) (a Answer) {
			if accept != nil {
				a = accept(r)
			}
			a.Delay = overlap
			return a
		})
	}
	batches := make([][]core.Sealed, s.limits().MaxConcurrency)
	for i := range batches {
		batches[i] = s.batch(5)
	}
	results := make([]result, len(batches))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, batch := range batches {
		group.Go(func() {
			<-start
			results[i] = s.send(s.h.Patience, batch)
		})
	}
	close(start)
	group.Wait()
	for _, r := range results {
		if !r.fine(tr, "one of several Sends") {
			return
		}
		if r.err != nil {
			tr.broken("one of %d Sends at once: %v", len(batches), r.err)
			return
		}
	}
	s.expect(tr, "after several Sends at once", batches...)
}

// imprint is what a batch was, to be compared with what it is.
type imprint struct {
	events []*byte  // where the JSON of each is
	texts  [][]byte // and what it says
}

func imprintOf(batch []core.Sealed) (i imprint) {
	for _, e := range batch {
		i.events = append(i.events, unsafe.SliceData(e.JSON()))
		i.texts = append(i.texts, bytes.Clone(e.JSON()))
	}
	return i
}

// changed says how a batch differs from what it was, "" if it does not.
func (i imprint) changed(batch []core.Sealed) string {
	now := imprintOf(batch)
	if !slices.Equal(i.events, now.events) {
		return "the elements of the slice were moved or replaced"
	}
	for k := range i.texts {
		if !bytes.Equal(i.texts[k], now.texts[k]) {
			return "the bytes of " + place(k, len(batch)) + " were changed"
		}
	}
	return ""
}

func leavesBatch(tr *trial) {
	for _, c := range []struct {
		after  string
		script script
	}{
		{"Send", nil},
		{"a Send that failed", always(Answer{Status: 503})},
		{"a Send that was refused", always(Answer{Status: 400})},
	} {
		if c.script != nil && tr.h.HTTP == nil {
			continue
		}
		s := tr.open(setting{script: c.script})
		batch := s.batch(5)
		before := imprintOf(batch)
		if r := s.send(s.h.Patience, batch); !r.fine(tr, "Send") {
			return
		}
		if difference := before.changed(batch); difference != "" {
			tr.broken("after %s %s", c.after, difference)
			return
		}
	}
}

// overwritten takes the place of what a batch held.
const overwritten = '!'

// wipe does to a batch what the dispatcher does once Send has returned: its memory gets
// another content.
func wipe(batch []core.Sealed) {
	for _, e := range batch {
		text := e.JSON()
		for i := range text {
			text[i] = overwritten
		}
	}
	clear(batch)
}

func keepsNothing(tr *trial) {
	s := tr.open(setting{})
	var sent [][]core.Sealed
	for range 3 {
		batch := s.batch(3)
		sent = append(sent, Seal(tr, eventsLike(batch)...))
		if !s.deliver(tr, batch) {
			return
		}
		wipe(batch)
		time.Sleep(overlap) // for a goroutine that is not done with it
	}
	if r := s.close(s.h.Patience); !r.fine(tr, "Close") {
		return
	}
	if s.to != nil {
		for _, r := range s.to.Requests() {
			if bytes.Contains(r.Body, bytes.Repeat([]byte{overwritten}, 8)) {
				tr.broken("request %d holds bytes of a batch whose Send had returned", r.Index+1)
				return
			}
		}
	}
	s.expect(tr, "after batches whose memory was used again", sent...)
}

// eventsLike returns events with the ids of a batch, which outlive it.
func eventsLike(batch []core.Sealed) (list []core.Event) {
	for _, id := range idsOf(batch) {
		list = append(list, core.Event{ID: id})
	}
	return list
}
