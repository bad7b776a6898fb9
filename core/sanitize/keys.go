package sanitize

import "strings"

// keyInfo is what a key says about its value.
type keyInfo struct {
	class   class
	joins   bool        // the key says more together with the one it is nested in
	noise   bool        // the key says nothing by itself: value, data, 0
	altered *alteration // of the key, if it holds a finding itself
}

// alteration is what is written instead of a key.
type alteration struct{ key, kind string }

// classify says what a key is in its place.
func (e *Encoder) classify(key *knownKey, o *object) class {
	switch {
	case e.s.policy.off:
		return classAllowed
	case o.key == classDenied, o.key == classAllowed:
		return o.key
	case key.class == classDenied, key.class == classAllowed:
		return key.class
	case key.role != roleNone:
		if c := e.classBeside(key.role, o); c != classNone {
			return c
		}
	}
	if len(e.frames) > 0 && (!key.class.sensitive() || key.class == classSoftSecret) {
		if c := e.inNest(key, o); c != classNone {
			return c
		}
	}
	return key.class
}

// inNest judges a key that says little together with the keys it is nested in.
func (e *Encoder) inNest(k *knownKey, o *object) class {
	if k.joins {
		if c := e.joinedClass(k.text); c.sensitive() || c == classError {
			return c
		}
	}
	if k.class != classNone && k.class != classNumberish {
		return classNone
	}
	switch {
	case o.key == classError:
		return classError
	case !o.key.sensitive():
		return classNone
	case k.noise:
		return o.key
	case o.key == classSecret || o.key == classPassword:
		if known(strings.ToLower(k.text)) {
			return o.key // {"tokens": {"access": …, "refresh": …}}
		}
		return classSoftSecret
	case o.key == classPhone, o.key == classBirth:
		return o.key
	}
	return classNone
}

// joinedClass judges the key together with up to two keys around it.
func (e *Encoder) joinedClass(key string) class {
	b, parents, outer, inner := e.joined[:0], 0, "", ""
	for i := len(e.frames) - 1; i >= 0 && parents < 2; i-- {
		if e.frames[i].index >= 0 || len(e.frames[i].key) > maxCachedKeyLen {
			continue
		}
		outer, inner = e.frames[i].key, outer
		parents++
	}
	if inner != "" {
		b = append(append(b, outer...), '.')
		outer = inner
	}
	if outer != "" {
		b = append(append(b, outer...), '.')
	}
	b = append(b, key...)
	e.joined = b
	v, ok := e.paths[string(b)]
	if !ok {
		v, _ = verdictOn(string(b))
		if len(b) <= 3*maxCachedKeyLen {
			if len(e.paths) >= maxCachedKeys {
				clear(e.paths)
			}
			e.paths[string(b)] = v
		}
	}
	if e.unwraps > 0 {
		e.meet(view(b), v.steps)
	}
	return v.class
}

// judgeKey judges a key by itself.
func (e *Encoder) judgeKey(key string) keyInfo {
	p := &e.s.policy
	if strings.Contains(key, redactedPrefix) {
		return keyInfo{} // written by this package
	}
	v, ws := verdictOn(key)
	e.spend(v.steps)
	if p.hasExceptions {
		if p.deny[strings.Join(ws, "_")] {
			return keyInfo{class: classDenied}
		}
		if p.allow[key] {
			return keyInfo{class: classAllowed}
		}
	}
	k := keyInfo{class: v.class}
	if n := len(ws); n > 0 {
		tail := ws[n-1]
		_, generic := qualified[tail]
		k.joins = generic || noise[tail]
		k.noise = true
		for _, w := range ws {
			k.noise = k.noise && (noise[w] || allDigits(w))
		}
	}
	k.altered = e.alterKey(key)
	return k
}

// foldedKey is a key in the spelling in which keys are compared.
func foldedKey(key string) string { return strings.Join(words(key), "_") }

func isNameEdge(c byte) bool { return c == '-' || c == ' ' || c == ':' || isQuote(c) }

// classifyName judges a name met in text: a flag, a query parameter, a field.
func (e *Encoder) classifyName(name string) class {
	for len(name) > 0 && isNameEdge(name[0]) {
		name = name[1:]
	}
	for len(name) > 0 && isNameEdge(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if name == "" || len(name) > maxKey || strings.Contains(name, redactedPrefix) {
		return classNone
	}
	v, ok := e.names[name]
	if !ok {
		var ws []string
		v, ws = verdictOn(name)
		if p := &e.s.policy; p.hasExceptions && p.deny[strings.Join(ws, "_")] {
			v.class = classDenied
		}
		if len(name) <= maxCachedKeyLen {
			if len(e.names) >= maxCachedKeys {
				clear(e.names)
			}
			e.names[strings.Clone(name)] = v
		}
	}
	e.meet(name, v.steps)
	return v.class
}
