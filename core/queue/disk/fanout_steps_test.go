package disk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

// The operations of a history.

// event makes the next event: sometimes one that is not valid, or one with an id that was used before.
func (m *fanout) event(t *rapid.T) (n int, e core.Event) {
	n = m.offered
	m.offered++
	e = core.Event{Name: nameOf(n), ID: fmt.Sprint("id-", n), Props: core.Props{"n": n}}
	switch rapid.IntRange(0, 19).Draw(t, "kind") {
	case 0:
		e.Name = ""
	case 1:
		e.ID = fmt.Sprint("id-", n/2)
	case 2:
		e.Props["text"] = string(record(n, 3000))
	}
	return n, e
}

// offering notes that an event may come from now on.
func (m *fanout) offering(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sinks {
		if s.wants(n) {
			s.maybe[n] = true
		}
	}
}

// became notes what became of an event.
func (m *fanout) became(n int, v core.Verdict, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch v {
	case core.Accepted:
		m.books.Accepted++
		m.accepted[n] = time.Now()
	case core.Denied:
		m.books.Denied++
	case core.Duplicate:
		m.books.Duplicates++
	case core.Rejected:
		m.books.Rejected++
	}
	for _, s := range m.sinks {
		if v == core.Accepted && s.maybe[n] {
			s.owed[n] = true
		}
		if v != core.Rejected || !errors.Is(err, queue.ErrUnavailable) { // which does not tell whether it was stored
			delete(s.maybe, n)
		}
		if _, taken := s.taken[n]; taken && v != core.Accepted {
			m.wrong("%s took %d, which was %v: %v", s.name, n, v, err)
		}
	}
	unavailable := errors.Is(err, queue.ErrUnavailable)
	if unavailable {
		m.failures++
	}
	if !m.dead() && (v == core.Denied && !m.off || v == core.Accepted && m.off || v == core.Rejected && (err == nil || unavailable)) {
		m.wrong("%d was %v: %v", n, v, err)
	}
}

func (m *fanout) offer(t *rapid.T) {
	for range rapid.IntRange(1, 40).Draw(t, "events") {
		n, e := m.event(t)
		m.offering(n)
		v, err := m.d.Offer(context.Background(), e)
		m.became(n, v, err)
	}
}

func (m *fanout) offerGroup(t *rapid.T) {
	g, first := m.d.Group(context.Background()), m.offered
	defer g.Release()
	for range rapid.IntRange(1, 60).Draw(t, "events") {
		n, e := m.event(t)
		m.offering(n)
		g.Offer(e)
	}
	for i, o := range g.Outcomes() {
		m.became(first+i, o.Verdict, o.Err)
	}
}

func (m *fanout) answers(t *rapid.T) {
	if len(m.sinks) == 0 {
		t.Skip("no sink")
	}
	names := []string{"ok", "ok", "ok", "slow", "down", "throttled", "unauthorized", "refused", "panics", "hangs", "too large", "poison", "partial", "partial"}
	s := m.sinks[rapid.IntRange(0, len(m.sinks)-1).Draw(t, "sink")]
	answer := rapid.SampledFrom(names).Draw(t, "answer")
	m.mu.Lock()
	s.answer = answer
	m.mu.Unlock()
}

func (m *fanout) wait(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{
		time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond, 3 * time.Second, time.Minute, 20 * time.Minute,
	}).Draw(t, "time"))
}

// waitShortly is for a process that ends soon.
func (m *fanout) waitShortly(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond, 3 * time.Second}).Draw(t, "time"))
}

// flush: when it says that all is finished, nothing is owed any more.
func (m *fanout) flush(t *rapid.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := m.d.Flush(ctx)
	m.check(t)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sinks {
		if err == nil && len(s.owed) > 0 && m.maxBytes > 1<<20 {
			t.Fatalf("flushed, and %s is owed %d events", s.name, len(s.owed))
		}
	}
}

func (m *fanout) track(*rapid.T) {
	synctest.Wait() // nobody is in the middle of taking
	off := !m.off
	m.d.SetDoNotTrack(off)
	m.mu.Lock()
	m.off = off
	for _, s := range m.sinks {
		if off {
			s.withdraw()
		}
	}
	m.mu.Unlock()
	synctest.Wait() // what was being sent has come to its end
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sinks {
		if m.dead() { // before that was on the disk
			s.mayReturn(func(time.Time) bool { return off })
		}
	}
}

// add makes a destination of a name that none has now, nor had in this process: if that ends before a removal
// is on the disk, the next finds the sink as it was.
func (m *fanout) add(t *rapid.T) {
	for i := range 4 {
		name := fmt.Sprint("s", i)
		if m.retired[name] || slices.ContainsFunc(m.sinks, func(s *destination) bool { return s.name == name }) {
			continue
		}
		s := newDestination(m, name, rapid.IntRange(0, 3).Draw(t, "picky") == 0, rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "concurrency"))
		s.since = m.offered
		m.sinks = append(slices.Clone(m.sinks), s)
		return
	}
}

// reload adds a sink, removes or changes one, or leaves all as they are.
func (m *fanout) reload(t *rapid.T) {
	kind := rapid.SampledFrom([]string{"add", "remove", "change", "keep"}).Draw(t, "reload")
	m.mu.Lock()
	var removed *destination
	if kind == "add" {
		m.add(t)
	} else if len(m.sinks) > 0 {
		i := rapid.IntRange(0, len(m.sinks)-1).Draw(t, "sink")
		switch kind {
		case "remove":
			removed = m.sinks[i]
			m.retired[removed.name] = true
			m.sinks = slices.Delete(slices.Clone(m.sinks), i, i+1)
		case "change":
			m.sinks[i].version++
		}
	}
	m.mu.Unlock()
	err := m.d.Reload(m.config())
	if err != nil && !m.dead() {
		t.Fatal(err)
	}
	if removed != nil && err == nil {
		m.mu.Lock()
		clear(removed.owed) // and what it takes now is wrong
		clear(removed.maybe)
		m.mu.Unlock()
	}
}

// reopen closes the dispatcher, and starts another process.
func (m *fanout) reopen(t *rapid.T) {
	synctest.Wait()
	err := m.close(3 * time.Second)
	synctest.Wait()
	stats, letters := m.d.Stats(), map[string][]core.DeadLetter{}
	for _, s := range m.sinks {
		letters[s.name] = m.d.DeadLetters(s.name)
	}
	m.mu.Lock()
	m.process++
	var left *core.LeftError
	if err != nil && (m.fs != nil || !errors.As(err, &left)) {
		m.wrong("closed: %v", err)
	}
	for _, s := range m.sinks {
		s.ended(stats.Sinks[s.name])
		if m.fs == nil {
			s.bury(letters[s.name])
			s.forget(left)
		}
	}
	if m.fs != nil {
		m.fs = m.fs.Kill()
	}
	m.mu.Unlock()
	m.open()
}

// crashSoon has the process end in the middle of something.
func (m *fanout) crashSoon(t *rapid.T) {
	m.fs.KillAfter(rapid.IntRange(1, 80).Draw(t, "operations"))
	from := time.Now()
	steps := map[string]func(*rapid.T){
		"offer": m.offer, "offer a group": m.offerGroup, "wait": m.waitShortly, "reload": m.reload, "track": m.track, "answer": m.answers,
	}
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		step := rapid.SampledFrom([]string{"offer", "offer", "offer a group", "wait", "wait", "reload", "track", "answer"}).Draw(t, "step")
		if step == "answer" && len(m.sinks) == 0 {
			continue
		}
		steps[step](t)
	}
	m.crash(t, from)
}

// crashNow has it end while everybody waits.
func (m *fanout) crashNow(t *rapid.T) { m.crash(t, time.Now()) }

// crash ends the process if it has not ended at some time since from; sometimes power is lost.
func (m *fanout) crash(t *rapid.T, from time.Time) {
	power := rapid.Bool().Draw(t, "power")
	keep, seed := rapid.SampledFrom([]float64{0, 0.5, 0.9}).Draw(t, "keep"), rapid.Uint64().Draw(t, "image")
	stats := m.d.Stats()
	m.mu.Lock()
	m.process++
	m.crashes++
	next := m.fs.Image(keep, seed)
	if killed := m.fs.Kill(); !power {
		next = killed
	}
	for _, s := range m.sinks {
		s.ended(stats.Sinks[s.name])
		s.crash(power, from, func(n int) bool { return m.sync == SyncInterval && from.Sub(m.accepted[n]) <= 300*time.Millisecond })
	}
	m.mu.Unlock()
	_ = m.close(time.Second) // of a process that has ended
	m.mu.Lock()
	m.fs = next
	m.mu.Unlock()
	m.open()
}

// finish sees to it that all that is owed comes, once every sink is well, and nothing more after that.
func (m *fanout) finish() {
	m.mu.Lock()
	for _, s := range m.sinks {
		s.answer = "ok"
	}
	m.mu.Unlock()
	if m.off {
		m.track(m.t)
	}
	time.Sleep(3 * time.Hour) // any pause, probe or open circuit is over
	for round := range 2 {
		m.check(m.t)
		stats := m.d.Stats()
		for _, s := range m.sinks {
			k := stats.Sinks[s.name]
			if k.Queued > 0 || uint64(len(s.owed)) > k.Overflowed+s.overflow || round > 0 && k.Delivered > 0 {
				m.t.Fatalf("%s has been well for hours, is owed %d, and has %+v", s.name, len(s.owed), k)
			}
		}
		if round == 0 {
			m.reopen(m.t)
			time.Sleep(time.Minute)
		}
	}
}
