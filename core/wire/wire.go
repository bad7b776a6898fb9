// Package wire reads events as JSON text, in the form that POST /v1/events takes, in one pass: a text is checked to
// be valid and of a bounded size, cut out of the body it came in, and cut into its members. Nothing is decoded that
// is only to be encoded again.
package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Event is the text of an event, or of what may be none. It refers to the text it was read from, which must not
// change while the event is in use.
type Event struct {
	// Text is the whole, without space around it.
	Text []byte
	// Plain is set if the form of the text leaves no question open: it is an object, every member that counts comes
	// once, under its own name and with a value of its type, identities are UTF-8, and the context holds no answer about
	// consent. Of any other text, valid or not, nothing else here says anything: it has to be decoded.
	Plain bool

	ID, Name, Kind, UserID, AnonymousID, SessionID string
	// Time is as it was written, not checked to be one, or empty.
	Time       string
	Unlinkable bool
	// Properties and Context are JSON objects as text, nil if they are missing or have no members.
	Properties, Context []byte
}

// Read reads an event of which data is the whole text.
func Read(data []byte) Event {
	var e Event
	if _, end, ok := e.Cut(data); !ok || end < len(data) {
		return Event{Text: data}
	}
	return e
}

// Cut makes e the value that data starts with, an event or not, and returns where it ends: at the comma or the bracket
// that follows, or at the end of data. It reports false if the value is not valid JSON, or exceeds a bound of
// [Shape.Check]; then the rest says nothing. It judges as encoding/json does, several times as fast.
func (e *Event) Cut(data []byte) (s Shape, end int, ok bool) {
	*e = Event{}
	r := reader{data: data, values: 1}
	r.space()
	from := r.i
	if r.i < len(data) && data[r.i] == '{' {
		ok = r.event(e)
	} else {
		ok = r.value(0)
	}
	e.Text = data[from:r.i:r.i]
	r.space()
	s = Shape{Depth: r.deepest, Values: r.values}
	if ended := r.i == len(data) || data[r.i] == ',' || data[r.i] == ']' || data[r.i] == '}'; !ok || !ended || s.Check() != nil {
		*e = Event{}
		return Shape{}, 0, false
	}
	return s, r.i, true
}

// event reads an object as an event.
func (r *reader) event(e *Event) bool {
	if !r.open(1) {
		return false
	}
	if r.next('}') {
		return true
	}
	e.Plain = true
	for seen := 0; r.next('"'); r.values++ {
		key, clear, ok := r.text()
		if !ok || !r.next(':') {
			return false
		}
		r.values++
		bit, plain, ok := r.member(e, key, clear)
		e.Plain = e.Plain && plain && seen&bit == 0
		seen |= bit
		switch {
		case !ok:
			return false
		case r.next('}'):
			e.Plain = e.Plain && seen&named != 0
			return true
		case !r.next(','):
			return false
		}
	}
	return false
}

// named is the bit of the name, which an event must have.
const named = 1 << 0

// The members of an event that count, in the order of their bits, before them those that are texts.
const (
	unlinkable = 1 << (iota + 7)
	properties
	context
)

// slot returns the bit of a member that counts, zero for any other, and where its text belongs if that is what it is.
func (e *Event) slot(key string) (bit int, text *string) {
	switch key {
	case "name":
		return named, &e.Name
	case "id":
		return 1 << 1, &e.ID
	case "kind":
		return 1 << 2, &e.Kind
	case "time":
		return 1 << 3, &e.Time
	case "user_id":
		return 1 << 4, &e.UserID
	case "anonymous_id":
		return 1 << 5, &e.AnonymousID
	case "session_id":
		return 1 << 6, &e.SessionID
	case "unlinkable":
		return unlinkable, nil
	case "properties":
		return properties, nil
	case "context":
		return context, nil
	}
	return 0, nil
}

// member reads the value of a member, and returns its bit. The key is clear if it is written without escapes, in ASCII.
func (r *reader) member(e *Event, key []byte, clear bool) (bit int, plain, ok bool) {
	bit, text := e.slot(view(key))
	switch {
	case text == &e.Time:
		plain, ok = r.identity(text)
		plain = plain && e.Time != "" // which is no time, and does not mean that there is none
	case text != nil:
		plain, ok = r.identity(text)
	case bit == unlinkable:
		plain, ok = r.flag(&e.Unlinkable)
	case bit == properties:
		plain, ok = r.members(&e.Properties)
	case bit == context:
		plain, ok = r.members(&e.Context)
		plain = plain && !mentionsConsent(e.Context)
	default:
		// encoding/json does not heed case, and would take a key in other letters for a member.
		counts, _ := e.slot(strings.ToLower(view(key)))
		plain, ok = clear && counts == 0, r.value(1)
	}
	return bit, plain, ok
}

// identity reads a value that should be a string, and is plain if it is one in UTF-8.
func (r *reader) identity(s *string) (plain, ok bool) {
	if !r.next('"') {
		return false, r.value(1)
	}
	from := r.i
	raw, clear, ok := r.text()
	switch {
	case !ok:
		return false, false
	case clear:
		*s = view(raw)
		return true, true
	case !utf8.Valid(raw):
		return false, true
	case bytes.IndexByte(raw, '\\') < 0:
		*s = view(raw)
		return true, true
	}
	var decoded string // s itself would escape, and with it the event
	plain = json.Unmarshal(r.data[from-1:r.i], &decoded) == nil
	*s = decoded
	return plain, true
}

// flag reads a value that should be true or false.
func (r *reader) flag(b *bool) (plain, ok bool) {
	r.space()
	if *b = r.word("true"); *b || r.word("false") {
		return true, true
	}
	return false, r.value(1)
}

// members reads a value that should be an object, of which the text is kept.
func (r *reader) members(text *[]byte) (plain, ok bool) {
	if r.space(); r.i == len(r.data) || r.data[r.i] != '{' {
		return false, r.value(1)
	}
	from, before := r.i, r.values
	if !r.object(2) {
		return false, false
	}
	if r.values > before+1 { // it is not empty
		*text = r.data[from:r.i:r.i]
	}
	return true, true
}

// mentionsConsent reports whether a context may hold an answer about consent: under that key, plain or
// with escapes.
func mentionsConsent(context []byte) bool {
	text := view(context)
	return strings.Contains(text, "consent") || strings.Contains(text, `\u`)
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
