package core

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// plainEvent reads an event whose form leaves no question open, in one pass and without reflection. It reports false
// for anything else, valid or not: a member that it does not know or that comes twice, a null, a
// text that is not UTF-8. [DecodeEvent] then goes by encoding/json, which it never contradicts.
func plainEvent(data []byte) (e Event, ok bool) {
	// The properties' texts are parts of this one. Those that somebody may keep are not.
	r := plainReader{in: string(data)}
	kind, seen := "", 0
	ok = r.members(func(key string) bool {
		member := slices.Index(plainMembers[:], key)
		if member < 0 || seen&(1<<member) != 0 {
			return false
		}
		seen |= 1 << member
		switch key {
		case "id":
			return r.kept(&e.ID)
		case "name":
			return r.kept(&e.Name)
		case "kind":
			return r.text(&kind)
		case "time":
			return r.time(&e.Time)
		case "user_id":
			return r.kept(&e.UserID)
		case "anonymous_id":
			return r.kept(&e.AnonymousID)
		case "session_id":
			return r.kept(&e.SessionID)
		case "unlinkable":
			e.Unlinkable = r.word("true")
			return e.Unlinkable || r.word("false")
		case "properties":
			return r.props(&e.Props)
		default:
			return r.props(&e.Context)
		}
	})
	r.space()
	if !ok || r.i < len(r.in) || seen&1 == 0 {
		return Event{}, false
	}
	e.Kind, ok = ParseKind(kind)
	return e, ok
}

// plainMembers are those of an event; the first is the one that it must have.
var plainMembers = [...]string{"name", "id", "kind", "time", "user_id", "anonymous_id", "session_id", "unlinkable", "properties", "context"}

// maxPlainDepth is how deep a plain event's properties are.
const maxPlainDepth = 32

// plainReader reads JSON text as far as it is plain.
type plainReader struct {
	in    string
	i     int
	depth int
}

func (r *plainReader) space() {
	for r.i < len(r.in) {
		switch r.in[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

// next skips space and takes c if it comes.
func (r *plainReader) next(c byte) bool {
	if r.space(); r.i < len(r.in) && r.in[r.i] == c {
		r.i++
		return true
	}
	return false
}

// members reads an object, calling member behind each key.
func (r *plainReader) members(member func(key string) bool) bool {
	if !r.next('{') {
		return false
	}
	if r.next('}') {
		return true
	}
	for {
		var key string
		if !r.text(&key) || !r.next(':') || !member(key) {
			return false
		}
		if r.next('}') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

func (r *plainReader) text(s *string) bool {
	if !r.next('"') {
		return false
	}
	from, ascii, escaped := r.i, true, false
	for ; r.i < len(r.in); r.i++ {
		switch c := r.in[r.i]; {
		case c == '"':
			text := r.in[from:r.i]
			r.i++
			if !ascii && !utf8.ValidString(text) {
				return false
			}
			if escaped {
				return json.Unmarshal([]byte(r.in[from-1:r.i]), s) == nil
			}
			*s = text
			return true
		case c == '\\':
			escaped = true
			r.i++ // what it escapes is not the end
		case c < ' ':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return false
}

// kept is text that does not keep the rest of the event in memory.
func (r *plainReader) kept(s *string) bool {
	var part string
	ok := r.text(&part)
	*s = strings.Clone(part)
	return ok
}

func (r *plainReader) time(t *time.Time) bool {
	var s string
	if !r.text(&s) {
		return false
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	*t = parsed
	return err == nil
}

func (r *plainReader) props(p *Props) bool {
	*p = make(Props, 8)
	return r.object(*p)
}

func (r *plainReader) object(into map[string]any) bool {
	if r.depth++; r.depth > maxPlainDepth {
		return false
	}
	defer func() { r.depth-- }()
	return r.members(func(key string) bool {
		v, ok := r.value()
		into[key] = v
		return ok
	})
}

func (r *plainReader) value() (v any, ok bool) {
	if r.space(); r.i >= len(r.in) {
		return nil, false
	}
	switch c := r.in[r.i]; {
	case c == '"':
		var s string
		ok = r.text(&s)
		return s, ok
	case c == '{':
		m := make(map[string]any)
		return m, r.object(m)
	case c == '[':
		return r.array()
	case c == 't':
		return true, r.word("true")
	case c == 'f':
		return false, r.word("false")
	case c == 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *plainReader) word(w string) bool {
	if r.space(); len(r.in)-r.i < len(w) || r.in[r.i:r.i+len(w)] != w {
		return false
	}
	r.i += len(w)
	return true
}

func (r *plainReader) array() (v any, ok bool) {
	if r.depth++; r.depth > maxPlainDepth {
		return nil, false
	}
	defer func() { r.depth-- }()
	list := []any{}
	r.i++
	if r.next(']') {
		return list, true
	}
	for {
		e, ok := r.value()
		if !ok {
			return nil, false
		}
		list = append(list, e)
		if r.next(']') {
			return list, true
		}
		if !r.next(',') {
			return nil, false
		}
	}
}

// number keeps the digits.
func (r *plainReader) number() (v any, ok bool) {
	from := r.i
	digits := func() bool {
		start := r.i
		for r.i < len(r.in) && r.in[r.i] >= '0' && r.in[r.i] <= '9' {
			r.i++
		}
		return r.i > start
	}
	at := func(set string) bool {
		for k := range len(set) {
			if r.i < len(r.in) && r.in[r.i] == set[k] {
				r.i++
				return true
			}
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return nil, false
	}
	if at(".") && !digits() {
		return nil, false
	}
	if at("eE") {
		if at("+-"); !digits() {
			return nil, false
		}
	}
	return json.Number(r.in[from:r.i]), true
}
