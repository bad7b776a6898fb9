package overload

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestABacklogDrainsInOrderWithoutABurst kills a daemon that has a backlog, and looks at how the next one comes to
// terms with it: 30,000 events, or a million with HEADGATE_LONG=1.
func TestABacklogDrainsInOrderWithoutABurst(t *testing.T) {
	events, perPost := 30_000, 500
	if long() {
		events, perPost = 1_000_000, 1000
	}
	const concurrency = 3
	to := newDestination(t)
	to.answer("/ordered", http.StatusServiceUnavailable)
	to.answer("/wide", http.StatusServiceUnavailable)
	d := start(t, t.TempDir(), fmt.Sprintf("queue: {type: disk, dir: spool, max_bytes: 2GiB}\nsinks:\n  ordered: %s\n  wide: %s\n",
		to.sinkLines("/ordered"), to.sinkLines("/wide", fmt.Sprintf("concurrency: %d", concurrency))), how{})
	s := newSender(t, "m-")
	began := time.Now()
	var filling footprint
	for i := 0; i < events; i += perPost {
		if a := s.post(d, i, perPost); a.status != http.StatusOK || a.accepted != perPost {
			t.Fatalf("%+v\n%s", a, tail(d.stderr()))
		}
		if i%(perPost*50) == 0 {
			filling.rssKB = max(filling.rssKB, d.footprint().rssKB)
		}
	}
	t.Logf("%d events taken in %v, RSS at most %d MB", events, time.Since(began).Round(time.Millisecond), filling.rssKB>>10)
	down := d.footprint()
	d.kill()
	before := requests(to, "/wide", time.Time{})

	to.slow("/ordered", 2*time.Millisecond)
	to.slow("/wide", 2*time.Millisecond)
	to.mu.Lock()
	to.of("/wide").most, to.of("/ordered").most = 0, 0
	to.mu.Unlock()
	var stop sync.WaitGroup
	done, most := make(chan struct{}), footprint{}
	to.answer("/ordered", 0)
	to.answer("/wide", 0)
	d = launch(t, d.dir, config(t, d.dir), how{})
	restarted := d.began
	d.awaitReady()
	ready := time.Since(restarted)
	stop.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
			f := d.footprint()
			most.rssKB, most.files, most.threads, most.cpu = max(most.rssKB, f.rssKB), max(most.files, f.files), max(most.threads, f.threads), f.cpu
		}
	})
	d.awaitWithin(10*time.Minute, "the backlog", func() bool {
		time.Sleep(20 * time.Millisecond)
		st := d.stats()
		return st.Sinks["ordered"].Queued == 0 && st.Sinks["wide"].Queued == 0
	})
	drained := time.Since(restarted)
	close(done)
	stop.Wait()

	to.mu.Lock()
	defer to.mu.Unlock()
	ordered, wide := to.of("/ordered"), to.of("/wide")
	first := slices.MinFunc(after(ordered.at, restarted), time.Time.Compare).Sub(restarted)
	peak := busiest(after(wide.at, restarted))
	t.Logf("after the restart: ready %v, first delivery %v, drained %v (%.0f events/s for each sink), at most %v; %d requests a second at most to the wide sink, %d at once; while down %v, %d requests",
		ready.Round(time.Millisecond), first.Round(time.Millisecond), drained.Round(time.Millisecond), float64(events)/drained.Seconds(), most, peak, wide.most, down, before)
	if !slices.IsSorted(ordered.order) || len(ordered.order) != events {
		t.Errorf("%d of %d events came, in order: %v", len(ordered.order), events, slices.IsSorted(ordered.order))
	}
	if len(wide.took) != events {
		t.Errorf("%d of %d events came to the wide sink", len(wide.took), events)
	}
	if ordered.most > 1 || wide.most > concurrency {
		t.Errorf("%d and %d requests at once, want at most 1 and %d", ordered.most, wide.most, concurrency)
	}
	if first > 2*time.Second || most.rssKB > 200<<10 || most.files > 64 {
		t.Errorf("first delivery after %v, %v", first, most)
	}
}

// TestADestinationThatComesBackIsNotOverrun has a dead destination come back while events keep coming: what is
// sent to it then is within the concurrency of the sink, from the first request on.
func TestADestinationThatComesBackIsNotOverrun(t *testing.T) {
	t.Parallel()
	const concurrency = 2
	to := newDestination(t)
	to.answer("/back", http.StatusServiceUnavailable)
	to.slow("/back", 5*time.Millisecond)
	d := start(t, t.TempDir(), fmt.Sprintf("queue: {type: disk, dir: spool}\nsinks:\n  back: %s\n",
		to.sinkLines("/back", fmt.Sprintf("concurrency: %d", concurrency))), how{})
	s := newSender(t, "m-")
	for i := range 20 {
		s.post(d, 500*i, 500)
	}
	d.await("the circuit to open", func() bool { return d.stats().Sinks["back"].State == "open" })
	to.mu.Lock()
	to.of("/back").most, to.of("/back").at = 0, nil
	to.mu.Unlock()
	time.Sleep(1500 * time.Millisecond)
	to.mu.Lock()
	open, most := len(to.of("/back").at), to.of("/back").most
	to.of("/back").status, to.of("/back").most = 0, 0
	back := time.Now()
	to.mu.Unlock()
	if open > 30 || most > 1 { // retry.max is 500 ms: 6 on average
		t.Errorf("%d requests in 1.5 s while the circuit is open, %d at once", open, most)
	}
	d.await("everything to be delivered", func() bool { return d.stats().Sinks["back"].Queued == 0 })
	to.mu.Lock()
	defer to.mu.Unlock()
	in := to.of("/back")
	if in.most > concurrency || len(in.took) != len(s.acked) {
		t.Errorf("%d requests at once, %d of %d events", in.most, len(in.took), len(s.acked))
	}
	t.Logf("%d requests in 1.5 s while open; afterwards at most %d at once, %d in the busiest second, the first %v after it was back",
		open, in.most, busiest(after(in.at, back)), after(in.at, back)[0].Sub(back).Round(time.Millisecond))
}

// after returns the times after one.
func after(times []time.Time, t time.Time) (later []time.Time) {
	for _, at := range times {
		if at.After(t) {
			later = append(later, at)
		}
	}
	return later
}

// requests returns how many requests came to a path after a time.
func requests(to *destination, path string, since time.Time) int {
	to.mu.Lock()
	defer to.mu.Unlock()
	return len(after(to.of(path).at, since))
}

// busiest returns how many of the times are within the second that has most of them.
func busiest(times []time.Time) (most int) {
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i := range times {
		for times[i].Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
