package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// trial is a file of which the schema and the loader are asked what they think.
type trial struct {
	where, what string
	doc         object
	variable    string // what ${GOOD} stands for
	bad         bool   // both must refuse it
}

// verdict is what the two think: nothing, or what is wrong.
type verdict struct {
	schema error
	loader config.Problems
}

// agreement asks the schema and the loader with the same sink types.
type agreement struct {
	registry *registry.Registry
	schema   *jsonschema.Schema
	hashes   string // a file of hash keys
	met      []int  // how often each exception was
}

func newAgreement(t testing.TB, r *registry.Registry) *agreement {
	t.Helper()
	data, err := config.Schema(r)
	if err != nil {
		t.Fatal(err)
	}
	hashes := filepath.Join(t.TempDir(), "hash.keys")
	if _, err := core.AddHashKey(hashes, false); err != nil {
		t.Fatal(err)
	}
	return &agreement{registry: r, schema: compileSchema(t, data), hashes: hashes, met: make([]int, len(exceptions))}
}

// parsedJSON decodes JSON as the validator wants it.
func parsedJSON(t testing.TB, data []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// written returns the document as JSON, which is YAML too.
func written(doc object) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (a *agreement) try(tr trial) (v verdict) {
	data := written(tr.doc)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	v.schema = a.schema.Validate(doc)
	_, v.loader = config.Load(data, config.Options{Registry: a.registry, LookupEnv: func(name string) (string, bool) {
		switch name {
		case "GOOD":
			return tr.variable, true
		case "BAD":
			return "zzz", true
		case "HASHES":
			return a.hashes, true
		case "NONE":
			return "", false
		}
		return exampleOptions().LookupEnv(name)
	}})
	return v
}

// disagreement says how the two differ about a file, "" if they do not, but for the exceptions.
func (a *agreement) disagreement(tr trial) (v verdict, text string) {
	v = a.try(tr)
	switch {
	case v.schema != nil && len(v.loader) == 0:
		return v, fmt.Sprintf("the loader takes what the schema refuses: %v", v.schema)
	case tr.bad && (v.schema == nil || len(v.loader) == 0):
		return v, fmt.Sprintf("nobody should take it; the schema: %v; the loader: %v", v.schema, v.loader)
	case v.schema != nil || len(v.loader) == 0:
		return v, ""
	}
	for _, p := range v.loader {
		if !a.excepted(p) {
			return v, "the schema takes what the loader refuses: " + p.String()
		}
	}
	return v, ""
}

// excepted reports whether a problem is one that no schema can see.
func (a *agreement) excepted(p config.Problem) (found bool) {
	for i, e := range exceptions {
		if e.problem.MatchString(p.Message) {
			a.met[i]++
			found = true
		}
	}
	return found
}

// trials calls f with every file that has one key of the site, with everything that may be tried as its value.
func (s *site) trials(f func(path string, tr trial)) {
	doc, in := s.mapping()
	in["zzz"] = true
	f("", trial{where: s.name, what: "an unknown key", doc: doc, bad: true})
	for i := range s.shared {
		o := &s.shared[i]
		f(s.typ+"."+o.Key, trial{where: s.name + ", " + o.Key, what: "something right", doc: s.with(nil, o, o.Key, good(o, o.Key))})
		f(s.typ+"."+o.Key, trial{where: s.name + ", " + o.Key, what: "something wrong", doc: s.with(nil, o, o.Key, []any{object{}}), bad: true})
	}
	s.walk(s.options, nil, s.typ, f)
}

func (s *site) walk(options []registry.Option, above []string, path string, f func(path string, tr trial)) {
	for i := range options {
		o := &options[i]
		at := joined(path, o.Key)
		if len(above) == 0 && isDelivery(o.Key) {
			at = o.Key
		}
		right := good(o, at)
		for _, c := range candidates(o, at) {
			f(at, trial{where: s.name + ", " + at, what: c.what, doc: s.with(above, o, at, c.value), variable: text(right), bad: c.bad})
		}
		s.walk(o.Options, append(above[:len(above):len(above)], o.Key), at, f)
	}
}

// with returns the site's file with a value at a key.
func (s *site) with(above []string, o *registry.Option, path string, value any) object {
	doc, in := s.mapping()
	for _, other := range instead[path] {
		delete(in, other)
	}
	options := s.options
	for _, key := range above {
		options = optionOf(options, key).Options
		below, ok := in[key].(object)
		if !ok {
			below = object{}
		}
		in[key] = withRequired(below, options, "")
		in = below
	}
	in[o.Key] = value
	return doc
}

func optionOf(options []registry.Option, key string) *registry.Option {
	for i := range options {
		if options[i].Key == key {
			return &options[i]
		}
	}
	panic("no option " + key)
}

func isDelivery(key string) bool {
	_, delivery := config.Keys()
	for _, o := range delivery {
		if o.Key == key {
			return true
		}
	}
	return false
}

func joined(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
