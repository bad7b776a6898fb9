package queuetest

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core/queue"
)

// model is a trivially correct log: a list per cursor.
type model struct {
	h        Harness
	log      queue.Log
	appended int
	places   map[string]uint64 // where a record was found
	cursors  []*modelCursor
	names    int
}

type modelCursor struct {
	cursor queue.Cursor
	before int
	unread []string // those that were given back first
	back   int
	hand   []modelRun
	held   []string
	stale  []queue.Run // given back
}

type modelRun struct {
	run  queue.Run
	recs []string
}

func testModel(t *testing.T, h Harness) {
	if h.Checks > 0 {
		checks := flag.Lookup("rapid.checks")
		before := checks.Value.String()
		_ = checks.Value.Set(strconv.Itoa(h.Checks))
		defer func() { _ = checks.Value.Set(before) }()
	}
	rapid.Check(t, func(t *rapid.T) {
		log, err := h.New(queue.DropOldest, plenty)()
		must(t, err)
		defer log.Close()
		m := &model{h: h, log: log, places: make(map[string]uint64)}
		m.addCursor(t)
		must(t, log.Resume())
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append, "append all": m.appendAll, "fetch": m.fetch, "done": m.done,
			"done too late": m.doneLate, "hold": m.hold, "release": m.release, "rewind": m.rewind,
			"discard": m.discard, "add cursor": m.addCursor, "remove cursor": m.removeCursor, "pause": m.pause,
			"": m.check,
		})
	})
}

func (m *model) pick(t *rapid.T) *modelCursor {
	if len(m.cursors) == 0 {
		t.Skip("no cursor")
	}
	return rapid.SampledFrom(m.cursors).Draw(t, "cursor")
}

// number returns the i of record i.
func number(rec string) int {
	i, _ := strconv.Atoi(rec[:8])
	return i
}

func (m *model) draw(t *rapid.T) []byte {
	return record(m.appended, rapid.SampledFrom([]int{8, 100, 700, 6000}).Draw(t, "size"))
}

func (m *model) see(rec []byte) {
	m.appended++
	for _, c := range m.cursors {
		c.unread = append(c.unread, string(rec))
	}
}

func (m *model) append(t *rapid.T) {
	rec := m.draw(t)
	must(t, m.log.Append(context.Background(), rec))
	m.see(rec)
}

func (m *model) appendAll(t *rapid.T) {
	var recs [][]byte
	for range rapid.IntRange(0, 40).Draw(t, "records") {
		rec := m.draw(t)
		recs = append(recs, rec)
		m.see(rec)
	}
	if n, err := m.log.AppendAll(context.Background(), recs); n != len(recs) || err != nil {
		t.Fatalf("AppendAll stored %d of %d: %v", n, len(recs), err)
	}
}

func (m *model) fetch(t *rapid.T) {
	c := m.pick(t)
	maxRecords := rapid.IntRange(1, 20).Draw(t, "max records")
	maxBytes := rapid.IntRange(50, 8000).Draw(t, "max bytes")
	oversize := rapid.Bool().Draw(t, "oversize")
	if len(c.unread) == 0 {
		none(t, c.cursor)
		return
	}
	run, more := m.h.fetch(t, c.cursor, maxRecords, maxBytes, oversize)
	switch fits := oversize || len(c.unread[0]) < maxBytes-50; { // whatever the frame takes
	case run.Len() == 0 && fits:
		t.Fatalf("fetched nothing of %d", len(c.unread))
	case run.Len() == 0 && !more:
		t.Fatalf("fetched nothing, and it is said that there is nothing")
	case run.Len() > maxRecords:
		t.Fatalf("fetched %d records, more than %d", run.Len(), maxRecords)
	case run.Len() > 1 && run.Size() > maxBytes:
		t.Fatalf("fetched %d bytes, more than %d", run.Size(), maxBytes)
	case run.Len() > len(c.unread) || more && run.Len() == len(c.unread):
		t.Fatalf("fetched %d of %d, and more is %v", run.Len(), len(c.unread), more)
	}
	n := run.Len()
	copied := run // reading it is left to done
	for i, got := range read(&copied) {
		if got.rec != c.unread[i] {
			t.Fatalf("fetched %.20q, want %.20q", got.rec, c.unread[i])
		}
		if place, ok := m.places[got.rec]; ok && place != got.place {
			t.Fatalf("the record %.20q was at place %d, and is at %d", got.rec, place, got.place)
		}
		m.places[got.rec] = got.place
	}
	c.hand = append(c.hand, modelRun{run, slices.Clone(c.unread[:n])})
	c.unread, c.back = c.unread[n:], max(0, c.back-n)
}

func (m *model) done(t *rapid.T) {
	c := m.pick(t)
	if len(c.hand) == 0 {
		t.Skip("nothing in hand")
	}
	i := rapid.IntRange(0, len(c.hand)-1).Draw(t, "which")
	m.finish(t, c, i)
}

func (m *model) finish(t *rapid.T, c *modelCursor, i int) {
	h := c.hand[i]
	c.hand = slices.Delete(c.hand, i, i+1)
	for j, got := range read(&h.run) {
		if got.rec != h.recs[j] {
			t.Fatalf("a record in hand has become %.20q, want %.20q", got.rec, h.recs[j])
		}
	}
	h.run.Done()
}

func (m *model) doneLate(t *rapid.T) {
	if c := m.pick(t); len(c.stale) > 0 {
		c.stale[0].Done()
		c.stale = c.stale[1:]
	}
}

func (m *model) hold(t *rapid.T) {
	c := m.pick(t)
	if len(c.hand) == 0 || len(c.hand[0].recs) == 0 {
		t.Skip("nothing in hand")
	}
	rec := rapid.SampledFrom(c.hand[0].recs).Draw(t, "record")
	if got := c.cursor.Hold(m.places[rec], []byte(rec)); string(got) != rec {
		t.Fatalf("holding %.20q returned %.20q", rec, got)
	}
	if !slices.Contains(c.held, rec) {
		c.held = append(c.held, rec)
	}
}

func (m *model) release(t *rapid.T) {
	if c := m.pick(t); len(c.held) > 0 {
		i := rapid.IntRange(0, len(c.held)-1).Draw(t, "which")
		c.cursor.Release(m.places[c.held[i]])
		c.held = slices.Delete(c.held, i, i+1)
	}
}

func (m *model) rewind(t *rapid.T) {
	c := m.pick(t)
	c.cursor.Rewind()
	back := slices.Clone(c.unread[:c.back])
	for _, h := range c.hand {
		back = append(back, h.recs...)
		c.stale = append(c.stale, h.run)
	}
	for _, rec := range c.held {
		if !slices.Contains(back, rec) {
			back = append(back, rec)
		}
	}
	slices.SortFunc(back, func(a, b string) int { return cmp.Compare(m.places[a], m.places[b]) })
	c.unread, c.back, c.hand, c.held = slices.Concat(back, c.unread[c.back:]), len(back), nil, nil
}

func (m *model) discard(t *rapid.T) {
	c := m.pick(t)
	if got := c.cursor.Discard(); got != len(c.unread) {
		t.Fatalf("discarded %d, want %d", got, len(c.unread))
	}
	c.unread, c.back = nil, 0
}

func (m *model) addCursor(t *rapid.T) {
	if len(m.cursors) == 4 {
		t.Skip("enough cursors")
	}
	m.names++
	m.cursors = append(m.cursors, &modelCursor{cursor: m.log.Cursor(fmt.Sprint("cursor ", m.names)), before: m.appended})
}

func (m *model) removeCursor(t *rapid.T) {
	c := m.pick(t)
	c.cursor.Remove()
	m.cursors = slices.DeleteFunc(m.cursors, func(other *modelCursor) bool { return other == c })
	for len(c.hand) > 0 {
		m.finish(t, c, 0)
	}
	none(t, c.cursor)
}

func (m *model) pause(t *rapid.T) {
	m.log.Pause()
	if err := m.log.Append(context.Background(), record(0, 8)); err == nil {
		t.Fatalf("a log that is paused took a record")
	}
	must(t, m.log.Resume())
}

func (m *model) check(t *rapid.T) {
	cursors, positions := make([]queue.Cursor, len(m.cursors)), make([]queue.Position, len(m.cursors))
	for i, c := range m.cursors {
		cursors[i] = c.cursor
	}
	end, appended := m.log.Snapshot(cursors, positions)
	if appended != uint64(m.appended) {
		t.Fatalf("%d records were appended, the log says %d", m.appended, appended)
	}
	for i, c := range m.cursors {
		at := positions[i]
		if at.Unread != uint64(len(c.unread)) || at.Before != uint64(c.before) || at.Overflowed+at.Damaged+at.Recovered+at.Handed != 0 {
			t.Fatalf("cursor %d stands at %+v, want %d unread and %d before", i, at, len(c.unread), c.before)
		}
		bytes := 0
		for _, rec := range c.unread {
			bytes += len(rec)
		}
		if at.Bytes < int64(bytes) {
			t.Fatalf("cursor %d has %d bytes unread, it says %d", i, bytes, at.Bytes)
		}
		oldest := -1
		if len(c.unread) > 0 {
			oldest = number(c.unread[0])
		}
		expectPeek(t, m.log, c.cursor, oldest, readDate)
		if len(c.unread) == 0 {
			if at.Next < end {
				t.Fatalf("cursor %d has nothing to fetch, and stands at place %d, before the end at %d", i, at.Next, end)
			}
		} else if place, ok := m.places[c.unread[0]]; ok && at.Next != place || at.Next >= end {
			t.Fatalf("cursor %d stands at place %d, want %d; the end is %d", i, at.Next, place, end)
		}
	}
}
