package sanitize

import (
	"hash"
	"log/slog"
)

// Encoder appends sanitised JSON. It serves one goroutine at a time.
type Encoder struct {
	s *Sanitizer

	frames  []frame   // path to the value being encoded
	members []member  // of the objects being encoded
	sorted  []string  // keys of the maps being encoded
	open    []uintptr // maps and slices being encoded, to see cycles
	scratch []byte    // unescaped strings
	spare   [][]byte  // buffers for wrapped text
	spans   []span    // findings in the text being scanned
	joined  []byte
	near    [nearKeys]*knownKey  // some of keys
	keys    map[string]*knownKey // judged before
	paths   map[string]verdict   // of keys, judged together
	names   map[string]verdict   // met in texts before
	once    [seenSlots]uint16    // what came once, by its place in seen

	mac       hash.Hash // of pseudonyms, once there was one
	recent    recent
	automaton *automaton
	progress  // in the text being scanned

	base      int  // where the output of this call starts
	depth     int  // of containers
	unwraps   int  // of text in text
	count     int  // of members
	documents int  // JSON read in text
	drop      bool // the value asks for its member to be left out
	changes   int

	recording bool
	findings  []Finding

	copies copies // of the text being cleaned
	budget        // of it
}

// Release returns the encoder to its pool. Neither it nor its findings may be used afterwards.
func (e *Encoder) Release() {
	e.reset()
	e.recording, e.findings, e.changes = false, nil, 0
	e.recent.forget()
	// Do not keep what a single huge event needed.
	if cap(e.scratch) > maxString {
		e.scratch = nil
	}
	e.s.pool.Put(e)
}

func (e *Encoder) reset() {
	clear(e.frames[:cap(e.frames)]) // no value outlives its event, but for those in seen
	clear(e.sorted[:cap(e.sorted)])
	e.frames, e.members, e.sorted = e.frames[:0], e.members[:0], e.sorted[:0]
	e.open, e.scratch, e.spans = e.open[:0], e.scratch[:0], e.spans[:0]
	e.depth, e.unwraps, e.count, e.drop, e.left = 0, 0, 0, false, plenty
	e.copies = copies{known: e.copies.known[:0]}
}

// begin starts an Append call.
func (e *Encoder) begin(dst []byte) {
	if len(e.frames) > 0 || e.depth > 0 { // the last call was cut short
		e.reset()
	}
	e.base, e.count, e.reserve = len(dst), 0, reserveSteps
}

// failClosed is deferred by every Append call: should the sanitiser itself fail,
// nothing of the value goes out and the caller does not notice more than that.
func (e *Encoder) failClosed(dst *[]byte, empty string) {
	if recover() == nil {
		return
	}
	*dst = append((*dst)[:e.base], empty...)
	e.reset()
	e.found(kindUnencodable, Drop)
}

// AppendAttrs appends the attributes as a JSON object, in their order. Groups are
// nested objects, those without a name are inlined and those without members left
// out, as are empty attributes. Of two attributes with one key the last counts.
func (e *Encoder) AppendAttrs(dst []byte, attrs []slog.Attr) (out []byte) {
	e.begin(dst)
	out = dst
	defer e.failClosed(&out, "{}")
	out, o := e.openObject(out)
	o.given.attrs = attrs
	out = e.attrs(out, &o, attrs)
	return e.closeObject(out, &o)
}

// AppendMap appends m as a JSON object, keys sorted.
func (e *Encoder) AppendMap(dst []byte, m map[string]any) (out []byte) {
	e.begin(dst)
	out = dst
	defer e.failClosed(&out, "{}")
	return e.mapping(out, m)
}

// AppendObject appends a JSON object given as text. Of two members with one key the
// last counts. The error says where the text is not a JSON object and repeats
// nothing of it; dst is then returned as it was.
func (e *Encoder) AppendObject(dst, raw []byte) (out []byte, err error) {
	e.begin(dst)
	out = dst
	defer e.failClosed(&out, "{}")
	w := walker{e: e, in: view(raw)}
	out, err = w.document(out, true)
	if err != nil {
		e.reset()
		return dst, err
	}
	return out, nil
}

// AppendField appends the value of an identity field or name as a JSON string:
// key is id, name, user_id, anonymous_id or session_id.
//
// An identifier passes unless it is one by itself: UUIDs, numbers and opaque
// identifiers are left alone, while an e-mail address, a phone number or a
// credential in one is replaced. Under action hash the whole identifier becomes a
// pseudonym then, so that persons stay apart; under redact and drop it reads
// [redacted:email], and all such persons look like one.
func (e *Encoder) AppendField(dst []byte, key, value string) (out []byte) {
	e.begin(dst)
	out = dst
	defer e.failClosed(&out, `""`)
	e.enter(key, classNone)
	out = e.identity(out, key, value)
	e.leave()
	return out
}
