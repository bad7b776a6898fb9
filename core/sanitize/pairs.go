package sanitize

import (
	"log/slog"
	"slices"
)

// role is what a key may be to those beside it.
type role uint8

const (
	roleNone  role = iota
	roleName       // a name: of a person, if the rest tells of one
	rolePart       // part of one
	roleValue      // the value of what is named beside it
)

func roleOf(key string) role {
	switch {
	case isPartOfName(key):
		return rolePart
	case isNameKey(key):
		return roleName
	case isValueKey(key):
		return roleValue
	}
	return roleNone
}

// given is what an object is written from, one of these.
type given struct {
	attrs []slog.Attr
	props map[string]any
	text  *walker
	at    int // in text, where the object begins
}

// classBeside judges a key by those beside it, which few keys make it look at.
func (e *Encoder) classBeside(r role, o *object) class {
	if !o.looked {
		o.looked = true
		switch g := &o.given; {
		case g.text != nil:
			o.pair, o.who = g.text.lookAhead(g.at)
		case g.props != nil:
			o.pair, o.who = e.pairClass(g.props), e.holdsPerson(g.props)
		default:
			o.who = e.attrsOfPerson(g.attrs)
		}
	}
	switch {
	case r == roleValue:
		return o.pair
	case !o.who:
		return classNone
	case r == rolePart:
		return classGiven
	}
	return classPerson
}

// pairClass is what the name in {"name": "api_key", "value": "…"} says about the value.
func (e *Encoder) pairClass(m map[string]any) class {
	if len(m) < 2 || len(m) > 8 {
		return classNone
	}
	value := false
	for key := range m {
		value = value || e.knownKey(key).role == roleValue
	}
	if !value {
		return classNone
	}
	for _, name := range pairNames {
		if s, ok := m[name].(string); ok && len(s) <= maxCachedKeyLen {
			if c := e.classifyName(s); c.sensitive() {
				return c
			}
		}
	}
	return classNone
}

// pairNames are the keys under which a name stands next to its value.
var pairNames = [...]string{"name", "key", "k", "n", "field", "header", "param", "parameter", "label", "property", "attribute", "variable", "id", "type", "setting", "option",
	"Name", "Key", "Field", "Header"}

func isPairName(key string) bool {
	return slices.Contains(pairNames[:], key)
}

func isValueKey(key string) bool {
	if len(key) == 0 || len(key) > 12 {
		return false
	}
	for _, n := range [...]string{"value", "val", "v", "values", "content", "data", "text", "stringvalue", "string_value", "default", "raw", "answer", "response"} {
		if len(key) == len(n) && hasFold(key, n) {
			return true
		}
	}
	return false
}

// isNameKey reports whether key is the word name alone, or part of a name.
func isNameKey(key string) bool {
	switch key {
	case "name", "Name", "naam", "nom", "nome", "$name", "namn", "navn":
		return true
	}
	return isPartOfName(key)
}

// isPartOfName reports whether key is one of those that {"first": …, "last": …} has.
func isPartOfName(key string) bool {
	switch key {
	case "first", "last", "given", "family", "middle":
		return true
	}
	return false
}

// attrsOfPerson reports whether there is a name among attributes, and what tells that it
// is a person's.
func (e *Encoder) attrsOfPerson(attrs []slog.Attr) bool {
	named, personal := false, false
	for i := range attrs {
		k := e.knownKey(attrs[i].Key)
		named = named || k.role == roleName || k.role == rolePart
		personal = personal || k.class.personal() && attrs[i].Value.Kind() == slog.KindString
	}
	return named && personal
}

// holdsPerson reports whether there is a name in m, and next to it what tells that it
// is a person's.
func (e *Encoder) holdsPerson(m map[string]any) bool {
	if len(m) > 32 {
		return false
	}
	named, personal, parts := false, false, 0
	for key, v := range m {
		if _, text := v.(string); !text {
			continue
		}
		k := e.knownKey(key)
		named = named || k.role == roleName || k.role == rolePart
		personal = personal || k.class.personal()
		if k.role == rolePart {
			parts++
		}
	}
	return named && (personal || parts > 1)
}

// lookAhead returns what pairClass and holdsPerson do of the object that begins at i,
// looking at its first few short members only.
func (w *walker) lookAhead(i int) (pair class, who bool) {
	ahead := walker{e: w.e, in: w.in, i: i + 1}
	if end := i + 4*maxKey; end < len(ahead.in) {
		ahead.in = ahead.in[:end]
	}
	name, value := "", false
	var texts [8]string // keys of the strings
	named, n := false, 0
	for range len(texts) {
		ahead.space()
		key := ahead.peekString()
		if key == "" {
			break
		}
		ahead.i += len(key) + 2
		if ahead.space(); ahead.i >= len(ahead.in) || ahead.in[ahead.i] != ':' {
			break
		}
		ahead.i++
		ahead.space()
		named = named || isNameKey(key)
		if ahead.i < len(ahead.in) && ahead.in[ahead.i] == '"' {
			texts[n] = key
			n++
		}
		if isValueKey(key) {
			value = true
		} else if name == "" && isPairName(key) {
			name = ahead.peekString()
		}
		if ahead.i >= len(ahead.in) || ahead.in[ahead.i] == '{' || ahead.in[ahead.i] == '[' || ahead.skipScalar() != nil {
			break
		}
		if ahead.space(); ahead.i >= len(ahead.in) || ahead.in[ahead.i] != ',' {
			break
		}
		ahead.i++
	}
	if name != "" && value {
		if c := w.e.classifyName(name); c.sensitive() {
			pair = c
		}
	}
	parts := 0
	for i := 0; named && !who && i < n; i++ {
		k := w.e.knownKey(texts[i])
		if k.role == rolePart {
			parts++
		}
		who = parts > 1 || k.class.personal()
	}
	return pair, who
}
