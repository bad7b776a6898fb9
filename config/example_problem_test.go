package config_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/headgate-dev/headgate/config"
)

// Every problem of a file is found at once, each with its place and what was probably meant.
func ExampleLoad() {
	_, problems := config.Load([]byte("sinks:\n  log:\n    fromat: json\n    timeout: fast\n"), config.Options{})
	fmt.Println(problems.Error())
	// Output:
	// sinks.yaml:3:5: unknown key "fromat" (did you mean "format"?)
	// sinks.yaml:4:14: timeout: want a duration such as 500ms, 10s or 15m, got "fast"
}

// An editor wants the parts of a problem.
func ExampleProblem() {
	_, problems := config.Load([]byte("quue: {}\n"), config.Options{Path: "acme.yaml"})
	for _, p := range problems {
		fmt.Printf("line %d, column %d: %s; %s\n", p.Line, p.Column, p.Message, p.Hint)
	}
	// Output: line 1, column 1: unknown key "quue"; did you mean "queue"?
}

// A function that returns an error makes one of problems, which is nil if there are none.
func ExampleProblems() {
	check := func(text string) error {
		_, problems := config.Load([]byte(text), config.Options{})
		return problems.Err()
	}
	fmt.Println(check("mode: local\n"))
	fmt.Println(check("mode: locl\n"))
	// Output:
	// <nil>
	// sinks.yaml:1:7: mode: want "on", "local" or "off", got "locl" (did you mean "local"?)
}

// A configuration is tested like code: an event in, and what each sink is expected to do.
func ExampleCaseFile() {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sinks.yaml")
	if err := os.WriteFile(path, []byte("sinks:\n  log: {events: [run], drop: [debug]}\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	cases, problems := config.ParseCases([]byte(`
tests:
- name: runs are logged without their debug output
  event: {name: run, properties: {debug: x, seconds: 3}}
  expect: {sinks: {log: {contains: ['"seconds":3'], without: [properties.debug]}}}
- name: nothing else is
  event: {name: click}
  expect: {sinks: {log: sent}}
`), "acme.test.yaml")
	if problems != nil {
		log.Fatal(problems)
	}
	results, problems := cases.Run(path, config.Options{})
	if problems != nil {
		log.Fatal(problems)
	}
	for _, result := range results {
		fmt.Println(result.Name, len(result.Failures) == 0)
		for _, failure := range result.Failures {
			fmt.Println(failure)
		}
	}
	// Output:
	// runs are logged without their debug output true
	// nothing else is false
	// acme.test.yaml:8:20: log: want sent, got filtered.events
}

// What a program has to link for a file can be known without linking it all.
func ExampleFindUses() {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sinks.yaml")
	text := "queue: {type: disk}\nsinks:\n  ga4: {when: props.seconds > 1}\n  rows: {type: warehouse, driver: postgres}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	uses, err := config.FindUses(path)
	fmt.Println(uses.Types, uses.Drivers, uses.Queue, uses.Expressions, err)
	// Output: [ga4 warehouse] [postgres] disk true <nil>
}
