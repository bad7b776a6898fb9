// Command score says how much of what is sensitive the sanitiser finds, and how
// much it takes for sensitive that is not.
//
// It reads the corpora in the directory HEADGATE_PRIVACY_CORPUS, by default
// ../shared/data/privacy where that exists, and makes its own, which depend on
// the seed alone.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
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

type named struct {
	name string
	rows []corpus.Row
}

func run(w io.Writer, seed uint64, only string, failures int, why string) error {
	var all []named
	dir := cmp.Or(os.Getenv("HEADGATE_PRIVACY_CORPUS"), filepath.Join("..", "shared", "data", "privacy"))
	if _, err := os.Stat(dir); err == nil {
		given, err := corpus.Read(dir)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			all = append(all, named{name, given[name]})
		}
	} else if os.Getenv("HEADGATE_PRIVACY_CORPUS") != "" {
		return err
	}
	for _, set := range corpus.Sets() {
		values, events := set.Rows(seed)
		all = append(all, named{set.Name, append(values, events...)})
	}
	s, err := sanitize.New(sanitize.Options{})
	if err != nil {
		return err
	}
	for _, c := range all {
		if only != "" && only != c.name {
			continue
		}
		if err := score(w, s, c, failures, why); err != nil {
			return err
		}
	}
	return nil
}

func score(w io.Writer, s *sanitize.Sanitizer, c named, failures int, why string) error {
	e := s.Encoder()
	defer e.Release()
	var total corpus.Score
	var spent time.Duration
	buf := make([]byte, 0, 1<<20)
	for i := range c.rows {
		r := &c.rows[i]
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
	fmt.Fprintf(w, "%s: %d rows, %.1f µs each\n", c.name, len(c.rows), spent.Seconds()*1e6/float64(len(c.rows)))
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
