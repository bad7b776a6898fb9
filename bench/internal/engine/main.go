package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/meter"
	"github.com/headgate-dev/headgate/bench/internal/reference"
)

// Main runs a subject, and ends the process.
func Main(subject Subject) {
	if err := run(subject); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(subject Subject) error {
	var s Setup
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	e, err := subject.Open(s)
	if err != nil {
		return err
	}
	r, err := measure(s, e)
	if err != nil {
		return err
	}
	if r.Peak, err = meter.PeakMemory(0); err != nil {
		return err
	}
	if r.Disk, err = size(s.Dir); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	c := newCheck(s.Events)
	if own, ok := e.(Reader); ok {
		own.Delivered(c.see)
	} else if err := subject.Read(s, c.see); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	r.Found, r.Twice = c.found, c.twice
	return json.NewEncoder(os.Stdout).Encode(r)
}

// measure has the producers append everything.
func measure(s Setup, e Engine) (r Report, err error) {
	if s.Profile != "" {
		f, err := os.Create(s.Profile)
		if err != nil {
			return r, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return r, err
		}
		defer pprof.StopCPUProfile()
	}
	marks := reference.NewMarks(s.Events)
	histograms, errs := make([]meter.Histogram, s.Producers), make([]error, s.Producers)
	var next, acknowledged atomic.Int64
	var producers sync.WaitGroup
	cpu, start := meter.CPU(), time.Now()
	for i := range s.Producers {
		producers.Go(func() {
			var b batch
			for {
				end := int(next.Add(int64(s.Batch)))
				first := end - s.Batch
				if first >= s.Events {
					return
				}
				recs := b.make(marks, first, min(end, s.Events))
				began := time.Now()
				if errs[i] = e.Append(recs); errs[i] != nil {
					return
				}
				histograms[i].Add(time.Since(began))
				acknowledged.Add(int64(len(recs)))
			}
		})
	}
	producers.Wait()
	r.Took, r.CPU = time.Since(start), meter.CPU()-cpu
	r.Acknowledged = int(acknowledged.Load())
	all := &histograms[0]
	for i := range histograms[1:] {
		all.Merge(&histograms[i+1])
	}
	r.P50, r.P99 = all.Quantile(0.5), all.Quantile(0.99)
	return r, errors.Join(errs...)
}

// batch is the records of one acknowledgement, in memory that is used again.
type batch struct {
	bytes []byte
	recs  [][]byte
}

func (b *batch) make(marks reference.Marks, first, end int) [][]byte {
	b.bytes, b.recs = b.bytes[:0], b.recs[:0]
	for n := first; n < end; n++ {
		b.bytes = reference.AppendEvent(b.bytes, marks.At(n))
	}
	each := len(b.bytes) / (end - first) // every event has the same size
	for i := range end - first {
		b.recs = append(b.recs, b.bytes[i*each:(i+1)*each:(i+1)*each])
	}
	return b.recs
}

// check counts the events that are read back.
type check struct {
	seen         []bool
	found, twice int
}

func newCheck(events int) *check { return &check{seen: make([]bool, events)} }

func (c *check) see(rec []byte) {
	i := bytes.Index(rec, []byte(reference.MarkPrefix))
	if i < 0 {
		return
	}
	n, ok := reference.Parse(rec[i+len(reference.MarkPrefix):])
	switch {
	case !ok || n >= len(c.seen):
	case c.seen[n]:
		c.twice++
	default:
		c.seen[n] = true
		c.found++
	}
}

// size returns the bytes of a directory's files.
func size(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
