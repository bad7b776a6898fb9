package config_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/registry"
)

func TestTheSchemaAndTheLoaderAgreeOnEveryValueOfEveryKey(t *testing.T) {
	met := make([]int, len(exceptions))
	for _, r := range []*registry.Registry{newRegistry(&recorder{}), registry.Default} {
		a := newAgreement(t, r)
		taken, refused := make(map[string]bool), make(map[string]bool)
		files := 0
		for _, s := range sites(t, r) {
			s.trials(func(path string, tr trial) {
				files++
				v, wrong := a.disagreement(tr)
				if wrong != "" {
					t.Errorf("%s: %s: %s\n%s", tr.where, tr.what, wrong, written(tr.doc))
				}
				taken[path] = taken[path] || v.schema == nil && len(v.loader) == 0
				refused[path] = refused[path] || v.schema != nil && len(v.loader) > 0
			})
		}
		for path := range taken {
			if path != "" && (!taken[path] || !refused[path]) {
				t.Errorf("%s: something is taken: %v; something is refused: %v; want both", path, taken[path], refused[path])
			}
		}
		for i, n := range a.met {
			met[i] += n
		}
		t.Log(files, "files")
	}
	for i, e := range exceptions {
		if met[i] == 0 {
			t.Errorf("nothing is refused any more with %q: take the exception out (%s)", e.problem, e.reason)
		}
	}
}

func TestTheSchemaAndTheLoaderAgreeOnSeveralValuesAtOnce(t *testing.T) {
	rapid.Check(t, agreeOnSeveral(t))
}

func FuzzTheSchemaAndTheLoader(f *testing.F) { f.Fuzz(rapid.MakeFuzz(agreeOnSeveral(f))) }

// agreeOnSeveral returns what holds of a file with any values at several keys of a mapping. The sink types are
// those of these tests, which have options of every kind: those of vendors have rules of their own for options that
// do not go together.
func agreeOnSeveral(t testing.TB) func(*rapid.T) {
	r := newRegistry(&recorder{})
	a, all := newAgreement(t, r), sites(t, r)
	return func(t *rapid.T) {
		s := rapid.SampledFrom(all).Draw(t, "site")
		doc, in := s.mapping()
		for range rapid.IntRange(1, 4).Draw(t, "keys") {
			put(t, in, slices.Concat(s.options, s.shared), s.typ)
		}
		if _, wrong := a.disagreement(trial{where: s.name, doc: doc, variable: "x"}); wrong != "" {
			t.Fatalf("%s: %s\n%s", s.name, wrong, written(doc))
		}
	}
}

// put writes any value at any key of a mapping, or of one in it.
func put(t *rapid.T, in object, options []registry.Option, path string) {
	o := rapid.SampledFrom(options).Draw(t, "key")
	at := joined(path, o.Key)
	if below, ok := in[o.Key].(object); ok && len(o.Options) > 0 && rapid.Bool().Draw(t, "deeper") {
		put(t, below, o.Options, at)
		return
	}
	in[o.Key] = copyOf(rapid.SampledFrom(candidates(&o, at)).Draw(t, "value").value)
	if below, ok := in[o.Key].(object); ok && len(o.Options) > 0 {
		put(t, below, o.Options, at)
	}
}

func TestTheSchemaAndTheLoaderAgreeOnTheNamesAndTypesOfSinks(t *testing.T) {
	a := newAgreement(t, registry.Default)
	for text, good := range map[string]bool{
		`{"sinks": {"log": null}}`:                                        true,
		`{"sinks": null, "defaults": null}`:                               true,
		`{"sinks": {"a": {"type": "log"}}}`:                               true,
		`{"sinks": {"a": {"type": "${GOOD}"}}}`:                           true,
		`{"sinks": {"log": {"type": "${GOOD}", "path": "x"}}}`:            true,
		`{"sinks": {"a.b-c_9": {"type": "log"}}}`:                         true,
		`{"sinks": {"http": {"type": "log", "format": "json"}}}`:          true,
		`{"sinks": {"` + strings.Repeat("a", 64) + `": {"type": "log"}}}`: true,
		`{"sinks": {"` + strings.Repeat("a", 65) + `": {"type": "log"}}}`: false,
		`{"sinks": {"http": {"type": "log", "url": "x"}}}`:                false,
		`{"sinks": {"http": null}}`:                                       false,
		`{"sinks": {"a": null}}`:                                          false,
		`{"sinks": {"a": {}}}`:                                            false,
		`{"sinks": {"a": {"type": null}}}`:                                false,
		`{"sinks": {"log": {"type": null}}}`:                              false,
		`{"sinks": {"a": {"type": 5}}}`:                                   false,
		`{"sinks": {"a": {"type": ["log"]}}}`:                             false,
		`{"sinks": {"a": {"type": "Log"}}}`:                               false,
		`{"sinks": {"a": {"type": ""}}}`:                                  false,
		`{"sinks": {"": {"type": "log"}}}`:                                false,
		`{"sinks": {".a": {"type": "log"}}}`:                              false,
		`{"sinks": {"a/b": {"type": "log"}}}`:                             false,
		`{"sinks": {"log": "json"}}`:                                      false,
		`{"sinks": {"log": [{"type": "log"}]}}`:                           false,
		`{"sinks": ["log"]}`:                                              false,
		`{"sinks": "log"}`:                                                false,
		`{"defaults": "log"}`:                                             false,
		`{"defaults": {"type": "log"}}`:                                   false,
		`{"defaults": {"format": "json"}}`:                                false,
		`{"sink": {"log": null}}`:                                         false,
	} {
		doc := parsedJSON(t, []byte(text)).(object)
		v, wrong := a.disagreement(trial{doc: doc, variable: "log", bad: !good})
		if taken := v.schema == nil && len(v.loader) == 0; wrong != "" || taken != good {
			t.Errorf("%s: %s; taken: %v\n%v\n%v", text, wrong, taken, v.schema, v.loader)
		}
	}
}
