package sanitize

import "slices"

// pairClass is what the name in {"name": "api_key", "value": "…"} says about the value.
func (e *Encoder) pairClass(m map[string]any) class {
	if len(m) < 2 || len(m) > 8 || e.s.policy.off {
		return classNone
	}
	value := false
	for key := range m {
		value = value || isValueKey(key)
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

// holdsPerson reports whether there is a name in m, and next to it what tells that it
// is a person's.
func (e *Encoder) holdsPerson(m map[string]any) bool {
	if len(m) > 32 || e.s.policy.off {
		return false
	}
	named, personal, parts := false, false, 0
	for key, v := range m {
		if _, text := v.(string); !text {
			continue
		}
		named = named || isNameKey(key)
		personal = personal || e.knownKey(key).class.personal()
		if isPartOfName(key) {
			parts++
		}
	}
	return named && (personal || parts > 1)
}

// lookAhead returns what pairClass and holdsPerson do, ahead of reading, looking at a few
// short members only.
func (w *walker) lookAhead() (pair class, who bool) {
	if w.e.s.policy.off {
		return classNone, false
	}
	ahead := walker{e: w.e, in: w.in, i: w.i + 1}
	if end := w.i + 4*maxKey; end < len(ahead.in) {
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
		if isPartOfName(texts[i]) {
			parts++
		}
		who = parts > 1 || w.e.knownKey(texts[i]).class.personal()
	}
	return pair, who
}
