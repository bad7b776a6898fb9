package core

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"
)

// splitEvent reads an event of the wire whose form leaves no question open, in one pass and without decoding its
// properties and its context, which stay the text that the sanitiser reads when it seals them. It reports false for
// anything else, valid or not: a member that it does not know or that comes twice, a null, an identity that is not
// UTF-8, an answer about consent. Such an event goes by [DecodeEvent], which splitEvent never contradicts.
//
// The draft is made of parts of data.
func splitEvent(data []byte) (d draft, ok bool) {
	r := wireReader{in: view(data)}
	kind, seen := "", 0
	ok = r.members(func(key string) bool {
		member := slices.Index(wireMembers[:], key)
		if member < 0 || seen&(1<<member) != 0 {
			return false
		}
		seen |= 1 << member
		switch key {
		case "id":
			return r.text(&d.id)
		case "name":
			return r.text(&d.name)
		case "kind":
			return r.text(&kind)
		case "time":
			return r.time(&d.time)
		case "user_id":
			return r.text(&d.userID)
		case "anonymous_id":
			return r.text(&d.anonymousID)
		case "session_id":
			return r.text(&d.sessID)
		case "unlinkable":
			d.unlinkable = r.word("true")
			return d.unlinkable || r.word("false")
		case "properties":
			return r.object(data, &d.raw)
		default:
			return r.object(data, &d.rawContext) && !mentionsConsent(d.rawContext)
		}
	})
	r.space()
	if !ok || r.i < len(r.in) || seen&1 == 0 {
		return draft{}, false
	}
	d.kind, ok = ParseKind(kind)
	return d, ok
}

// wireMembers are those of an event; the first is the one that it must have.
var wireMembers = [...]string{"name", "id", "kind", "time", "user_id", "anonymous_id", "session_id", "unlinkable", "properties", "context"}

// mentionsConsent reports whether a context may hold an answer about consent: under that key, plain or with escapes.
func mentionsConsent(context []byte) bool {
	return bytes.Contains(context, []byte("consent")) || bytes.Contains(context, []byte(`\u`))
}

// wireReader reads the outermost object of an event.
type wireReader struct {
	in string
	i  int
}

func (r *wireReader) space() {
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
func (r *wireReader) next(c byte) bool {
	if r.space(); r.i < len(r.in) && r.in[r.i] == c {
		r.i++
		return true
	}
	return false
}

// members reads an object, calling member behind each key.
func (r *wireReader) members(member func(key string) bool) bool {
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

func (r *wireReader) text(s *string) bool {
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

func (r *wireReader) time(t *time.Time) bool {
	var s string
	if !r.text(&s) {
		return false
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	*t = parsed
	return err == nil
}

func (r *wireReader) word(w string) bool {
	if r.space(); len(r.in)-r.i < len(w) || r.in[r.i:r.i+len(w)] != w {
		return false
	}
	r.i += len(w)
	return true
}

// object steps over an object, of which only the end is sought. One without members is none.
func (r *wireReader) object(data []byte, raw *[]byte) bool {
	if r.space(); r.i >= len(r.in) || r.in[r.i] != '{' {
		return false
	}
	end := valueEnd(data, r.i)
	if end < 0 || data[end-1] != '}' {
		return false
	}
	from := r.i + 1
	r.i = end
	if len(bytes.Trim(data[from:end-1], " \t\n\r")) > 0 {
		*raw = data[from-1 : end : end]
	}
	return true
}
