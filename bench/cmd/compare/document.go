package main

import (
	"errors"
	"flag"
	"os"

	"github.com/headgate-dev/headgate/bench/internal/report"
	"github.com/headgate-dev/headgate/bench/internal/suite"
)

// document is "compare document".
func document(args []string) error {
	flags := flag.NewFlagSet("document", flag.ContinueOnError)
	check := flags.Bool("check", false, "change nothing, and fail if the document is not what the results say")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, err := find()
	if err != nil {
		return err
	}
	results, err := report.Read(p.results)
	if err != nil {
		return err
	}
	if !*check {
		return p.fill(results)
	}
	before, after, err := p.filled(results)
	if err == nil && before != after {
		err = errors.New("docs/performance.md is not what the results say; run compare document")
	}
	return err
}

// fill writes the tables of the document.
func (p place) fill(results report.Results) error {
	before, after, err := p.filled(results)
	if err != nil || before == after {
		return err
	}
	return os.WriteFile(p.document, []byte(after), 0o644)
}

// filled returns the document as it is, and as it should be.
func (p place) filled(results report.Results) (before, after string, err error) {
	text, err := os.ReadFile(p.document)
	if err != nil {
		return "", "", err
	}
	after, err = report.Fill(string(text), func(name string) (string, bool) { return suite.Text(results, name) })
	return string(text), after, err
}
