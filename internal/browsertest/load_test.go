package browsertest

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The page shows a few of very many events, and says of how many; what it does, or does not
// get to do, is nothing to those who deliver.
func TestThePageHoldsNobodyUpWhileTenThousandEventsASecondFlow(t *testing.T) {
	s := &sink{}
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", s), local("ga4", "ga4", &sink{})}}, nil)
	p := newTab(t)
	p.openPage(d)
	before := heap()

	const perSecond, seconds = 10_000, 3
	flowed := make(chan struct{})
	go func() { // a hundredth of a second's at a time, and behind time at once
		defer close(flowed)
		began := time.Now()
		for sent := 0; sent < perSecond*seconds; {
			due := min(int(time.Since(began).Seconds()*perSecond), perSecond*seconds)
			for ; sent < due; sent++ {
				_ = d.dispatcher.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("load-", sent), Name: "run", Props: core.Props{"n": sent, "text": "some text of an event, as long as such a text may be"}})
			}
			time.Sleep(time.Millisecond)
		}
	}()
	p.until(`document.querySelector("#events-note").textContent.includes("one event in")`)
	p.click("#hold") // it answers while they flow
	p.until(`document.querySelector("#hold").getAttribute("aria-pressed") === "true"`)
	p.click("#hold")
	// A page that does nothing for a while: its stream fills up, and delivery goes on.
	stalled := eval[int](p, `(() => { const end = performance.now() + 1500; let n = 0; while (performance.now() < end) n++; return n; })()`)
	<-flowed
	stats := d.eventually("all is delivered", func(stats core.Stats) bool {
		return stats.Sinks["log"].Delivered == perSecond*seconds && stats.Sinks["ga4"].Delivered == perSecond*seconds
	})
	if stalled == 0 || s.count() != perSecond*seconds || stats.Sinks["log"].Overflowed+stats.Sinks["log"].Retries > 0 {
		t.Errorf("the sink took %d events, the books have %+v", s.count(), stats.Sinks["log"])
	}
	if after := heap(); after > before+32<<20 {
		t.Errorf("the heap grew from %d to %d MiB", before>>20, after>>20)
	}
	p.until(fmt.Sprintf(`document.querySelector('[data-sink="log"]').textContent.includes("%d,000 delivered")`, perSecond*seconds/1000))
	p.until(`document.querySelector("#events-note").textContent.includes("outcomes not shown")`)
	if rows := eval[int](p, `document.querySelectorAll("#event-list li").length`); rows == 0 || rows > 200 {
		t.Errorf("the page has %d rows", rows)
	}
	if got := p.complaints(); len(got) > 0 {
		t.Errorf("the page complains of %q", got)
	}
}
