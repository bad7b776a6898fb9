package corpus

import "strings"

// spelling returns the ways in which programs write a name of several words.
func spelling(words string) map[string]string {
	parts := strings.Fields(words)
	titled := make([]string, len(parts))
	for i, p := range parts {
		titled[i] = titleWord(p)
	}
	pascal := strings.Join(titled, "")
	camel := pascal
	if first := []rune(parts[0]); len(first) > 0 {
		camel = parts[0] + strings.Join(titled[1:], "")
	}
	return map[string]string{
		"snake":  strings.Join(parts, "_"),
		"SNAKE":  strings.ToUpper(strings.Join(parts, "_")),
		"kebab":  strings.Join(parts, "-"),
		"dots":   strings.Join(parts, "."),
		"words":  words,
		"camel":  camel,
		"Pascal": pascal,
		"Header": "X-" + strings.Join(titled, "-"),
	}
}

func titleWord(s string) string {
	r := []rune(s)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// credential adds the row of a template that says where a secret stands: «!v» is
// the secret and «snake», «camel», … its name. The wrappers are applied to the
// value, the last one outermost.
func (g *generator) credential(f family, name, secret, template string, wrappers ...func(string) string) {
	g.bound = spelling(name)
	g.bound["v"] = secret
	defer func() { g.bound = nil }()
	key, value := g.fill(pickWord(g, f.keys)), g.fill(template)
	for _, w := range wrappers {
		value = value.wrapped(w)
	}
	g.add(f, key, value)
}
