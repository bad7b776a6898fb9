package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// CaseResult says whether one case of a [CaseFile] holds.
type CaseResult struct {
	Name string `json:"name"`
	Line int    `json:"line"`
	// Failures say where what happens is not what is expected; none if the case holds.
	Failures Problems `json:"failures,omitempty"`
}

// Run tries every case, each with a dispatcher that touches neither network nor file. The
// configuration is the one that the file names, else the one at path. Variables come from the
// case file alone. The problems are those of the configuration.
func (f *CaseFile) Run(path string, opts Options) ([]CaseResult, Problems) {
	if f.Config != "" {
		path = f.Config
	}
	read := make(map[string]*File) // by environment: most cases have the same
	var results []CaseResult
	for i := range f.cases {
		c := &f.cases[i]
		env := maps.Clone(f.env)
		if env == nil {
			env = make(map[string]string)
		}
		maps.Copy(env, c.Env)
		opts.LookupEnv = func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		}
		key := fmt.Sprintf("%q", env) // in the order of the names
		file := read[key]
		if file == nil {
			var problems Problems
			if file, problems = LoadFile(path, opts); len(problems) > 0 {
				return nil, problems
			}
			read[key] = file
		}
		result := CaseResult{Name: c.Name, Line: c.at.line}
		result.Failures = f.try(c, file, opts).sorted()
		results = append(results, result)
	}
	return results, nil
}

// try compares what becomes of an event with what is expected.
func (f *CaseFile) try(c *testCase, file *File, opts Options) (failures Problems) {
	fail := func(at position, format string, args ...any) {
		failures = append(failures, Problem{File: f.Path, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)})
	}
	p, err := core.Preview(file.Core(), c.event, core.WithEnviron(opts.LookupEnv), core.WithStateDir("/nonexistent"))
	if err != nil {
		fail(c.at, "%s", strings.TrimPrefix(err.Error(), "headgate: "))
		return failures
	}
	if want := c.expect.denied; want != nil && *want != (len(p.Denied) > 0) {
		fail(c.expect.at, "denied: want %v, got %v", *want, describeDenied(p.Denied))
	}
	if c.expect.sealed != nil {
		event, _ := documents(string(p.Event))
		for _, m := range match(*c.expect.sealed, event, "") {
			fail(m.at, "sealed: %s", m)
		}
	}
	for _, want := range c.expect.sinks {
		i := slices.IndexFunc(p.Sinks, func(s core.SinkPreview) bool { return s.Sink == want.name })
		if i < 0 {
			fail(want.at, "%s: the configuration has no such sink", clip(want.name))
			continue
		}
		compareSink(&want, p.Sinks[i], len(p.Denied) > 0, func(at position, format string, args ...any) {
			fail(at, "%s: %s", want.name, fmt.Sprintf(format, args...))
		})
	}
	return failures
}

func describeDenied(reasons []string) string {
	if len(reasons) == 0 {
		return "false"
	}
	return "true, by " + strings.Join(reasons, ", ")
}

func (m mismatch) String() string {
	if m.path == "" {
		return m.message
	}
	return m.path + ": " + m.message
}

type failing func(at position, format string, args ...any)

func compareSink(want *sinkExpectation, got core.SinkPreview, denied bool, fail failing) {
	outcome := "sent"
	switch {
	case denied:
		outcome = "filtered.denied"
	case got.Filtered != "":
		outcome = got.Filtered
	case got.Error != "":
		fail(want.at, "%s", got.Error)
		return
	}
	expected := want.word
	if want.requests != nil {
		expected = "sent"
	}
	if outcome != expected && !strings.HasPrefix(outcome, expected+".") {
		fail(want.at, "want %s, got %s", expected, outcome)
		return
	}
	if want.requests == nil {
		return
	}
	if len(got.Requests) != len(want.requests) {
		fail(want.at, "want %d requests, got %d", len(want.requests), len(got.Requests))
		return
	}
	for i := range want.requests {
		compareRequest(&want.requests[i], got.Requests[i], fail)
	}
}

func compareRequest(want *requestExpectation, got core.Request, fail failing) {
	for _, field := range []struct{ key, want, got string }{
		{"method", want.Method, got.Method}, {"url", want.URL, got.URL}, {"target", want.Target, got.Target},
	} {
		if want.places.has(field.key) && field.want != field.got {
			fail(want.places.find(field.key, want.at), "%s: want %q, got %q", field.key, field.want, field.got)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.Headers)) {
		if value := got.Header.Get(name); value != want.Headers[name] {
			fail(want.places.find("headers", want.at), "headers: %s: want %q, got %q", clip(name), want.Headers[name], value)
		}
	}
	for _, text := range want.Contains {
		if !strings.Contains(got.Body, text) {
			fail(want.places.find("contains", want.at), "body: want it to contain %q, got %q", clip(text), clip(got.Body))
		}
	}
	body, isJSON := documents(got.Body)
	for _, path := range want.Without {
		if isJSON && has(body, path) {
			fail(want.places.find("without", want.at), "body: %s: want nothing, got something", clip(path))
		}
	}
	switch {
	case want.body == nil:
	case want.body.shape == shapeString:
		if want.body.text != got.Body {
			fail(want.body.position, "body: want %q, got %q", clip(want.body.text), clip(got.Body))
		}
	case !isJSON:
		fail(want.body.position, "body: it is not JSON, so give it as a text: %q", clip(got.Body))
	default:
		for _, m := range match(*want.body, body, "body") {
			fail(m.at, "%s", m)
		}
	}
}
