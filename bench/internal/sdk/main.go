package sdk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/board"
	"github.com/headgate-dev/headgate/bench/internal/meter"
	"github.com/headgate-dev/headgate/bench/internal/reference"
)

// Main runs a subject, and ends the process.
func Main(open func(Setup) (Client, error)) {
	if err := run(open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(open func(Setup) (Client, error)) error {
	in := bufio.NewReader(os.Stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	var s Setup
	if err := json.Unmarshal(line, &s); err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	b, err := board.Open(s.Board)
	if err != nil {
		return err
	}
	began := time.Now()
	client, err := open(s)
	if err != nil {
		return err
	}
	opening := time.Since(began)
	if s.Profile != "" {
		f, err := os.Create(s.Profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer f.Close()
		defer pprof.StopCPUProfile()
	}
	l := &load{setup: s, client: client, board: b, marks: reference.NewMarks(s.Events)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := meter.CPU()
	r := Report{Opening: opening, Start: time.Now().UnixNano()}
	l.offer(&r)
	r.Goroutines = runtime.NumGoroutine()
	if s.Interlude {
		fmt.Println("offered")
		if _, err := in.ReadBytes('\n'); err != nil {
			return fmt.Errorf("wait to go on: %w", err)
		}
		time.Sleep(s.Linger)
	}
	l.close(&r)
	if !s.Interlude {
		l.awaitArrival(r.Offered)
	}
	r.CPU = meter.CPU() - cpu
	runtime.ReadMemStats(&after)
	r.Mallocs = after.Mallocs - before.Mallocs
	if r.Peak, err = meter.PeakMemory(0); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// load offers the events of a run.
type load struct {
	setup  Setup
	client Client
	board  *board.Board
	marks  reference.Marks

	next, offered, refused atomic.Int64
}

// offer has the producers offer everything, but does not wait for one that is blocked.
func (l *load) offer(r *Report) {
	start := time.Now()
	var producers sync.WaitGroup
	histograms := make([]meter.Histogram, l.setup.Producers)
	for i := range histograms {
		producers.Go(func() { l.produce(start, &histograms[i]) })
	}
	done := make(chan struct{})
	go func() {
		producers.Wait()
		close(done)
	}()
	r.Blocked = !l.awaitProducers(done)
	r.Offering = time.Since(start)
	r.Offered, r.Refused = int(l.offered.Load()), int(l.refused.Load())
	if r.Blocked {
		return // a histogram is still written to
	}
	all := &histograms[0]
	for i := range histograms[1:] {
		all.Merge(&histograms[i+1])
	}
	r.P50, r.P99, r.P999, r.Worst = all.Quantile(0.5), all.Quantile(0.99), all.Quantile(0.999), all.Max()
}

// awaitProducers reports false if no event was offered for as long as patience lasts.
func (l *load) awaitProducers(done <-chan struct{}) bool {
	progress, before := time.NewTicker(l.setup.Patience), int64(-1)
	defer progress.Stop()
	for {
		select {
		case <-done:
			return true
		case <-progress.C:
			now := l.offered.Load()
			if now == before {
				l.next.Store(int64(l.setup.Events)) // nobody begins another
				return false
			}
			before = now
		}
	}
}

func (l *load) produce(start time.Time, h *meter.Histogram) {
	for {
		n := int(l.next.Add(1) - 1)
		if n >= l.setup.Events {
			return
		}
		l.pace(start, n)
		mark := l.marks.At(n)
		began := time.Now()
		err := l.client.Track(mark)
		h.Add(time.Since(began))
		l.offered.Add(1)
		if err != nil {
			lost := Lost(1)
			_ = errors.As(err, &lost) // else it is one
			l.refused.Add(int64(lost))
		}
	}
}

// pace waits until event n is due, and has room in the window.
func (l *load) pace(start time.Time, n int) {
	if l.setup.Rate > 0 {
		due := start.Add(time.Duration(n) * time.Second / time.Duration(l.setup.Rate))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
	}
	for began := time.Now(); l.setup.Window > 0 && n-l.board.Least(len(l.setup.Sinks)) >= l.setup.Window; {
		if time.Since(began) > l.setup.Patience {
			return // what is missing is lost
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func (l *load) close(r *Report) {
	ctx, cancel := context.WithTimeout(context.Background(), l.setup.Patience)
	defer cancel()
	start := time.Now()
	closed := make(chan error, 1)
	go func() { closed <- l.client.Close(ctx) }()
	select {
	case err := <-closed:
		r.Closed = true
		if err != nil {
			r.Error = err.Error()
		}
	case <-time.After(l.setup.Patience + l.setup.Patience/2): // some have no deadline
	}
	r.Closing = time.Since(start)
}

// awaitArrival waits until all has come to every sink, or nothing more comes.
func (l *load) awaitArrival(offered int) {
	const quiet = 2 * time.Second
	at, since := -1, time.Now()
	for time.Since(since) < quiet {
		now := l.board.Least(len(l.setup.Sinks))
		if now >= offered {
			return
		}
		if now != at {
			at, since = now, time.Now()
		}
		time.Sleep(time.Millisecond)
	}
}
