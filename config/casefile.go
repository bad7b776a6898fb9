package config

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// CaseFile holds tests of a configuration: events, and what each sink is expected to send.
type CaseFile struct {
	// Path is where it came from.
	Path string
	// Config is the configuration to test, empty if the file does not say.
	Config string

	env   map[string]string
	cases []testCase
}

// caseSettings are the keys of a case file beside the cases.
type caseSettings struct {
	Config string            `yaml:"config" example:"sinks.yaml" doc:"The configuration to test, from where this file lies."`
	Env    map[string]string `yaml:"env" example:"GA4_API_SECRET: test" doc:"The environment in which it is tested; the real one is not looked at."`
}

// caseOptions are the keys of a case that are no free form.
type caseOptions struct {
	Name string            `yaml:"name" required:"true" example:"a run reaches the warehouse" doc:"What the case shows."`
	Env  map[string]string `yaml:"env" example:"DO_NOT_TRACK: '1'" doc:"Variables beside those of the file, for this case."`
	DNT  bool              `yaml:"dnt" default:"false" doc:"The event comes with DNT: 1."`
	GPC  bool              `yaml:"gpc" default:"false" doc:"The event comes with Sec-GPC: 1."`
}

// testCase is one case, read.
type testCase struct {
	caseOptions
	at     position
	event  core.Event
	expect expectation
}

// expectation is what is to become of an event. What it does not name is not looked at.
type expectation struct {
	denied *bool
	sealed *value // part of the sealed event
	at     position
	sinks  []sinkExpectation
}

// sinkExpectation is what a sink is to do.
type sinkExpectation struct {
	name     string
	at       position
	word     string // sent, filtered, filtered.when, …; or requests
	requests []requestExpectation
}

// requestExpectation is one request, line or row.
type requestExpectation struct {
	requestKeys
	at     position
	places places
	body   *value
}

type requestKeys struct {
	Method   string            `yaml:"method" example:"POST" doc:"Exactly."`
	URL      string            `yaml:"url" example:"https://example.com/events" doc:"Exactly, secrets masked as preview shows them."`
	Target   string            `yaml:"target" example:"stderr" doc:"Where a line or row goes, exactly."`
	Headers  map[string]string `yaml:"headers" example:"Content-Type: application/json" doc:"Headers that must be there."`
	Contains []string          `yaml:"contains" example:"[TELEMETRY] Endpoint: run" doc:"Texts that the body must contain."`
	Without  []string          `yaml:"without" example:"properties.debug" doc:"Paths that the body must not have; a list is entered by number, or by * for every item."`
}

var (
	caseFileKeys = mustOptions[caseSettings]()
	caseKeys     = mustOptions[caseOptions]()
	requestsKeys = mustOptions[requestKeys]()
)

// LoadCases reads a file of tests. It returns a CaseFile or problems, never both.
func LoadCases(path string) (*CaseFile, Problems) {
	data, err := readFile(path)
	if err != nil {
		return nil, Problems{{File: path, Message: "cannot read the tests: " + plainError(err).Error()}}
	}
	return ParseCases(data, path)
}

// ParseCases reads tests, which are those of the file at path.
func ParseCases(data []byte, path string) (*CaseFile, Problems) {
	root, problems := parse(data)
	d := &decoder{source: strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n"), problems: problems}
	f := &CaseFile{Path: path}
	if root.shape != "" {
		d.caseFile(f, root)
	}
	if len(d.problems) > 0 {
		return nil, d.source.place(path, d.problems)
	}
	return f, nil
}

func (d *decoder) caseFile(f *CaseFile, root value) {
	if root.shape != shapeMapping {
		d.problem(root.position, "", `want a mapping with "tests", got %s`, root.shape)
		return
	}
	var settings caseSettings
	var tests entry
	d.verbatim = true
	d.mapping(root, root.position, taking(map[string]func(entry){"tests": func(e entry) { tests = e }}),
		group{caseFileKeys, reflect.ValueOf(&settings).Elem()})
	f.env = settings.Env
	if settings.Config != "" {
		f.Config = filepath.Join(filepath.Dir(f.Path), settings.Config)
	}
	if tests.value.shape != shapeList || len(tests.value.items) == 0 {
		d.problem(root.position, "", "tests: want a list of tests, each with name, event and expect")
		return
	}
	names := make(map[string]bool)
	for _, item := range tests.value.items {
		c := d.testCase(item)
		if names[c.Name] && c.Name != "" {
			d.problem(item.position, "", "another test is called %q", clip(c.Name))
		}
		names[c.Name] = true
		f.cases = append(f.cases, c)
	}
}

// taking returns the keys of a mapping that are free in form, each with what takes it.
func taking(keys map[string]func(entry)) others {
	o := others{take: func(e entry) bool {
		take, ok := keys[e.key]
		if ok {
			take(e)
		}
		return ok
	}}
	for key := range keys {
		o.names = append(o.names, key)
	}
	return o
}

func (d *decoder) testCase(v value) testCase {
	c := testCase{at: v.position}
	if v.shape != shapeMapping {
		d.problem(v.position, "", "want a test with name, event and expect, got %s", v.shape)
		return c
	}
	var event, expect *entry
	d.mapping(v, v.position, taking(map[string]func(entry){
		"event": func(e entry) { event = &e }, "expect": func(e entry) { expect = &e },
	}), group{caseKeys, reflect.ValueOf(&c.caseOptions).Elem()})
	if event == nil || expect == nil {
		d.problem(v.position, "", "a test has an event and says what to expect")
		return c
	}
	var err error
	if c.event, err = core.DecodeEvent(jsonOf(event.value)); err != nil {
		d.problem(event.value.position, "", "event: %s", strings.TrimPrefix(err.Error(), "headgate: "))
	}
	c.event.Consent.DoNotTrack = c.event.Consent.DoNotTrack || c.DNT
	c.event.Consent.GPC = c.event.Consent.GPC || c.GPC
	c.expect = d.expectation(expect.value)
	return c
}

func (d *decoder) expectation(v value) expectation {
	x := expectation{at: v.position}
	if v.shape != shapeMapping || len(v.entries) == 0 {
		d.problem(v.position, "", "expect: want a mapping with denied, sealed or sinks, got %s", v.shape)
		return x
	}
	d.mapping(v, v.position, taking(map[string]func(entry){
		"denied": func(e entry) {
			denied := e.value.text == "true"
			if e.value.shape != shapeBool {
				d.problem(e.value.position, "", "denied: want true or false, got %s", e.value.shape)
			}
			x.denied = &denied
		},
		"sealed": func(e entry) { x.sealed = &e.value },
		"sinks": func(e entry) {
			for _, named := range e.value.entries {
				x.sinks = append(x.sinks, d.sinkExpectation(named))
			}
			if len(e.value.entries) == 0 {
				d.problem(e.value.position, "", "sinks: want a mapping of sinks to what they send, got %s", e.value.shape)
			}
		},
	}))
	return x
}

func (d *decoder) sinkExpectation(e entry) sinkExpectation {
	s := sinkExpectation{name: e.key, at: e.position}
	switch e.value.shape {
	case shapeString:
		s.word = e.value.text
		if word, _, _ := strings.Cut(s.word, "."); word != "sent" && word != "filtered" && s.word != "sampled_out" {
			d.problem(e.value.position, "", "%s: want sent, filtered, filtered.REASON, sampled_out, a request or a list of requests, got %q", clip(e.key), clip(s.word))
		}
	case shapeMapping:
		s.requests = []requestExpectation{d.requestExpectation(e.value)}
	case shapeList:
		for _, item := range e.value.items {
			s.requests = append(s.requests, d.requestExpectation(item))
		}
	default:
		d.problem(e.value.position, "", "%s: want sent, filtered, a request or a list of requests, got %s", clip(e.key), e.value.shape)
	}
	return s
}

func (d *decoder) requestExpectation(v value) requestExpectation {
	r := requestExpectation{at: v.position}
	if v.shape != shapeMapping {
		d.problem(v.position, "", "want a request with method, url, target, headers, body, contains or without, got %s", v.shape)
		return r
	}
	r.places = d.mapping(v, v.position, taking(map[string]func(entry){"body": func(e entry) { r.body = &e.value }}),
		group{requestsKeys, reflect.ValueOf(&r.requestKeys).Elem()})
	return r
}
