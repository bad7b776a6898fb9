package disk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/crashfs"
)

// model is a trivially correct log: a list per cursor. What it cannot know is told by the log, and
// checked to be possible: how much was dropped for want of room, and what a crash gives back.
type model struct {
	fs  *crashfs.FS
	cfg Config
	log *Log

	records  map[uint64]string // by place: acknowledged
	failed   map[string]bool   // refused, of which some may come back after a crash
	phantoms map[uint64]bool   // that did come back
	synced   uint64            // places before it are on stable storage for certain
	appended int               // by this process
	drawn    int
	cursors  []*modelCursor
	removed  int

	faulty   bool // the disk has failed since the log was opened
	cramped  bool // the disk was full since positions were last checked
	refusals int  // records refused since the log was made
}

type modelCursor struct {
	name     string
	cursor   *cursor
	unread   []placed
	hand     []modelRun
	held     []placed
	stale    []queue.Run
	finished map[uint64]bool
	lost     uint64
	before   uint64
	found    uint64 // when the log was opened
	damaged  uint64
}

type placed struct {
	place uint64
	rec   string
}

type modelRun struct {
	run  queue.Run
	want []placed
}

// logWriter shows what was logged when the test has failed.
type logWriter struct{ t *rapid.T }

func (w logWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

// timeless hides from rapid when the test must end, which is on another clock.
type timeless struct{ rapid.TB }

func TestTheLogBehavesLikeAListPerCursorAlsoThroughCrashes(t *testing.T) {
	rounds := 5
	if raceEnabled || testing.Short() {
		rounds = 1
	}
	for range rounds {
		synctest.Test(t, checkModel)
	}
}

func checkModel(t *testing.T) {
	rapid.Check(timeless{t}, func(t *rapid.T) {
		m := &model{records: map[uint64]string{}, failed: map[string]bool{}, phantoms: map[uint64]bool{}}
		m.fs = crashfs.New(rapid.Uint64().Draw(t, "seed"))
		m.cfg = Config{
			Logger: slog.New(slog.NewTextHandler(logWriter{t}, nil)),
			Dir:    "/queue", MaxBytes: 64 << 10, FS: m.fs,
			OnFull: rapid.SampledFrom([]queue.OnFull{queue.DropOldest, queue.DropNewest}).Draw(t, "on full"),
			Sync:   rapid.SampledFrom([]Sync{SyncBatch, SyncBatch, SyncInterval}).Draw(t, "sync"),
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "cursors") {
			m.cursors = append(m.cursors, &modelCursor{name: fmt.Sprint("sink ", i), finished: map[uint64]bool{}})
		}
		m.open(t)
		m.found(t, nil)
		defer func() { _ = m.log.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"append": m.append, "append more": m.append, "append all": m.appendAll,
			"fetch": m.fetch, "fetch more": m.fetch, "done": m.done, "done again": m.done, "done too late": m.doneTooLate,
			"hold": m.hold, "release": m.release, "rewind": m.rewind, "discard": m.discard,
			"rewrite": m.rewrite, "pause": m.pause, "add cursor": m.add, "remove cursor": m.remove,
			"close": m.close, "kill": m.kill, "lose power": m.losePower,
			"failing sync": m.failingSync, "full disk": m.fullDisk, "read-only disk": m.readOnlyDisk,
			"": m.check,
		})
	})
}

// open opens the log with the model's cursors.
func (m *model) open(t *rapid.T) {
	if len(m.cursors) == 0 { // nobody remembers the places
		m.synced = 0
		clear(m.records)
	}
	log, err := Open(m.cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.log, m.appended, m.faulty = log, 0, false
	for _, c := range m.cursors {
		c.cursor = log.Cursor(c.name).(*cursor)
		c.hand, c.held, c.stale, c.lost, c.before = nil, nil, nil, 0, 0
	}
	if err := log.Resume(); err != nil {
		t.Fatal(err)
	}
}

// unfinished returns what each cursor has to find when the log is opened again.
func (m *model) unfinished(t *rapid.T) map[*modelCursor]map[uint64]bool {
	m.check(t)
	must := map[*modelCursor]map[uint64]bool{}
	for _, c := range m.cursors {
		places := map[uint64]bool{}
		for _, r := range c.unread {
			places[r.place] = true
		}
		for _, h := range c.hand {
			for _, r := range h.want {
				places[r.place] = true
			}
		}
		for _, r := range c.held {
			places[r.place] = true
		}
		must[c] = places
	}
	return must
}

// found reads what each cursor has found, and compares it with what it must have.
func (m *model) found(t *rapid.T, must map[*modelCursor]map[uint64]bool, again ...func(*modelCursor, uint64) bool) {
	for _, c := range m.cursors {
		at := m.position(c)
		if at.Overflowed != 0 || at.Recovered != at.Unread+at.Damaged {
			t.Fatalf("%s: at opening: %+v", c.name, at)
		}
		c.unread = nil
		for {
			run, more := c.cursor.Fetch(1000, 1<<20, true)
			if run.Len() == 0 {
				if more {
					t.Fatalf("%s: there is more, but none comes", c.name)
				}
				break
			}
			for place := run.First; run.Len() > 0; place++ {
				c.unread = append(c.unread, placed{place, string(run.Next())})
			}
		}
		c.cursor.Rewind()
		at = m.position(c)
		if at.Unread != uint64(len(c.unread)) || at.Recovered != at.Unread+at.Damaged {
			t.Fatalf("%s: found %d, but %+v", c.name, len(c.unread), at)
		}
		if at.Damaged > 0 && m.refusals == 0 && m.cfg.Sync == SyncBatch {
			t.Fatalf("%s: %d records damaged", c.name, at.Damaged)
		}
		c.found, c.damaged = at.Recovered, at.Damaged
		m.compare(t, c, must[c], again)
	}
}

func (m *model) compare(t *rapid.T, c *modelCursor, must map[uint64]bool, again []func(*modelCursor, uint64) bool) {
	last := -1
	for _, r := range c.unread {
		if int(r.place) <= last {
			t.Fatalf("%s: place %d after %d", c.name, r.place, last)
		}
		last = int(r.place)
		rec, known := m.records[r.place]
		if !known && m.failed[r.rec] {
			m.records[r.place], rec, known = r.rec, r.rec, true // it was stored after all
			m.phantoms[r.place] = true
		}
		if !known || rec != r.rec {
			t.Fatalf("%s: at %d is %.20q, want %.20q", c.name, r.place, r.rec, rec)
		}
		if !must[r.place] && !m.phantoms[r.place] && !slices.ContainsFunc(again, func(f func(*modelCursor, uint64) bool) bool { return f(c, r.place) }) {
			t.Fatalf("%s: %d comes again", c.name, r.place)
		}
		delete(must, r.place)
	}
	for place := range must {
		if m.cfg.Sync == SyncInterval && place >= m.synced {
			delete(must, place)
		}
	}
	if len(must) > 0 {
		t.Fatalf("%s: lost %v", c.name, slices.Sorted(maps.Keys(must)))
	}
}

func (m *model) position(c *modelCursor) queue.Position {
	var at [1]queue.Position
	m.log.Snapshot([]queue.Cursor{c.cursor}, at[:])
	return at[0]
}

func (m *model) pick(t *rapid.T) *modelCursor {
	if len(m.cursors) == 0 {
		t.Skip("no cursor")
	}
	return m.cursors[rapid.IntRange(0, len(m.cursors)-1).Draw(t, "cursor")]
}

func (m *model) record(t *rapid.T) string {
	m.drawn++
	return string(record(m.drawn, rapid.SampledFrom([]int{8, 100, 700, 6000}).Draw(t, "size")))
}

// stored notes what became of records.
func (m *model) stored(t *rapid.T, recs []string, n int, err error) {
	end, _ := m.log.Snapshot(nil, nil)
	first := end - uint64(n)
	for i, rec := range recs {
		if i >= n {
			m.failed[rec] = true
			m.refusals++
			continue
		}
		m.records[first+uint64(i)] = rec
		for _, c := range m.cursors {
			c.unread = append(c.unread, placed{first + uint64(i), rec})
		}
	}
	m.appended += n
	m.overflow(t)
	if err == nil && n != len(recs) {
		t.Fatalf("stored %d of %d without an error", n, len(recs))
	}
	if errors.Is(err, queue.ErrFull) && m.cfg.OnFull == queue.DropNewest {
		if most := m.most(); most < int(m.cfg.MaxBytes)*3/8 {
			t.Fatalf("full with %d bytes", most)
		}
		return
	}
	if err != nil && !m.faulty {
		t.Fatal(err)
	}
}

// most returns the bytes of the cursor that is farthest behind, without what it was given back.
func (m *model) most() (most int) {
	for _, c := range m.cursors {
		most = max(most, bytesOf(c.unread[m.back(c):]))
	}
	return most
}

func bytesOf(records []placed) (n int) {
	for _, r := range records {
		n += len(r.rec) + frameHeader
	}
	return n
}

func (m *model) back(c *modelCursor) int {
	m.log.mu.Lock()
	defer m.log.mu.Unlock()
	return min(int(c.cursor.back.total), len(c.unread))
}

// overflow takes note of what was dropped for want of room.
func (m *model) overflow(t *rapid.T) {
	for _, c := range m.cursors {
		at := m.position(c)
		n, back := int(at.Overflowed-c.lost), m.back(c)
		if n == 0 {
			continue
		}
		if m.cfg.OnFull != queue.DropOldest {
			t.Fatalf("%s: %d records dropped", c.name, n)
		}
		if n > len(c.unread)-back {
			t.Fatalf("%s: dropped %d of %d", c.name, n, len(c.unread)-back)
		}
		if most := bytesOf(c.unread[back:]); !m.cramped && most < int(m.cfg.MaxBytes)*3/8 {
			t.Fatalf("%s: dropped %d of %d bytes", c.name, n, most)
		}
		for _, r := range c.unread[back : back+n] {
			c.finished[r.place] = true
		}
		c.unread = slices.Delete(slices.Clone(c.unread), back, back+n)
		c.lost = at.Overflowed
	}
}

func (m *model) append(t *rapid.T) {
	for range rapid.IntRange(1, 20).Draw(t, "records") {
		rec := m.record(t)
		n, err := 1, m.log.Append(context.Background(), []byte(rec))
		if err != nil {
			n = 0
		}
		m.stored(t, []string{rec}, n, err)
	}
}

func (m *model) appendAll(t *rapid.T) {
	var recs []string
	var raw [][]byte
	for range rapid.IntRange(1, 30).Draw(t, "records") {
		rec := m.record(t)
		recs, raw = append(recs, rec), append(raw, []byte(rec))
	}
	n, err := m.log.AppendAll(context.Background(), raw)
	m.stored(t, recs, n, err)
}

func (m *model) fetch(t *rapid.T) {
	c := m.pick(t)
	maxRecords := rapid.IntRange(1, 20).Draw(t, "max records")
	maxBytes := rapid.IntRange(1, 8000).Draw(t, "max bytes")
	oversize := rapid.Bool().Draw(t, "oversize")
	run, more := c.cursor.Fetch(maxRecords, maxBytes, oversize)
	n := run.Len()
	none := len(c.unread) == 0 || !oversize && len(c.unread[0].rec)+frameHeader > maxBytes
	if (n == 0) != none {
		t.Fatalf("%s: fetched %d of %d", c.name, n, len(c.unread))
	}
	if n > 1 && run.Size() > maxBytes || n > maxRecords {
		t.Fatalf("%s: fetched %d records, %d bytes", c.name, n, run.Size())
	}
	if more != (len(c.unread) > n) {
		t.Fatalf("%s: more is %v with %d of %d fetched", c.name, more, n, len(c.unread))
	}
	if n == 0 {
		return
	}
	if run.First != c.unread[0].place || c.unread[n-1].place != run.First+uint64(n)-1 {
		t.Fatalf("%s: the run starts at %d, want %d", c.name, run.First, c.unread[0].place)
	}
	c.hand = append(c.hand, modelRun{run, c.unread[:n:n]})
	c.unread = c.unread[n:]
}

func (m *model) done(t *rapid.T) {
	c := m.pick(t)
	if len(c.hand) == 0 {
		t.Skip("nothing in hand")
	}
	c.finish(t, rapid.IntRange(0, len(c.hand)-1).Draw(t, "which"))
}

func (c *modelCursor) finish(t *rapid.T, i int) {
	h := c.hand[i]
	c.hand = slices.Delete(slices.Clone(c.hand), i, i+1)
	run := h.run
	for _, want := range h.want {
		if got := run.Next(); string(got) != want.rec {
			t.Fatalf("%s: a record in hand changed: got %.20q, want %.20q", c.name, got, want.rec)
		}
		c.finished[want.place] = true
	}
	run.Done()
}

func (m *model) doneTooLate(t *rapid.T) {
	if c := m.pick(t); len(c.stale) > 0 {
		c.stale[0].Done()
		c.stale = c.stale[1:]
	}
}

func (m *model) hold(t *rapid.T) {
	c := m.pick(t)
	if len(c.hand) == 0 {
		t.Skip("nothing in hand")
	}
	r := c.hand[0].want[rapid.IntRange(0, len(c.hand[0].want)-1).Draw(t, "record")]
	if got := c.cursor.Hold(r.place, []byte(r.rec)); string(got) != r.rec && string(got) != m.records[r.place] {
		t.Fatalf("holding %.20q returned %.20q", r.rec, got)
	}
	if !slices.Contains(c.held, r) {
		c.held = append(c.held, r)
	}
}

func (m *model) release(t *rapid.T) {
	c := m.pick(t)
	if len(c.held) == 0 {
		t.Skip("nothing is held")
	}
	c.cursor.Release(c.held[0].place)
	c.finished[c.held[0].place] = true
	c.held = c.held[1:]
}

func (m *model) rewind(t *rapid.T) {
	c := m.pick(t)
	c.cursor.Rewind()
	for _, h := range c.hand {
		c.unread = slices.Clone(c.unread)
		for _, r := range h.want { // as the log has it by now
			c.unread = append(c.unread, placed{r.place, m.records[r.place]})
		}
		c.stale = append(c.stale, h.run)
	}
	for _, r := range c.held {
		if r.rec = m.records[r.place]; !slices.Contains(c.unread, r) {
			c.unread = append(slices.Clone(c.unread), r)
		}
	}
	slices.SortFunc(c.unread, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	c.hand, c.held = nil, nil
}

// rewrite blanks every fifth record in the log: in nobody's hand, and for good.
func (m *model) rewrite(t *rapid.T) {
	if m.faulty {
		t.Skip("a disk that has failed may have rewritten some")
	}
	fifth := func(rec []byte) bool { return rec[7] == '0' || rec[7] == '5' }
	blank := func(rec []byte) {
		for i := 8; i < len(rec); i++ {
			rec[i] = '-'
		}
	}
	rewritten := func(rec string) string {
		b := []byte(rec)
		if len(b) > 8 && fifth(b) {
			blank(b)
		}
		return string(b)
	}
	if err := m.log.Rewrite(fifth, blank); err != nil {
		t.Fatal(err)
	}
	for place, rec := range m.records {
		m.records[place] = rewritten(rec)
	}
	for rec := range maps.Clone(m.failed) { // which may have been stored
		m.failed[rewritten(rec)] = true
	}
	for _, c := range m.cursors {
		c.unread = slices.Clone(c.unread)
		for i, r := range c.unread {
			c.unread[i].rec = rewritten(r.rec)
		}
	}
}

func (m *model) discard(t *rapid.T) {
	c := m.pick(t)
	if got := c.cursor.Discard(); got != len(c.unread) {
		t.Fatalf("%s: discarded %d, want %d", c.name, got, len(c.unread))
	}
	for _, r := range c.unread {
		c.finished[r.place] = true
	}
	c.unread = nil
}

func (m *model) pause(t *rapid.T) {
	m.log.Pause()
	if err := m.log.Append(context.Background(), []byte("x")); !errors.Is(err, queue.ErrPaused) {
		t.Fatalf("while paused: %v", err)
	}
	synctest.Wait()
	if err := m.log.Resume(); err != nil {
		t.Fatal(err)
	}
}

func (m *model) add(t *rapid.T) {
	if len(m.cursors) > 3 {
		t.Skip("enough cursors")
	}
	m.removed++
	c := &modelCursor{name: fmt.Sprint("sink +", m.removed), finished: map[uint64]bool{}, before: uint64(m.appended)}
	c.cursor = m.log.Cursor(c.name).(*cursor)
	m.cursors = append(m.cursors, c)
}

func (m *model) remove(t *rapid.T) {
	c := m.pick(t)
	c.cursor.Remove()
	m.cursors = slices.DeleteFunc(slices.Clone(m.cursors), func(o *modelCursor) bool { return o == c })
	for len(c.hand) > 0 {
		c.finish(t, 0)
	}
}

func (m *model) close(t *rapid.T) {
	must := m.unfinished(t)
	faulty := m.faulty
	if err := m.log.Close(); err != nil && !m.faulty {
		t.Fatal(err)
	}
	m.fs = m.fs.Kill()
	m.cfg.FS = m.fs
	if m.refusals == 0 { // once a sync has failed, what it should have synced is in doubt for good
		m.synced, _ = m.log.Snapshot(nil, nil)
	}
	m.open(t)
	m.found(t, must, func(c *modelCursor, place uint64) bool { return faulty && c.finished[place] })
}

func (m *model) check(t *rapid.T) {
	synctest.Wait() // so that a failure can be reproduced
	if again := m.fs.SyncedAgain(); len(again) > 0 {
		t.Fatalf("synced again after a failed sync: %v", again)
	}
	m.overflow(t)
	cursors, positions := []queue.Cursor{}, make([]queue.Position, len(m.cursors))
	for _, c := range m.cursors {
		cursors = append(cursors, c.cursor)
	}
	end, got := m.log.Snapshot(cursors, positions)
	if got != uint64(m.appended) {
		t.Fatalf("appended %d, want %d", got, m.appended)
	}
	for i, c := range m.cursors {
		want := queue.Position{
			Next: end, Unread: uint64(len(c.unread)), Overflowed: c.lost, Before: c.before,
			Recovered: c.found, Damaged: c.damaged, Bytes: int64(bytesOf(c.unread)),
		}
		if len(c.unread) > 0 {
			want.Next = c.unread[0].place
		}
		if c.damaged > 0 {
			want.Bytes = positions[i].Bytes
		}
		if positions[i] != want {
			t.Fatalf("%s: got %+v, want %+v", c.name, positions[i], want)
		}
		m.peek(t, c, want.Next)
	}
	if open := m.fs.OpenFiles(); open > 2+4*len(m.cursors) {
		t.Fatalf("%d files are open", open)
	}
}

// peek looks at when the oldest record was accepted, which may be unknown if the disk has failed.
func (m *model) peek(t *rapid.T, c *modelCursor, next uint64) {
	var want time.Time
	if len(c.unread) > 0 {
		want = numbered([]byte(c.unread[0].rec))
	}
	place, at := c.cursor.Peek(numbered)
	if place != next || !at.Equal(want) && !(at.IsZero() && m.faulty) {
		t.Fatalf("%s: the oldest is at %d, accepted at %v, want %d, %v", c.name, place, at, next, want)
	}
}

// numbered stands for the time at which a record was accepted.
func numbered(rec []byte) time.Time {
	i, _ := strconv.Atoi(string(rec[:8]))
	return time.Unix(int64(i), 0)
}
