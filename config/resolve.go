package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// resolver turns YAML nodes into values: it follows aliases, applies merge keys, and
// finds duplicate keys, foreign tags and structures made to exhaust the program.
type resolver struct {
	problems Problems
	active   map[*yaml.Node]bool // what is being resolved: an alias to it has no end
	via      *yaml.Node          // the alias that led here, nil if none did
	aliased  int                 // values reached through aliases
	stopped  bool
}

func (r *resolver) problem(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)})
}

// stop reports a structure that cannot be followed; the rest is left out.
func (r *resolver) stop(n *yaml.Node, format string, args ...any) value {
	if !r.stopped {
		r.problem(n, format, args...)
	}
	r.stopped = true
	return value{position: position{n.Line, n.Column}, shape: shapeNull}
}

func (r *resolver) resolve(n *yaml.Node, depth int) value {
	switch {
	case r.stopped:
		return r.stop(n, "")
	case depth > maxDepth:
		return r.stop(n, "nested more than %d deep", maxDepth)
	case r.active[n]:
		return r.stop(n, "the alias refers to what it is a part of")
	}
	if r.via != nil {
		if r.aliased++; r.aliased > maxAliasNodes {
			return r.stop(r.via, "aliases stand for more than %d values", maxAliasNodes)
		}
	}
	r.active[n] = true
	defer delete(r.active, n)
	v := value{position: position{n.Line, n.Column}}
	switch n.Kind {
	case yaml.AliasNode:
		if r.via == nil {
			r.via = n
			defer func() { r.via = nil }()
		}
		return r.resolve(n.Alias, depth+1)
	case yaml.MappingNode:
		v.shape = shapeMapping
		v.entries = r.mapping(n, depth)
	case yaml.SequenceNode:
		v.shape = shapeList
		for _, item := range n.Content {
			v.items = append(v.items, r.resolve(item, depth+1))
		}
	default:
		r.scalar(n, &v)
	}
	r.checkTag(n)
	return v
}

func (r *resolver) scalar(n *yaml.Node, v *value) {
	v.text = n.Value
	v.plain = n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	switch n.ShortTag() {
	case "!!null":
		v.shape = shapeNull
	case "!!bool":
		v.shape = shapeBool
	case "!!int", "!!float":
		v.shape = shapeNumber
	default:
		v.shape = shapeString
	}
}

// checkTag refuses tags of an application's own. They are usually a "!" that was
// meant as a part of the text, and so not shown: the text may be a secret.
func (r *resolver) checkTag(n *yaml.Node) {
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float", "!!str", "!!timestamp", "!!map", "!!seq", "!!merge":
	default:
		r.problem(n, `what starts with "!" is a YAML tag; put it in quotes`)
	}
}

// mapping resolves the entries of n. What a merge key brings in stands behind what is
// written in the mapping itself.
func (r *resolver) mapping(n *yaml.Node, depth int) []entry {
	var own, merged []entry
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merged = append(merged, r.merge(val, depth)...)
			continue
		}
		text, ok := r.key(key)
		if !ok {
			continue
		}
		if line, twice := seen[text]; twice {
			r.problem(key, "duplicate key %q; it is already on line %d", clip(text), line)
			continue
		}
		seen[text] = key.Line
		own = append(own, entry{position: position{key.Line, key.Column}, key: text, value: r.resolve(val, depth+1)})
	}
	for _, e := range merged {
		if _, overridden := seen[e.key]; !overridden {
			seen[e.key] = e.line
			own = append(own, e)
		}
	}
	return own
}

// key returns the text of a mapping's key.
func (r *resolver) key(n *yaml.Node) (string, bool) {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		r.problem(n, "a key must be a string")
		return "", false
	}
	return n.Value, true
}

// merge resolves what stands behind a merge key: a mapping, or a list of mappings of
// which the first to have a key wins.
func (r *resolver) merge(n *yaml.Node, depth int) []entry {
	v := r.resolve(n, depth+1)
	switch v.shape {
	case shapeMapping:
		return v.entries
	case shapeList:
		var all []entry
		for _, item := range v.items {
			if item.shape != shapeMapping {
				r.problem(n, "<< takes a mapping or a list of mappings")
				return nil
			}
			all = append(all, item.entries...)
		}
		return all
	}
	if !r.stopped {
		r.problem(n, "<< takes a mapping or a list of mappings")
	}
	return nil
}

// clip shortens text for a message, and keeps it on one line.
func clip(text string) string {
	const most = 60
	runes := []rune(text)
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
