package sanitize

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// span is a finding in a text.
type span struct {
	from, to int
	kind     string
	put      string // what replaces it, if shortened rather than redacted
}

// maxPasses bounds how often a changed text is scanned again. What still changes
// then is replaced as a whole.
const maxPasses = 4

// text writes a string value.
func (e *Encoder) text(dst []byte, s string, k keyInfo) []byte {
	if len(s) > maxString {
		s = e.clip(s)
	}
	if k.class == classAllowed || s == "" {
		return appendQuoted(dst, s)
	}
	has, known, at := e.recall(s, k.class)
	if known {
		return appendText(dst, s, has)
	}
	if e.unwraps > 0 { // in a text that is being cleaned
		was := e.copies.open()
		dst = e.cleaned(dst, s, k, at)
		e.copies.look = was
		return dst
	}
	from, mark, findings, changes := len(dst), len(e.spans), len(e.findings), e.changes
	e.allot(len(s))
	e.copies.begin()
	dst = e.cleaned(dst, s, k, at)
	if !e.settle() {
		e.spans, e.findings, e.changes, e.drop = e.spans[:mark], e.findings[:findings], changes, false
		return e.unscanned(dst[:from], len(s))
	}
	return dst
}

// cleaned writes a text that is not known. What it writes counts for nothing when the budget
// is spent.
func (e *Encoder) cleaned(dst []byte, s string, k keyInfo, at place) []byte {
	p := &e.s.policy
	has := traitsOf(s)
	if has&traitEscape != 0 && !utf8.ValidString(s) {
		e.spend(stepsOfJSON * len(s))
		s = repaired(s) // what is judged is what is written
		has, at = traitsOf(s), place{}
	}
	documents := e.documents
	if k.class == classError && p.errors == dropErrors {
		e.found(kindErrorText, Drop)
		e.drop = true
		return append(dst, `"[redacted:error_text]"`...)
	}
	if k.class.sensitive() && e.finds(k.class, s, byKey) {
		return e.replaced(dst, k.class.kind(), s)
	}
	if looksJSON(s) {
		if out, ok := e.nestedJSON(dst, s, k); ok {
			return out
		}
	}
	mark := len(e.spans)
	e.scan(s, k, has)
	if len(e.spans) == mark {
		if e.documents == documents && e.withinOwn() {
			e.remember(s, k.class, has, at)
		}
		return appendText(dst, s, has)
	}
	dst = e.rewrite(dst, s, k, mark)
	e.spans = e.spans[:mark]
	return dst
}

// appendText is appendQuoted for a text whose traits are known.
func appendText(dst []byte, s string, has traits) []byte {
	if has&traitEscape != 0 {
		return appendQuoted(dst, s)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// repaired replaces what is not UTF-8 as encoding does.
func repaired(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

// clip cuts a string that is too long, in front of its last word: a secret cut in
// two would not be recognised.
func (e *Encoder) clip(s string) string {
	e.found(kindTruncated, Truncate)
	const room = 40 // for the note
	end := maxString - room
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	if i := strings.LastIndexAny(s[end-1024:end], " \t\r\n,;&"); i >= 0 {
		end += i - 1024
	}
	return s[:end] + "…[truncated:" + strconv.Itoa(len(s)-end) + "]"
}

// rewrite writes s with the spans from mark on replaced.
func (e *Encoder) rewrite(dst []byte, s string, k keyInfo, mark int) []byte {
	from := len(e.scratch)
	defer func() { e.scratch = e.scratch[:from] }()
	for pass := range maxPasses {
		if !e.affords(stepsOfFinding*(len(e.spans)-mark)+stepsOfCopy*len(s), mark) {
			return dst
		}
		spans := mergeSpans(e.spans[mark:])
		if len(spans) == 1 && spans[0].from == 0 && spans[0].to == len(s) && spans[0].put == "" {
			return e.replaced(dst, spans[0].kind, s)
		}
		start := len(e.scratch)
		at := 0
		for _, sp := range spans {
			e.scratch = append(e.scratch, s[at:sp.from]...)
			if sp.put != "" {
				e.scratch = append(e.scratch, sp.put...)
				e.found(sp.kind, Truncate)
			} else {
				e.scratch = e.appendMark(e.scratch, sp.kind, s[sp.from:sp.to])
				e.found(sp.kind, e.actionFor(sp.kind))
			}
			at = sp.to
		}
		e.scratch = append(e.scratch, s[at:]...)
		s = view(e.scratch[start:])
		e.spans = e.spans[:mark]
		e.copies.open()
		if k.class.sensitive() && e.finds(k.class, s, byKey) {
			return e.replaced(dst, k.class.kind(), s)
		}
		has := traitsOf(s)
		if e.scan(s, k, has); len(e.spans) == mark {
			return appendText(dst, s, has)
		}
		if pass == maxPasses-1 {
			break
		}
	}
	return e.replaced(dst, kindSecret, s)
}

// mergeSpans sorts the spans and joins those that overlap. A redaction swallows a
// shortening, a credential names the whole.
func mergeSpans(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	out := spans[:0]
	for _, sp := range spans {
		if n := len(out); n > 0 && sp.from < out[n-1].to {
			last := &out[n-1]
			if last.put != "" || sp.put == "" && isCredential(sp.kind) && !isCredential(last.kind) {
				last.kind = sp.kind
			}
			if sp.put == "" || sp.to > last.to || sp.from != last.from {
				last.put = ""
			}
			last.to = max(last.to, sp.to)
			continue
		}
		out = append(out, sp)
	}
	return out
}

func (e *Encoder) add(from, to int, kind string) {
	if from >= to || e.keepErrors && !isCredential(kind) {
		return
	}
	e.spans = append(e.spans, span{from: from, to: to, kind: kind})
	e.covered = max(e.covered, to)
}

// identity writes an identity field, or the name of the event.
func (e *Encoder) identity(dst []byte, key, s string) []byte {
	if len(s) > maxString {
		s = e.clip(s)
	}
	if e.s.policy.off || s == "" {
		return appendQuoted(dst, s)
	}
	k := keyInfo{class: classID}
	var has traits
	var known bool
	var at place
	if key == "name" { // names are few; who did something is remembered by this encoder alone
		if has, known, at = e.recall(s, k.class); known {
			return appendText(dst, s, has)
		}
	} else if has, known = e.recent.recall(s); known {
		return appendText(dst, s, has)
	}
	has = traitsOf(s)
	if has&traitEscape != 0 && !utf8.ValidString(s) {
		s = repaired(s)
		has, at = traitsOf(s), place{}
	}
	from, mark, findings, changes, documents := len(dst), len(e.spans), len(e.findings), e.changes, e.documents
	e.allot(len(s))
	e.copies.begin()
	dst = e.identifier(dst, s, k, has, at)
	if e.spans = e.spans[:mark]; !e.settle() {
		e.findings, e.changes = e.findings[:findings], changes
		e.found(kindUnscanned, Redact)
		dst = append(dst[:from], `"`+unscannedMark+`"`...)
	}
	if e.changes == changes && e.documents == documents && key != "name" && key != "id" {
		e.recent.remember(s, has)
	}
	e.drop = false // a field cannot be left out
	return dst
}

// unscannedMark is what is written instead of a key or an identifier for which the budget was spent:
// one that stands for nobody, as those of which something was taken out do.
const unscannedMark = redactedPrefix + kindUnscanned + "]"

// identifier writes an identity field that is not known.
func (e *Encoder) identifier(dst []byte, s string, k keyInfo, has traits, at place) []byte {
	mark, documents := len(e.spans), e.documents
	e.scan(s, k, has)
	if len(e.spans) == mark {
		if e.documents == documents && e.withinOwn() {
			e.remember(s, k.class, has, at)
		}
		return appendText(dst, s, has)
	}
	e.spend(stepsOfFinding * (len(e.spans) - mark))
	kind := mergeSpans(e.spans[mark:])[0].kind
	if e.s.policy.action == Hash && !isCredential(kind) {
		e.spans = e.spans[:mark]
		e.found(kind, Hash)
		dst = append(dst, '"')
		dst = e.appendPseudonym(dst, kind, s)
		return append(dst, '"')
	}
	return e.rewrite(dst, s, k, mark)
}

// alterKey returns what to write instead of a key that holds a finding, or is too long.
func (e *Encoder) alterKey(key string) *alteration {
	cut := len(key) > maxKey
	if cut {
		key = key[:maxKey]
	}
	suspect := cut || len(key) >= 20
	digits := 0
	for i := 0; i < len(key) && !suspect; i++ {
		if isDigit(key[i]) {
			digits++
		}
		suspect = key[i] == '@' || key[i] == '%' || key[i] == '/' || key[i] == '\\' || digits > 3
	}
	if !suspect {
		return nil
	}
	mark, from, was := len(e.spans), len(e.scratch), e.progress
	defer func() { e.spans, e.scratch, e.progress = e.spans[:mark], e.scratch[:from], was }()
	var alt *alteration
	copies := e.copies
	e.copies = e.copies.apart()
	defer func() { e.copies = copies.after(e.copies) }()
	for range maxPasses {
		e.copies.open()
		e.scan(key, keyInfo{}, traitsOf(key))
		if e.spent() {
			return &alteration{unscannedMark, kindUnscanned}
		}
		if len(e.spans) == mark {
			if cut && alt == nil {
				return &alteration{strings.ToValidUTF8(key, "\ufffd"), kindTruncated}
			}
			return alt
		}
		alt = &alteration{}
		var b []byte
		at := 0
		for _, sp := range mergeSpans(e.spans[mark:]) {
			b = append(b, key[at:sp.from]...)
			if sp.put != "" {
				b = append(b, sp.put...)
			} else {
				b = append(append(append(b, redactedPrefix...), sp.kind...), ']')
			}
			at, alt.kind = sp.to, sp.kind
		}
		key = string(append(b, key[at:]...))
		alt.key = key
		e.spans = e.spans[:mark]
	}
	return &alteration{redactedPrefix + kindSecret + "]", alt.kind}
}
