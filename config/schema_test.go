package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/headgate-dev/headgate/config"
)

// loaderOnly are broken files whose mistakes a schema cannot see, with the reason.
var loaderOnly = map[string]string{
	"queue_disk.yaml":        "what a disk queue needs",
	"limits.yaml":            "limits depend on the sink type",
	"validate.yaml":          "what only code can say",
	"globs.yaml":             "globs",
	"listen.yaml":            "addresses",
	"privacy_off.yaml":       "depends on the environment",
	"hash_key.yaml":          "depends on the environment",
	"variables.yaml":         "depends on the environment",
	"queue_types.yaml":       "depends on the build",
	"queue_jetstream.yaml":   "depends on the build",
	"duplicates.yaml":        "JSON has no duplicates",
	"duplicates_quoted.yaml": "JSON has no duplicates",
	"line_separator.yaml":    "JSON has other ends of lines",
	"carriage_return.yaml":   "JSON has other ends of lines",
	"syntax_tag.yaml":        "JSON has no tags",
}

func compileSchema(t testing.TB, data []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sinks.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sinks.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheSchemaAndTheLoaderAgree(t *testing.T) {
	data, err := config.Schema(newRegistry(&recorder{}))
	if err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t, data)
	refused := 0
	check := func(path string, good bool) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := yaml.Load(text, &doc, yaml.WithUniqueKeys(false)); err != nil {
			if good {
				t.Errorf("%s: %v", path, err)
			}
			return // no YAML, or not what JSON can hold
		}
		err = schema.Validate(asJSON(doc))
		if err != nil {
			refused++
		}
		switch {
		case good && err != nil:
			t.Errorf("the loader takes %s, the schema does not: %v", path, err)
		case !good && err == nil && loaderOnly[filepath.Base(path)] == "":
			t.Errorf("the loader refuses %s, the schema takes it", path)
		case err != nil && loaderOnly[filepath.Base(path)] != "":
			t.Errorf("the schema refuses %s too", path)
		}
	}
	for _, path := range glob(t, "testdata/good/*.yaml") {
		check(path, true)
	}
	for _, path := range glob(t, "testdata/broken/*.yaml") {
		check(path, false)
	}
	if refused < 15 {
		t.Errorf("the schema refused only %d files", refused)
	}
}

func TestTheSchemaRefusesEachMistakeAlone(t *testing.T) {
	data, err := config.Schema(newRegistry(&recorder{}))
	if err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t, data)
	env := environ{"KEY": "k"}
	for text, good := range map[string]bool{
		"sinks:\n":                                     true,
		"{}":                                           true,
		"sinks: {log: {format: json}}":                 true,
		"sinks: {log: {format: xml}}":                  false,
		"sinks: {log: {format: '${KEY:-json}'}}":       false, // k is no format; the schema cannot know
		"sinks: {log: {formt: json}}":                  false,
		"sinks: {a: {type: log, format: json}}":        true,
		"sinks: {a: {type: lgo}}":                      false,
		"sinks: {a: {format: json}}":                   false,
		"sinks: {a: }":                                 false,
		"sinks: {ga4: }":                               false,
		"sinks: {ga4: {type: log}}":                    true,
		"sinks: {ga4: {type: log, measurement_id: x}}": false,
		"sinks: {ga4: {api_secret: '${KEY}', measurement_id: x}}":           true,
		"sinks: {ga4: {api_secret: '', measurement_id: x}}":                 false,
		"sinks: {ga4: {api_secret: 5, measurement_id: x}}":                  true,
		"sinks: {ga4: {api_secret: true, measurement_id: x}}":               false,
		"sinks: {log: {sample: 0}}":                                         false,
		"sinks: {log: {sample: 0.0001}}":                                    true,
		"sinks: {log: {sample: 1.1}}":                                       false,
		"sinks: {log: {timeout: 10}}":                                       false,
		"sinks: {log: {timeout: 10 s}}":                                     false,
		"sinks: {log: {timeout: 1m30s}}":                                    true,
		"sinks: {log: {timeout: 1.5h}}":                                     true,
		"sinks: {log: {batch: {max_bytes: 10MB}}}":                          true,
		"sinks: {log: {batch: {max_bytes: 10mb}}}":                          false,
		"sinks: {log: {batch: {max_bytes: 4096}}}":                          true,
		"sinks: {log: {batch: {max_event: 1}}}":                             false,
		"sinks: {log: {privacy: {ids: some}}}":                              false,
		"sinks: {log: {when: props.x}}":                                     true,
		"sinks: {log: {when: true}}":                                        false,
		"sinks: {log: {drop: a}}":                                           false,
		"sinks: {log: {rename: {a: b}, drop: [c], set: {d: 1}}}":            true,
		"sinks: {'a b': {type: log}}":                                       false,
		"do_not_track: yes":                                                 false,
		"do_not_track: true":                                                true,
		"app: {version: 1.8}":                                               true,
		"app: {version: [1]}":                                               false,
		"defaults: {timeout: 1s}":                                           true,
		"defaults: {type: log}":                                             false,
		"version: 2":                                                        false,
		"unknown: 2":                                                        false,
		"mode: loca":                                                        false,
		"mode: off":                                                         true,
		"- a":                                                               false,
		"sinks: {kitchen: {url: x, modes: [fast]}}":                         true,
		"sinks: {kitchen: {url: x, modes: [fst]}}":                          false,
		"sinks: {kitchen: {url: x, labels: {a: [b]}}}":                      false,
		"sinks: {kitchen: {url: x, labels: {a: 5}}}":                        true,
		"sinks: {kitchen: {url: x, tls: {server: {name: x}}}}":              false,
		"sinks: {kitchen: {url: x, tls: {ca: x, server: {name: x}}}}":       true,
		"sinks: {kitchen: {url: x, tls: {ca: x, server: {nam: x}}}}":        false,
		"sinks: {kitchen: {url: x, small: 1.5}}":                            false,
		"sinks: {kitchen: {url: x, strict: 1}}":                             false,
		"sinks: {kitchen: {url: x, type: kitchen, enabled: '${ON:-true}'}}": true,
	} {
		f, problems := load(text, env)
		if loads := f != nil; loads != good {
			t.Errorf("%s: loads: %v\n%v", text, loads, problems)
		}
		var doc any
		if err := yaml.Load([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(doc)); (err == nil) != good && text != "sinks: {log: {format: '${KEY:-json}'}}" {
			t.Errorf("%s: the schema disagrees: %v", text, err)
		}
	}
}

// asJSON makes of a YAML document what JSON would hold.
func asJSON(doc any) any {
	switch doc := doc.(type) {
	case map[string]any:
		for k, v := range doc {
			doc[k] = asJSON(v)
		}
	case map[any]any:
		m := make(map[string]any, len(doc))
		for k, v := range doc {
			m[fmt.Sprint(k)] = asJSON(v)
		}
		return m
	case []any:
		for i, v := range doc {
			doc[i] = asJSON(v)
		}
	case time.Time:
		return doc.Format(time.DateOnly)
	}
	return doc
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, err)
	}
	return paths
}
