package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
)

// testedFile is what "headgate test --json" prints of each file.
type testedFile struct {
	File  string              `json:"file"`
	Cases []config.CaseResult `json:"cases"`
}

func newTest(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test FILE…",
		Short: "Test the configuration: an event in, the expected requests out",
		Long: `Each FILE is YAML with events and what each sink is expected to make of them. The
configuration is the one that the file names under "config", else that of --config.
Nothing is sent and no file is written; variables come from "env" in the file alone.
Of a body written as a mapping, what is not named is not looked at.

The exit status is 1 if something is not as expected, and 2 if a file cannot be used.`,
		Example: `  headgate test sinks.test.yaml

  # sinks.test.yaml
  config: sinks.yaml
  env: {GA4_API_SECRET: test}
  tests:
    - name: a run reaches GA4 without its inputs
      event: {name: run, user_id: u1, properties: {runSeconds: 3, inputs: x}}
      expect:
        sinks:
          ga4: {body: {events: [{name: run}]}, without: [events.*.params.inputs]}
          warehouse: filtered.when`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("name a file with tests, such as sinks.test.yaml")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			files := make([]*config.CaseFile, len(args))
			for i, path := range args {
				var problems config.Problems
				if files[i], problems = config.LoadCases(path); len(problems) > 0 {
					printProblems(a.err, "headgate: ", problems)
					return errInvalid
				}
			}
			return a.testFiles(files)
		},
	}
	return a.takesJSON(cmd)
}

func (a *app) testFiles(files []*config.CaseFile) error {
	failed := false
	for _, f := range files {
		results, problems := f.Run(a.configPath(), config.Options{})
		if len(problems) > 0 {
			printProblems(a.err, "headgate: ", problems)
			return errInvalid
		}
		for _, r := range results {
			failed = failed || len(r.Failures) > 0
		}
		if err := a.printTested(testedFile{f.Path, results}); err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

func (a *app) printTested(t testedFile) error {
	if a.json {
		return a.printJSON(t)
	}
	var b strings.Builder
	held := 0
	for _, r := range t.Cases {
		if len(r.Failures) == 0 {
			held++
		}
		for _, p := range r.Failures {
			p.Message = r.Name + ": " + p.Message
			fmt.Fprintln(&b, visible(p.String()))
		}
	}
	verdict := a.colour(a.out, green, "ok")
	if held < len(t.Cases) {
		verdict = a.colour(a.out, red, "failed")
	}
	fmt.Fprintf(&b, "%s\t%s\t%d of %d\n", verdict, visible(t.File), held, len(t.Cases))
	_, err := io.WriteString(a.out, b.String())
	return err
}
