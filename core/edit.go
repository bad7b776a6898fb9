package core

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// Edit changes the properties that a sink gets of an event: first some are dropped, then
// some renamed, then some set. The event itself stays as it was sealed, for other sinks,
// for [SinkConfig.When] and for the functions of Set.
type Edit struct {
	// Drop are globs of the properties that the sink does not get; "!" keeps what another takes out.
	Drop []string
	// Rename gives properties other names. One that has the new name already gives way.
	Rename map[string]string
	// Set gives properties values, in the order of their names. What a function returns is
	// sanitised as the value of such a property; a nil value, an error or a panic leaves the
	// property out. Functions must be quick, and are called from several goroutines at once.
	Set map[string]func(Sealed) (any, error)
}

func (e *Edit) isZero() bool { return len(e.Drop) == 0 && len(e.Rename) == 0 && len(e.Set) == 0 }

// editor applies an Edit.
type editor struct {
	Edit
	drop      globs
	order     []string          // of Set
	names     map[string][]byte // what Rename gives, quoted
	sanitizer *sanitize.Sanitizer
}

func newEditor(e Edit, s *sanitize.Sanitizer) (*editor, error) {
	if e.isZero() {
		return nil, nil
	}
	drop, err := compileGlobs(e.Drop)
	if err != nil {
		return nil, fmt.Errorf("drop: %w", err)
	}
	if len(drop.include) == 0 && len(drop.exclude) > 0 {
		return nil, fmt.Errorf("drop: %q keeps a property, and nothing is dropped", e.Drop[0])
	}
	to, names := make(map[string]string, len(e.Rename)), make(map[string][]byte, len(e.Rename))
	for from, name := range e.Rename {
		names[name], _ = json.Marshal(name) // a string cannot fail
		if name == "" || from == "" {
			return nil, fmt.Errorf("rename: %q to %q: a property has to have a name; drop takes it out", from, name)
		}
		if other, twice := to[name]; twice {
			return nil, fmt.Errorf("rename: %q and %q would both be %q", min(from, other), max(from, other), name)
		}
		to[name] = from
	}
	for key, f := range e.Set {
		if key == "" || f == nil {
			return nil, fmt.Errorf("set: %q: a property has to have a name and a value", key)
		}
	}
	return &editor{Edit: e, drop: drop, order: slices.Sorted(maps.Keys(e.Set)), names: names, sanitizer: s}, nil
}

// apply returns the event as the sink gets it.
func (e *editor) apply(s Sealed) Sealed {
	var out []byte
	for _, m := range e.renamed(s.Props()) {
		if _, replaced := e.Set[m.key]; !replaced {
			out = append(append(append(separated(out), m.quoted...), ':'), m.value...)
		}
	}
	enc := e.sanitizer.Encoder()
	defer enc.Release()
	for _, key := range e.order {
		value, err := call(e.Set[key], s)
		if err != nil || value == nil {
			continue
		}
		if clean := enc.AppendMap(nil, map[string]any{key: value}); len(clean) > len("{}") {
			out = append(separated(out), clean[1:len(clean)-1]...)
		}
	}
	if len(out) > 0 {
		out = append(out, '}')
	}
	return s.with(fieldProps, out)
}

// property is one under the name that the sink sees.
type property struct {
	key           string
	quoted, value []byte
}

// renamed returns the properties that are not dropped, under their new names.
func (e *editor) renamed(props Object) []property {
	var members []property
	taken := make(map[string]bool, len(e.Rename))
	for quoted, value, rest, ok := nextMember(props.raw); ok; quoted, value, rest, ok = nextMember(rest) {
		key := unquote(quoted)
		if e.drops(key) {
			continue
		}
		members = append(members, property{key, quoted, value})
		if name, ok := e.Rename[key]; ok {
			taken[name] = true
		}
	}
	kept := members[:0]
	for _, m := range members {
		if name, ok := e.Rename[m.key]; ok {
			m.key, m.quoted = name, e.names[name]
		} else if taken[m.key] {
			continue
		}
		kept = append(kept, m)
	}
	return kept
}

func (e *editor) drops(key string) bool { return len(e.drop.include) > 0 && e.drop.match(key) }

// call contains what a function of the configuration does.
func call(f func(Sealed) (any, error), s Sealed) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			value, err = nil, fmt.Errorf("it panicked with a %T", r)
		}
	}()
	return f(s)
}

// separated opens an object, or goes on in it.
func separated(dst []byte) []byte {
	if len(dst) == 0 {
		return append(dst, '{')
	}
	return append(dst, ',')
}
