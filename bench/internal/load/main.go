package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/board"
	"github.com/headgate-dev/headgate/bench/internal/meter"
)

// Setup is what the senders are told.
type Setup struct {
	URL    string `json:"url"`
	Format Format `json:"format"`
	Board  string `json:"board"`
	Sinks  int    `json:"sinks"`
	// Events are sent by so many Senders at once, Batch of them in a request. Batch divides Events.
	Events  int `json:"events"`
	Senders int `json:"senders"`
	Batch   int `json:"batch"`
	// Window is how many events may be on their way to the sinks before senders wait.
	Window int `json:"window"`
	// Patience is how long a sender waits for the window, or repeats a request that is refused.
	Patience time.Duration `json:"patience"`
}

// Report is what the senders tell.
type Report struct {
	Acknowledged int           `json:"acknowledged"`
	Again        int           `json:"again"` // requests that had to be repeated
	Start        int64         `json:"start"` // nanoseconds of the wall clock
	Took         time.Duration `json:"took"`
	P50          time.Duration `json:"p50"` // of an answer
	P99          time.Duration `json:"p99"`
	Worst        time.Duration `json:"worst"`
}

// Main is the senders' process: it reads a [Setup] from its standard input and writes a [Report] to its standard output.
func Main() error {
	var s Setup
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	b, err := board.Open(s.Board)
	if err != nil {
		return err
	}
	l := &load{Setup: s, board: b, web: &http.Client{
		Timeout:   s.Patience,
		Transport: &http.Transport{MaxIdleConnsPerHost: s.Senders, MaxConnsPerHost: s.Senders, DisableCompression: true},
	}}
	r, err := l.run()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

type load struct {
	Setup
	board *board.Board
	web   *http.Client

	next, acknowledged, again atomic.Int64
}

func (l *load) run() (Report, error) {
	bodies := make([]*body, l.Senders)
	for i := range bodies {
		var err error
		if bodies[i], err = newBody(l.Format, l.Batch); err != nil {
			return Report{}, err
		}
	}
	histograms, errs := make([]meter.Histogram, l.Senders), make([]error, l.Senders)
	var senders sync.WaitGroup
	start := time.Now()
	for i, b := range bodies {
		senders.Go(func() { errs[i] = l.send(b, &histograms[i]) })
	}
	senders.Wait()
	r := Report{Start: start.UnixNano(), Took: time.Since(start), Acknowledged: int(l.acknowledged.Load()), Again: int(l.again.Load())}
	all := &histograms[0]
	for i := range histograms[1:] {
		all.Merge(&histograms[i+1])
	}
	r.P50, r.P99, r.Worst = all.Quantile(0.5), all.Quantile(0.99), all.Max()
	return r, errors.Join(errs...)
}

func (l *load) send(b *body, h *meter.Histogram) error {
	for {
		end := int(l.next.Add(int64(l.Batch)))
		if end > l.Events {
			return nil
		}
		b.mark(end - l.Batch)
		if err := l.awaitRoom(end); err != nil {
			return err
		}
		deadline := time.Now().Add(l.Patience)
		for {
			began := time.Now()
			status, err := l.post(b.bytes)
			if err != nil {
				return err
			}
			if status/100 == 2 {
				h.Add(time.Since(began))
				break
			}
			if status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests || time.Now().After(deadline) {
				return fmt.Errorf("the daemon answered %d", status)
			}
			l.again.Add(1)
			time.Sleep(5 * time.Millisecond)
		}
		l.acknowledged.Add(int64(l.Batch))
	}
}

func (l *load) awaitRoom(end int) error {
	for began := time.Now(); l.Window > 0 && end-l.board.Least(l.Sinks) > l.Window; time.Sleep(200 * time.Microsecond) {
		if time.Since(began) > l.Patience {
			return errors.New("events stay on their way")
		}
	}
	return nil
}

func (l *load) post(b []byte) (status int, err error) {
	resp, err := l.web.Post(l.URL, l.Format.contentType(), bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
