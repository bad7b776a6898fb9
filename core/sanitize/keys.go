package sanitize

import (
	"strings"
	"unicode/utf8"
)

// keyInfo is what a key says about its value.
type keyInfo struct {
	class   class
	joins   bool        // the key says more together with the one it is nested in
	noise   bool        // the key says nothing by itself: value, data, 0
	altered *alteration // of the key, if it holds a finding itself
}

// alteration is what is written instead of a key.
type alteration struct{ key, kind string }

// Bounds of an encoder's memory of keys.
const (
	maxCachedKeys   = 1024
	maxCachedKeyLen = 64
)

// classify judges a key in its place.
func (e *Encoder) classify(key string, o *object) keyInfo {
	if e.s.policy.off {
		return keyInfo{class: classAllowed}
	}
	if o.key == classDenied || o.key == classAllowed {
		k := e.keyAlone(key)
		k.class = o.key
		return k
	}
	k := e.keyAlone(key)
	if k.class == classDenied || k.class == classAllowed {
		return k
	}
	if o.pair != classNone && isValueKey(key) {
		k.class = o.pair
		return k
	}
	if !k.class.sensitive() || k.class == classSoftSecret {
		if c := e.inNest(key, k, o); c != classNone {
			k.class = c
		}
	}
	return k
}

// inNest judges a key that says little together with the keys it is nested in.
func (e *Encoder) inNest(key string, k keyInfo, o *object) class {
	if len(e.frames) == 0 {
		return classNone
	}
	if k.joins {
		if c := e.joinedClass(key); c.sensitive() || c == classError {
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
		return classSoftSecret
	case o.key == classPhone:
		return classPhone
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
	if k, ok := e.keys[string(b)]; ok {
		return k.class
	}
	c := judge(words(string(b)))
	if len(b) <= 3*maxCachedKeyLen {
		e.remember(string(b), keyInfo{class: c})
	}
	return c
}

func (e *Encoder) remember(key string, k keyInfo) {
	if len(e.keys) >= maxCachedKeys {
		clear(e.keys)
	}
	e.keys[key] = k
}

// keyAlone judges a key by itself.
func (e *Encoder) keyAlone(key string) keyInfo {
	if k, ok := e.keys[key]; ok {
		return k
	}
	k := e.judgeKey(key)
	if len(key) <= maxCachedKeyLen && k.altered == nil {
		e.remember(strings.Clone(key), k)
	}
	return k
}

func (e *Encoder) judgeKey(key string) keyInfo {
	p := &e.s.policy
	if strings.Contains(key, redactedPrefix) {
		return keyInfo{} // written by this package
	}
	ws := words(key)
	if p.hasExceptions {
		if p.deny[strings.Join(ws, "_")] {
			return keyInfo{class: classDenied}
		}
		if p.allow[key] {
			return keyInfo{class: classAllowed}
		}
	}
	k := keyInfo{class: judge(ws)}
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

// classifyName judges a name met in text: a flag, a query parameter, a field.
func (e *Encoder) classifyName(name string) class {
	name = strings.Trim(name, "-\"'` :")
	if name == "" || len(name) > maxKey || strings.Contains(name, redactedPrefix) {
		return classNone
	}
	if c, ok := e.names[name]; ok {
		return c
	}
	ws := words(name)
	c := judge(ws)
	if p := &e.s.policy; p.hasExceptions && p.deny[strings.Join(ws, "_")] {
		c = classDenied
	}
	if len(name) <= maxCachedKeyLen {
		if len(e.names) >= maxCachedKeys {
			clear(e.names)
		}
		e.names[strings.Clone(name)] = c
	}
	return c
}

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

// judge finds the head noun of the words of a key and says what it names.
func judge(ws []string) class { return judgeDepth(ws, 0) }

func judgeDepth(ws []string, depth int) class {
	n := len(ws)
	if n == 0 || depth > maxWords {
		return classNone
	}
	if n > 1 && aboutFlags[ws[0]] {
		return classPlain
	}
	tail := ws[n-1]
	if n > 1 && (noise[tail] || allDigits(tail)) {
		if c := judgeDepth(ws[:n-1], depth+1); c.sensitive() {
			return c
		}
	}
	tail = singular(tail)
	if n > 1 {
		if c, ok := qualified[tail][singular(ws[n-2])]; ok {
			return c
		}
		if tail == "id" && ws[n-2] == "key" && judgeDepth(ws[:n-1], depth+1) == classSecret {
			return classSecret // an access key id identifies an account
		}
	}
	if c, ok := heads[tail]; ok {
		return c
	}
	if descriptors[ws[n-1]] || descriptors[tail] {
		return classPlain
	}
	if n > 1 && len(tail) > 4 && (strings.HasSuffix(tail, "ed") || strings.HasSuffix(tail, "ing")) {
		return classPlain // token_expired, secret_scanning
	}
	if c := judgeGlued(ws, tail, depth); c != classNone {
		return c
	}
	if n > 1 {
		switch c := judgeDepth(ws[:n-1], depth+1); {
		case c.secret(), c == classSoftSecret:
			return classSoftSecret // api_key_stripe, but token_frobnicator too
		case c >= classPhone && c < classDenied:
			return c // phone_home: the value must look like it anyway
		}
	}
	return classNone
}

// judgeGlued takes apart words written as one (pgpassword, accesstoken) and undoes
// p4ssw0rd and look-alikes.
func judgeGlued(ws []string, tail string, depth int) class {
	n := len(ws)
	with := func(parts ...string) class {
		return judgeDepth(append(ws[:n-1:n-1], parts...), depth+1)
	}
	if plain := lookalikesFolded(tail); plain != tail {
		if c := with(plain); c.sensitive() {
			return c
		}
	}
	if strings.ContainsAny(tail, "0134579@$") {
		if plain := deleet.Replace(tail); plain != tail && heads[plain].sensitive() {
			return heads[plain]
		}
	}
	if isDigit(tail[len(tail)-1]) {
		if trimmed := strings.TrimRight(tail, "0123456789"); trimmed != tail && len(trimmed) > 2 {
			if c := with(trimmed); c != classNone {
				return c
			}
		}
	}
	if len(tail) < 5 {
		return classNone
	}
	for i := 2; i <= len(tail)-2; i++ {
		if known(tail[:i]) && known(tail[i:]) {
			return with(tail[:i], tail[i:])
		}
	}
	for _, noun := range gluedNouns {
		if len(tail) > len(noun) && strings.HasSuffix(tail, noun) {
			return heads[noun]
		}
	}
	for i := 2; i <= len(tail)-4; i++ { // in three
		for j := i + 2; known(tail[:i]) && j <= len(tail)-2; j++ {
			if known(tail[i:j]) && known(tail[j:]) {
				return with(tail[:i], tail[i:j], tail[j:])
			}
		}
	}
	if tail[len(tail)-1] >= utf8.RuneSelf {
		for noun, c := range heads { // scripts that do not separate words
			if noun[0] >= utf8.RuneSelf && strings.HasSuffix(tail, noun) {
				return c
			}
		}
	}
	return classNone
}

// gluedNouns are long enough to be recognised at the end of any word.
var gluedNouns = [...]string{"password", "passwd", "passphrase", "passcode", "passwort", "secret", "token", "apikey", "credential",
	"username", "firstname", "lastname", "fullname", "sessionid", "sessid"}

// known reports whether the classifier has an opinion on the word.
func known(w string) bool {
	if len(w) < 2 {
		return false
	}
	if _, ok := heads[w]; ok {
		return true
	}
	if _, ok := qualified[w]; ok {
		return true
	}
	return knownQualifiers[w] || noise[w] && len(w) > 3 || descriptors[w] && len(w) > 3
}

var knownQualifiers = func() map[string]bool {
	m := make(map[string]bool)
	for _, qs := range qualified {
		for q := range qs {
			if len(q) > 2 {
				m[q] = true
			}
		}
	}
	m["db"] = true
	return m
}()

// singular undoes the plural where that gives a word the classifier knows.
func singular(w string) string {
	if len(w) < 4 || w[len(w)-1] != 's' {
		return w
	}
	if _, ok := heads[w]; ok || knownQualifiers[w] {
		return w
	}
	for _, s := range [...]string{w[:len(w)-1], strings.TrimSuffix(w, "es")} {
		if _, ok := heads[s]; ok {
			return s
		}
		if _, ok := qualified[s]; ok || knownQualifiers[s] {
			return s
		}
	}
	return w
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
