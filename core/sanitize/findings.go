package sanitize

import (
	"cmp"
	"strconv"
)

// Action says what happened to a finding.
type Action string

// The actions.
const (
	Redact   Action = "redact"   // replaced by [redacted:kind]
	Hash     Action = "hash"     // replaced by a pseudonym
	Drop     Action = "drop"     // the member is left out
	Truncate Action = "truncate" // shortened: an IP address, a long string
)

// Finding tells of one change, without the value.
type Finding struct {
	// Path is where, such as properties.user.emails[0].
	Path string `json:"path"`
	// Kind is what was found, such as "email" or "api_key".
	Kind string `json:"kind"`
	// Action is what was done: "redact", "hash", "drop" or "truncate".
	Action string `json:"action"`
}

// Record makes the encoder keep its findings until Release.
func (e *Encoder) Record() { e.recording = true }

// Recording reports whether the encoder keeps its findings.
func (e *Encoder) Recording() bool { return e.recording }

// Note adds findings that were made elsewhere, in what becomes part of the same event.
func (e *Encoder) Note(findings ...Finding) { e.findings = append(e.findings, findings...) }

// Findings returns what was changed since Record, in the order of encoding.
func (e *Encoder) Findings() []Finding { return e.findings }

// found notes a change of the value that is being encoded.
func (e *Encoder) found(kind string, a Action) {
	e.changes++
	if e.s.tally != nil {
		e.s.tally.add(kind)
	}
	if e.recording {
		e.findings = append(e.findings, Finding{Path: e.path(), Kind: kind, Action: string(a)})
	}
}

// frame is a step of the path to the value being encoded.
type frame struct {
	key   string // as given
	out   string // as written, where it is not so
	index int    // in an array; -1 for a member
	class class
}

// enter adds a step for the member of a key.
func (e *Encoder) enter(key string, c class) {
	n := len(e.frames)
	if n == cap(e.frames) {
		e.frames = append(e.frames, frame{})
	}
	e.frames = e.frames[:n+1]
	f := &e.frames[n]
	f.key, f.out, f.index, f.class = key, "", -1, c // one by one, which is quicker than as a whole
}

// leave takes the last step back.
func (e *Encoder) leave() { e.frames = e.frames[:len(e.frames)-1] }

func (e *Encoder) path() string {
	var b []byte
	for _, f := range e.frames {
		switch {
		case f.index >= 0:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(f.index), 10)
			b = append(b, ']')
			continue
		case len(b) > 0:
			b = append(b, '.')
		}
		b = append(b, cmp.Or(f.out, f.key)...)
	}
	return string(b)
}
