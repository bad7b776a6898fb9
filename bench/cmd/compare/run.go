package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/suite"
)

// measure is "compare run".
func measure(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	names := flags.String("tables", "", "measure these tables only, by name, with commas between them")
	runs := flags.Int("runs", 5, "how often every row is measured")
	add := flags.Bool("add", false, "add the runs to those of the results, for a machine that is only free now and then")
	scale := flags.Float64("scale", 1, "multiply the numbers of events, to try something")
	profiles := flags.String("profiles", "", "write profiles of the first runs of subjects in process to `DIR`")
	scratch := flags.String("scratch", "", "the `DIR` for what is durable, on the disk to be measured; ../bin/bench/scratch if empty")
	build := flags.Bool("build", true, "build the subjects first")
	out := flags.String("out", "", "the `FILE` of results; results/results.json if empty")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, err := find()
	if err != nil {
		return err
	}
	if *scratch == "" {
		*scratch = filepath.Join(p.bin, "scratch")
	}
	for _, dir := range []string{*scratch, *profiles} {
		if err := os.MkdirAll(dir, 0o700); dir != "" && err != nil {
			return err
		}
	}
	b := &suite.Bench{Root: p.root, Bin: p.bin, Scratch: *scratch, Runs: *runs, Scale: *scale, Profiles: *profiles, Log: os.Stderr}
	tables, err := choose(*names)
	if err != nil {
		return err
	}
	if *build {
		if err := b.Build(ctx, tables); err != nil {
			return err
		}
	}
	if *out != "" {
		p.results = *out
	}
	results, err := report.Read(p.results)
	if err != nil {
		return err
	}
	for _, t := range tables {
		before, _ := results.Table(t.Name)
		if b.First = 0; *add {
			b.First = before.Runs()
		}
		measured, err := b.Measure(ctx, t)
		if err == nil && b.First > 0 {
			measured, err = before.Join(measured)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		results.Put(measured)
		if err := results.Write(p.results); err != nil {
			return err
		}
		for _, v := range t.Shown() {
			fmt.Printf("## %s\n\n%s\n", v.Name, measured.Markdown(v.Columns))
		}
	}
	fmt.Println(results.Verdicts(suite.Targets()))
	if *out != "" { // a try is not documented
		return nil
	}
	return p.fill(results)
}

// choose returns the tables of these names, all if there are none.
func choose(names string) ([]suite.Table, error) {
	all := suite.Tables()
	if names == "" {
		return all, nil
	}
	var chosen []suite.Table
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(t suite.Table) bool { return t.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no table %q; compare list lists them", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func list() error {
	for _, t := range suite.Tables() {
		fmt.Println(t.Name)
		for _, r := range t.Rows {
			fmt.Println("   ", r.Label)
		}
	}
	return nil
}

// place is where the files of the comparison are.
type place struct {
	root, bin, results string
	documents          []string
}

// find finds the module of the comparison: the working directory, or bench below it.
func find() (place, error) {
	for _, dir := range []string{".", "bench"} {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil || !strings.HasPrefix(string(text), "module github.com/headgate-dev/headgate/bench\n") {
			continue
		}
		root, err := filepath.Abs(dir)
		return at(root), err
	}
	return place{}, errors.New("run this in the directory bench, or the one above it")
}

// at is the place of a module of the comparison. What it builds is where the rest of the repository's is.
func at(root string) place {
	repository := filepath.Dir(root)
	return place{
		root: root, bin: filepath.Join(repository, "bin", "bench"),
		results:   filepath.Join(root, "results", "results.json"),
		documents: []string{filepath.Join(repository, "docs", "performance.md"), filepath.Join(repository, "docs", "privacy.md")},
	}
}
