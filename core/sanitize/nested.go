package sanitize

func looksJSON(s string) bool {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	if len(s)-i < 2 {
		return false
	}
	last := len(s) - 1
	for last > i && (s[last] == ' ' || s[last] == '\n' || s[last] == '\r') {
		last--
	}
	switch s[i] {
	case '{':
		return s[last] == '}'
	case '[':
		return s[last] == ']' && markLen(s[i:]) == 0
	case '"':
		return s[last] == '"' && last > i
	}
	return false
}

// nestedJSON writes s, which is JSON in a string, as JSON in a string: unchanged
// when nothing is found in it. It returns false if s is not JSON after all.
func (e *Encoder) nestedJSON(dst []byte, s string, k keyInfo) (out []byte, ok bool) {
	if e.unwraps >= maxUnwrap {
		return dst, false
	}
	if e.left -= stepsOfJSON * len(s); e.spent() {
		return dst, false
	}
	e.documents++
	was := e.save()
	inner := e.take()
	e.unwraps++
	e.base = 0
	w := walker{e: e, in: s}
	inner, err := w.document(inner, false)
	changed := e.changes != was.changes
	e.unwraps--
	if err != nil || e.spent() {
		e.restore(was)
		e.give(inner)
		return dst, false
	}
	e.base = was.base
	if changed {
		dst = appendQuoted(dst, view(inner))
	} else {
		dst = appendQuoted(dst, s)
	}
	e.give(inner)
	return dst, true
}

// state is what a failed attempt to read wrapped text must undo.
type state struct {
	frames, members, sorted, open, scratch, spans, findings int
	base, depth, unwraps, changes, count                    int
	drop                                                    bool
	progress                                                progress
}

func (e *Encoder) save() state {
	return state{len(e.frames), len(e.members), len(e.sorted), len(e.open), len(e.scratch), len(e.spans), len(e.findings),
		e.base, e.depth, e.unwraps, e.changes, e.count, e.drop, e.progress}
}

func (e *Encoder) restore(s state) {
	e.frames, e.members, e.sorted, e.open = e.frames[:s.frames], e.members[:s.members], e.sorted[:s.sorted], e.open[:s.open]
	e.scratch, e.spans, e.findings = e.scratch[:s.scratch], e.spans[:s.spans], e.findings[:s.findings]
	e.base, e.depth, e.unwraps, e.changes, e.count = s.base, s.depth, s.unwraps, s.changes, s.count
	e.drop, e.progress = s.drop, s.progress
}

// take returns an empty buffer to write wrapped text to; give returns it.
func (e *Encoder) take() []byte {
	if n := len(e.spare); n > 0 {
		b := e.spare[n-1]
		e.spare = e.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 512)
}

func (e *Encoder) give(b []byte) {
	if cap(b) <= maxString {
		e.spare = append(e.spare, b)
	}
}

// dirty reports whether wrapped text s holds a finding.
func (e *Encoder) dirty(s string, k keyInfo) bool {
	was, look := e.save(), e.copies.open()
	e.unwraps++
	e.copies.guessing++
	defer func() {
		e.copies.look = look
		e.copies.guessing--
	}()
	found := false
	if looksJSON(s) {
		b := e.take()
		out, ok := e.nestedJSON(b, s, k)
		found = ok && e.changes != was.changes
		e.give(out)
		if ok {
			e.restore(was)
			return found
		}
	}
	mark := len(e.spans)
	e.scan(s, k, traitsOf(s))
	found = len(e.spans) > mark
	e.restore(was)
	return found
}
