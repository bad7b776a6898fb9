// Command score says how much of what is sensitive the sanitiser finds, and how
// much it takes for sensitive that is not.
//
// It reads the corpora in the directory HEADGATE_PRIVACY_CORPUS, by default
// ../shared/data/privacy where that exists, and makes its own, which depend on
// the seed alone.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

func main() {
	seed := flag.Uint64("seed", 1, "seed of the corpora that are made")
	failures := flag.Int("failures", 0, "how many of what came out wrong to print")
	why := flag.String("why", "", "print only failures for this reason: leak, changed, …")
	set := flag.String("set", "", "only the corpus of this name")
	flag.Parse()
	if err := run(os.Stdout, *seed, *set, *failures, *why); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, seed uint64, only string, failures int, why string) error {
	all, err := corpus.Given(".")
	if err != nil {
		return err
	}
	all = append(all, corpus.Generated(seed)...)
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		return err
	}
	for _, c := range all {
		if only != "" && only != c.Name {
			continue
		}
		if err := score(w, s, c, failures, why); err != nil {
			return err
		}
	}
	return nil
}

func score(w io.Writer, s *sanitize.Sanitizer, c corpus.Named, failures int, why string) error {
	e := s.Encoder()
	defer e.Release()
	var total corpus.Score
	var spent time.Duration
	buf := make([]byte, 0, 1<<20)
	for i := range c.Rows {
		r := &c.Rows[i]
		object := r.Object()
		out, err := e.AppendObject(nil, object)
		spent += quickest(func() { buf, _ = e.AppendObject(buf[:0], object) })
		if err != nil {
			return fmt.Errorf("sanitise row %s: %w", r.ID, err)
		}
		again, err := e.AppendObject(nil, out)
		if err != nil {
			return fmt.Errorf("sanitise row %s again: %w", r.ID, err)
		}
		total.Add(r, out, again)
	}
	fmt.Fprintf(w, "%s: %d rows, %.1f µs each\n", c.Name, len(c.Rows), spent.Seconds()*1e6/float64(len(c.Rows)))
	total.Write(w)
	for _, f := range total.Failures {
		if why != "" && f.Why != why {
			continue
		}
		if failures--; failures < 0 {
			break
		}
		missing := append(f.Verdict.Leaked, f.Verdict.Lost...)
		list, err := json.Marshal(missing)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s [%s]: %s\n    in  %s\n    out %s\n    %s\n", f.Why, f.Row.Place, f.Row.ID, f.Row.Object(), f.Out, list)
	}
	return nil
}

// quickest returns the shortest of a few runs of f: the others were interrupted.
func quickest(f func()) time.Duration {
	best := time.Duration(1 << 62)
	for range 4 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}
