package sinktest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core"
)

// script says how the destination answers the nth request that has events, from 0, instead of
// taking them: with false it takes them.
type script func(n int, r Request, ids []string) (Answer, bool)

// always answers every request that has events in one way.
func always(a Answer) script {
	return func(int, Request, []string) (Answer, bool) { return a, true }
}

// destination is where a sink sends to, with books.
type destination struct {
	*Server
	speaks HTTP

	mu      sync.Mutex
	script  script
	asked   int            // requests with events
	offered map[string]int // how often an event has come
	taken   map[string]int // how often it was taken
}

func newDestination(tr *trial, speaks HTTP, s script) *destination {
	d := &destination{speaks: speaks, script: s, offered: map[string]int{}, taken: map[string]int{}}
	d.Server = NewServer(tr, d.answer)
	return d
}

func (d *destination) answer(r Request) Answer {
	ids := d.ids(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(ids) > 0 {
		n := d.asked
		d.asked++
		for _, id := range ids {
			d.offered[id]++
		}
		if d.script != nil {
			if answer, instead := d.script(n, r, ids); instead {
				return answer
			}
		}
		d.take(ids)
	}
	if d.speaks.Accept == nil {
		return Answer{}
	}
	return d.speaks.Accept(r)
}

// take notes events as taken. The lock is held.
func (d *destination) take(ids []string) {
	for _, id := range ids {
		d.taken[id]++
	}
}

// refuse answers a request of which some events are refused, and takes the others if the
// destination does that.
func (d *destination) refuse(r Request, ids, bad []string) Answer {
	if !d.speaks.AllOrNothing {
		d.take(slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(bad, id) }))
	}
	return d.speaks.Reject(r, bad)
}

func (d *destination) ids(r Request) []string {
	if d.speaks.IDs == nil {
		return foundIDs(r.Body)
	}
	return d.speaks.IDs(r)
}

// follow changes what the destination does.
func (d *destination) follow(s script) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.script = s
}

// accept changes how the destination answers what it takes.
func (d *destination) accept(answer func(Request) Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.speaks.Accept = answer
}

// books returns how often each event was offered and taken.
func (d *destination) books() (offered, taken map[string]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.offered), maps.Clone(d.taken)
}

// arrived returns how often each event is at the destination.
func (s *subject) arrived() map[string]int {
	if s.to != nil {
		_, taken := s.to.books()
		return taken
	}
	counts := map[string]int{}
	for _, id := range s.h.Stored(s.tr, s.env) {
		counts[id]++
	}
	return counts
}

// expectThere reports events that have not arrived. It is for when others may have: what became of a
// Send that was cut short nobody knows.
func (s *subject) expectThere(tr *trial, when string, want ...[]core.Sealed) {
	tr.Helper()
	got := s.arrived()
	for _, batch := range want {
		for i, id := range idsOf(batch) {
			if got[id] == 0 {
				tr.broken("%s, %s is not at the destination", when, place(i, len(batch)))
				return
			}
		}
	}
}

// expect reports events that have not arrived, that have more than once, and others.
func (s *subject) expect(tr *trial, when string, want ...[]core.Sealed) (ok bool) {
	tr.Helper()
	got := s.arrived()
	var missing, twice, others []string
	for _, batch := range want {
		for i, id := range idsOf(batch) {
			switch n := got[id]; {
			case n == 0:
				missing = append(missing, place(i, len(batch)))
			case n > 1:
				twice = append(twice, place(i, len(batch)))
			}
			delete(got, id)
		}
	}
	others = slices.Sorted(maps.Keys(got))
	if len(missing) == 0 && len(twice) == 0 && len(others) == 0 {
		return true
	}
	var said []string
	for what, list := range map[string][]string{"not there": missing, "there more than once": twice, "there and were not sent": others} {
		if len(list) > 0 {
			said = append(said, strings.Join(list[:min(len(list), 5)], ", ")+more(len(list)-5)+" "+what)
		}
	}
	slices.Sort(said)
	tr.broken("%s, of the events at the destination: %s", when, strings.Join(said, "; "))
	return false
}
