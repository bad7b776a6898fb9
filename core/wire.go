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
	r := wireReader{data: data, in: view(data)}
	if !r.next('{') {
		return draft{}, false
	}
	kind, seen, more := "", 0, !r.next('}')
	for more {
		key, ok := r.text()
		member := slices.Index(wireMembers[:], key)
		if !ok || member < 0 || seen&(1<<member) != 0 || !r.next(':') {
			return draft{}, false
		}
		seen |= 1 << member
		switch key {
		case "id":
			d.id, ok = r.text()
		case "name":
			d.name, ok = r.text()
		case "kind":
			kind, ok = r.text()
		case "time":
			d.time, ok = r.time()
		case "user_id":
			d.userID, ok = r.text()
		case "anonymous_id":
			d.anonymousID, ok = r.text()
		case "session_id":
			d.sessID, ok = r.text()
		case "unlinkable":
			d.unlinkable = r.word("true")
			ok = d.unlinkable || r.word("false")
		case "properties":
			d.raw, ok = r.object()
		default:
			d.rawContext, ok = r.object()
			ok = ok && !mentionsConsent(d.rawContext)
		}
		if more = r.next(','); !ok || !more && !r.next('}') {
			return draft{}, false
		}
	}
	if r.space(); r.i < len(r.in) || seen&1 == 0 {
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
	data []byte
	in   string // the same
	i    int
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

func (r *wireReader) text() (s string, ok bool) {
	if !r.next('"') {
		return "", false
	}
	from, ascii, escaped := r.i, true, false
	for ; r.i < len(r.in); r.i++ {
		switch c := r.in[r.i]; {
		case c == '"':
			text := r.in[from:r.i]
			r.i++
			if !ascii && !utf8.ValidString(text) {
				return "", false
			}
			if escaped {
				return unescaped(r.data[from-1 : r.i])
			}
			return text, true
		case c == '\\':
			escaped = true
			r.i++ // what it escapes is not the end
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// unescaped decodes a string with its quotes.
func unescaped(quoted []byte) (s string, ok bool) {
	err := json.Unmarshal(quoted, &s)
	return s, err == nil
}

func (r *wireReader) time() (t time.Time, ok bool) {
	s, ok := r.text()
	if !ok {
		return t, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

func (r *wireReader) word(w string) bool {
	if r.space(); len(r.in)-r.i < len(w) || r.in[r.i:r.i+len(w)] != w {
		return false
	}
	r.i += len(w)
	return true
}

// object steps over an object, of which only the end is sought. One without members is none.
func (r *wireReader) object() (raw []byte, ok bool) {
	if r.space(); r.i >= len(r.in) || r.in[r.i] != '{' {
		return nil, false
	}
	from, end := r.i, valueEnd(r.data, r.i)
	if end < 0 || r.data[end-1] != '}' {
		return nil, false
	}
	r.i = end
	if len(bytes.Trim(r.data[from+1:end-1], " \t\n\r")) == 0 {
		return nil, true
	}
	return r.data[from:end:end], true
}
