package sanitize

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
var pairNames = [...]string{"name", "key", "k", "n", "field", "header", "param", "parameter", "label", "property", "attribute", "variable", "id", "type",
	"Name", "Key", "Field", "Header"}

func isPairName(key string) bool {
	for _, n := range pairNames {
		if key == n {
			return true
		}
	}
	return false
}

func isValueKey(key string) bool {
	if len(key) == 0 || len(key) > 12 {
		return false
	}
	for _, n := range [...]string{"value", "val", "v", "values", "content", "data", "text", "stringvalue", "string_value", "default", "raw"} {
		if len(key) == len(n) && hasFold(key, n) {
			return true
		}
	}
	return false
}

// pairClass does the same ahead of reading, looking at a few short members only.
func (w *walker) pairClass() class {
	if w.e.s.policy.off {
		return classNone
	}
	ahead := walker{e: w.e, in: w.in, i: w.i + 1}
	if end := w.i + 4*maxKey; end < len(ahead.in) {
		ahead.in = ahead.in[:end]
	}
	name, value := "", false
	for range 6 {
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
			return c
		}
	}
	return classNone
}
