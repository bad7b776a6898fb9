package main

import (
	"flag"
	"fmt"
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
	return p.check(results)
}

// check says which document does not show the results.
func (p place) check(results report.Results) error {
	for _, document := range p.documents {
		before, after, err := filled(document, results)
		if err != nil {
			return err
		}
		if before != after {
			return fmt.Errorf("%s is not what the results say; run compare document", document)
		}
	}
	return nil
}

// fill writes the tables of the documents.
func (p place) fill(results report.Results) error {
	for _, document := range p.documents {
		before, after, err := filled(document, results)
		if err == nil && before != after {
			err = os.WriteFile(document, []byte(after), 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// filled returns a document as it is, and as it should be.
func filled(document string, results report.Results) (before, after string, err error) {
	text, err := os.ReadFile(document)
	if err != nil {
		return "", "", err
	}
	after, err = report.Fill(string(text), func(name string) (string, bool) { return suite.Text(results, name) })
	return string(text), after, err
}
