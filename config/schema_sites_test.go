package config_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/registry"
)

type object = map[string]any

// site is a mapping of sinks.yaml with the options that may stand in it.
type site struct {
	name    string
	at      []string // the keys that lead to the mapping
	options []registry.Option
	base    object // the smallest file with that mapping
	typ     string // of the sink, if it is one
	// shared are options that other sites have as well: that they are here is all there is to try.
	shared []registry.Option
}

// sites returns every mapping that a file may have, with every sink type of r.
func sites(t testing.TB, r *registry.Registry) (all []site) {
	t.Helper()
	settings, delivery := config.Keys()
	all = append(all,
		site{name: "the file", options: settings, base: object{}},
		site{name: "defaults", at: []string{"defaults"}, options: delivery, base: object{"defaults": object{}}},
	)
	queue := []registry.Option{*optionOf(settings, "queue")}
	for _, typ := range []string{"disk", "jetstream"} {
		if _, ok := r.LookupQueue(typ); ok || typ == "disk" {
			all = append(all, site{name: "a queue of type " + typ, options: queue, base: object{"queue": object{"type": typ}}})
		}
	}
	for _, typ := range r.Types() {
		d, _ := r.Lookup(typ)
		for i, base := range bases(t, d) {
			base["type"] = typ
			s := site{name: "a sink of type " + typ, at: []string{"sinks", "it"}, typ: typ, options: d.Options, base: object{"sinks": object{"it": base}}}
			switch {
			case typ == "log" || typ == "kitchen": // one without limits, one with
				s.options = slices.Concat(d.Options, delivery)
			case i == 0:
				s.shared = delivery
			default:
				s.options = slices.DeleteFunc(slices.Clone(d.Options), func(o registry.Option) bool { return !belongs(&o, base) })
			}
			all = append(all, s)
		}
	}
	return all
}

// belongs reports whether an option is one of the driver's that a sink has.
func belongs(o *registry.Option, base object) bool {
	drivers, _, only := strings.Cut(o.Doc, ": ")
	return only && slices.Contains(strings.Split(drivers, ", "), base["driver"].(string))
}

// bases returns options with which a sink of the type loads: its example, and what else there is to choose from.
func bases(t testing.TB, d registry.Descriptor) []object {
	t.Helper()
	example := make(object)
	if d.Example != "" {
		if err := yaml.Load([]byte(d.Example), &example); err != nil {
			t.Fatal(d.Type, err)
		}
	}
	withRequired(example, d.Options, d.Type)
	if d.Type == "ga4" {
		example["measurement_id"] = "G-XXXXXXXXXX"
	}
	if d.Type != "warehouse" {
		return []object{example}
	}
	return []object{
		{"driver": "sqlite", "path": "w.db"},
		{"driver": "postgres", "host": "db.example.com", "database": "d", "user": "u"},
		{"driver": "redshift", "host": "db.example.com", "database": "d", "user": "u"},
		{"driver": "snowflake", "account": "a-b", "user": "u", "database": "d", "private_key_file": "k.p8"},
		{"driver": "bigquery", "project": "my-project", "dataset": "d"},
	}
}

// withRequired adds to a mapping what must be in it.
func withRequired(m object, options []registry.Option, path string) object {
	for i := range options {
		o := &options[i]
		if _, given := m[o.Key]; o.Required && !given {
			m[o.Key] = good(o, path+"."+o.Key)
		}
	}
	return m
}

// copyOf copies a document, so that it can be changed.
func copyOf(v any) any {
	switch v := v.(type) {
	case object:
		m := maps.Clone(v)
		for k := range m {
			m[k] = copyOf(m[k])
		}
		return m
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = copyOf(list[i])
		}
		return list
	}
	return v
}

// mapping returns the mapping of the site in a copy of its file.
func (s *site) mapping() (doc, in object) {
	doc = copyOf(s.base).(object)
	in = doc
	for _, key := range s.at {
		in = in[key].(object)
	}
	return doc, in
}

func TestTheSmallestFilesLoad(t *testing.T) {
	for _, r := range []*registry.Registry{newRegistry(&recorder{}), registry.Default} {
		a := newAgreement(t, r)
		for _, s := range sites(t, r) {
			if v := a.try(trial{doc: s.base}); v.schema != nil || len(v.loader) > 0 {
				t.Errorf("%s: %v\n%v\n%v", s.name, s.base, v.schema, v.loader)
			}
		}
	}
}

func TestTheSitesHaveEveryKeyOfTheSchema(t *testing.T) {
	data, err := config.Schema(nil)
	if err != nil {
		t.Fatal(err)
	}
	inSchema, inSites := make(map[string]bool), map[string]bool{"sinks": true, "type": true, "defaults": true}
	collectKeys(parsedJSON(t, data), inSchema)
	for _, typ := range registry.Default.Types() {
		inSites[typ] = true // the name of a sink
	}
	for _, s := range sites(t, registry.Default) {
		for _, o := range slices.Concat(s.options, s.shared) {
			collectOptions(&o, inSites)
		}
	}
	if !reflect.DeepEqual(inSchema, inSites) {
		t.Errorf("the schema has\n%v\nthe sites have\n%v", slices.Sorted(maps.Keys(inSchema)), slices.Sorted(maps.Keys(inSites)))
	}
}

// collectKeys collects the names of properties anywhere in a schema.
func collectKeys(schema any, keys map[string]bool) {
	switch schema := schema.(type) {
	case object:
		properties, _ := schema["properties"].(object)
		for key := range properties {
			keys[key] = true
			collectKeys(properties[key], keys)
		}
		for key, part := range schema {
			if key != "properties" {
				collectKeys(part, keys)
			}
		}
	case []any:
		for _, part := range schema {
			collectKeys(part, keys)
		}
	}
}

func collectOptions(o *registry.Option, keys map[string]bool) {
	keys[o.Key] = true
	for i := range o.Options {
		collectOptions(&o.Options[i], keys)
	}
}
