package sinktest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// Seal returns events as a sink gets them. An event without a name is called "run".
func Seal(t testing.TB, events ...core.Event) []core.Sealed {
	t.Helper()
	batch := make([]core.Sealed, 0, len(events))
	for _, e := range events {
		if e.Name == "" {
			e.Name = "run"
		}
		sealed, err := core.Seal(core.Config{}, e)
		if err != nil {
			t.Fatalf("seal the event %q: %v", e.Name, err)
		}
		batch = append(batch, sealed)
	}
	return batch
}

// The ids of the kit's events have the form of a UUID, which every destination takes, with a
// mark by which they are found again.
const idMark = "-5174-7000-8000-"

// events makes n events that every destination should take.
func (tr *trial) events(n int) []core.Event {
	var random [4]byte
	_, _ = rand.Read(random[:])
	list := make([]core.Event, n)
	for i := range list {
		list[i] = tr.completed(core.Event{
			ID: fmt.Sprintf("%s%s%012x", hex.EncodeToString(random[:]), idMark, i), Name: "sinktest_run",
			UserID: fmt.Sprint("user-", i%3), AnonymousID: fmt.Sprint("device-", i%3), SessionID: "1700000000",
			Props: core.Props{"n": i, "success": i%2 == 0, "ratio": 0.5, "component": "an agent"},
		})
	}
	return list
}

// completed is an event in the form that the harness wants.
func (tr *trial) completed(e core.Event) core.Event {
	if tr.h.Event == nil {
		return e
	}
	id := e.ID
	if e = tr.h.Event(e); e.ID != id {
		tr.Fatalf("the harness's Event changed the id %q to %q", id, e.ID)
	}
	return e
}

// batch makes a batch of n events, or fewer if the sink's limits are less.
func (s *subject) batch(n int) []core.Sealed {
	limits := s.limits()
	batch := Seal(s.tr, s.tr.events(min(n, limits.MaxEvents))...)
	size := 0
	for i, e := range batch {
		if size += len(e.JSON()); size > limits.MaxBytes && i > 0 {
			return batch[:i]
		}
	}
	return batch
}

func idsOf(batch []core.Sealed) (ids []string) {
	for _, e := range batch {
		ids = append(ids, e.ID())
	}
	return ids
}

// foundIDs returns the ids of the kit that are in a text, each once.
func foundIDs(text []byte) (ids []string) {
	const before, after = 8, 12
	for at := 0; ; at += len(idMark) {
		next := bytes.Index(text[at:], []byte(idMark))
		if next < 0 {
			slices.Sort(ids)
			return slices.Compact(ids)
		}
		at += next
		from, to := at-before, at+len(idMark)+after
		if from >= 0 && to <= len(text) && !bytes.ContainsFunc(text[from:to], notInID) {
			ids = append(ids, string(text[from:to]))
		}
	}
}

func notInID(r rune) bool { return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'f') }
