package scrub

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/headgate-dev/headgate/bench/internal/meter"
)

// Main runs a subject, and ends the process.
func Main(subject Subject) {
	if err := run(subject); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(subject Subject) error {
	var setup Setup
	if err := json.NewDecoder(os.Stdin).Decode(&setup); err != nil {
		return fmt.Errorf("read the setup: %w", err)
	}
	s, err := subject(setup)
	if err != nil {
		return err
	}
	if setup.Profile != "" {
		f, err := os.Create(setup.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	var r Report
	for _, set := range setup.Sets {
		cost, err := measure(s, set)
		if err != nil {
			return fmt.Errorf("the set %s: %w", set.Name, err)
		}
		r.Costs = append(r.Costs, cost)
	}
	if r.Peak, err = meter.PeakMemory(0); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// A set is cleaned until that took enough, or often, but not again if the first time, which pays for what is made only
// once, took slow.
const (
	enough = 100 * time.Millisecond
	often  = 50
	slow   = time.Second
)

// measure cleans a set, and writes what has become of it.
func measure(s Scrubber, set Set) (Cost, error) {
	objects, err := read(set.In)
	if err != nil {
		return Cost{}, err
	}
	cost, err := pass(s, objects)
	if err == nil && set.Out != "" {
		err = write(s, len(objects), set.Out)
	}
	if err != nil {
		return cost, err
	}
	if cost.CPU < slow {
		var spent time.Duration
		var mallocs []float64
		for spent < enough && len(mallocs) < often {
			one, err := pass(s, objects)
			if err != nil {
				return cost, err
			}
			spent += one.CPU
			mallocs = append(mallocs, one.Mallocs)
		}
		slices.Sort(mallocs) // early ones still make room for later ones
		cost.CPU, cost.Mallocs = spent/time.Duration(len(mallocs)), mallocs[len(mallocs)/2]
	}
	cost.Set, cost.Objects = set.Name, len(objects)
	for _, object := range objects {
		cost.Bytes += int64(len(object))
	}
	return cost, nil
}

// pass cleans objects once. What making them ready left to collect is collected before.
func pass(s Scrubber, objects [][]byte) (cost Cost, err error) {
	if err := s.Load(objects); err != nil {
		return cost, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := meter.CPU()
	err = s.Scrub()
	cost.CPU = meter.CPU() - cpu
	runtime.ReadMemStats(&after)
	cost.Mallocs = float64(after.Mallocs - before.Mallocs)
	return cost, err
}

func read(file string) ([][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var objects [][]byte
	for line := range bytes.Lines(text) {
		objects = append(objects, bytes.TrimSuffix(line, []byte("\n")))
	}
	return objects, nil
}

func write(s Scrubber, objects int, file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	var line []byte
	for i := range objects {
		if line, err = s.Append(line[:0], i); err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
