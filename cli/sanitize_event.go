package cli

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// The members of an event, in the order they are written.
var (
	identities = []string{"id", "name", "event", "kind", "user_id", "anonymous_id", "session_id"}
	times      = []string{"time", "timestamp"}
	objects    = []string{"properties", "context"}
)

var errNoObject = errors.New("not a JSON object")

// cleanEvent cleans a whole event: identities and times as what they are, properties
// and context as objects, and any other member as if it were a property.
func cleanEvent(enc *sanitize.Encoder, dst, object []byte) ([]byte, []sanitize.Finding, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil || members == nil {
		return dst, nil, errNoObject
	}
	w := memberWriter{enc: enc, buf: append(dst, '{')}
	w.first = len(w.buf)
	for _, key := range identities {
		if text, ok := textMember(members, key); ok {
			w.key(key)
			w.buf = enc.AppendField(w.buf, key, text)
			w.note("")
			delete(members, key)
		}
	}
	for _, key := range times {
		text, ok := textMember(members, key)
		if _, err := time.Parse(time.RFC3339Nano, text); ok && err == nil {
			w.key(key)
			w.buf = strconv.AppendQuote(w.buf, text)
			delete(members, key)
		}
	}
	for _, key := range objects {
		if raw, ok := members[key]; ok && len(raw) > 0 && raw[0] == '{' {
			w.key(key)
			if err := w.object(raw); err != nil {
				return dst, nil, err
			}
			w.note(key + ".")
			delete(members, key)
		}
	}
	if err := w.rest(members); err != nil {
		return dst, nil, err
	}
	return append(w.buf, '}'), w.findings, nil
}

// textMember returns a member that is a string.
func textMember(members map[string]json.RawMessage, key string) (string, bool) {
	raw, ok := members[key]
	if !ok || len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var text string
	return text, json.Unmarshal(raw, &text) == nil
}

// memberWriter writes the members of a JSON object.
type memberWriter struct {
	enc   *sanitize.Encoder
	buf   []byte
	first int // where the first member starts

	seen     int // of the encoder's findings
	findings []sanitize.Finding
}

// note takes over what the encoder has found since the last time, under a prefix.
func (w *memberWriter) note(prefix string) {
	all := w.enc.Findings()
	for _, f := range all[w.seen:] {
		f.Path = prefix + f.Path
		w.findings = append(w.findings, f)
	}
	w.seen = len(all)
}

func (w *memberWriter) key(key string) {
	if len(w.buf) > w.first {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(strconv.AppendQuote(w.buf, key), ':')
}

func (w *memberWriter) object(raw []byte) (err error) {
	w.buf, err = w.enc.AppendObject(w.buf, raw)
	return err
}

// rest writes members that mean nothing to headgate, cleaned as one object, so that
// what one of them says about another counts.
func (w *memberWriter) rest(members map[string]json.RawMessage) error {
	if len(members) == 0 {
		return nil
	}
	raw, err := json.Marshal(members)
	if err != nil {
		return errNoObject
	}
	clean, err := w.enc.AppendObject(nil, raw)
	if err != nil {
		return err
	}
	w.note("")
	if inner := clean[1 : len(clean)-1]; len(inner) > 0 {
		if len(w.buf) > w.first {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, inner...)
	}
	return nil
}

// appendFindings appends findings as a JSON array.
func appendFindings(dst []byte, findings []sanitize.Finding) []byte {
	raw, err := json.Marshal(append([]sanitize.Finding{}, findings...)) // [] for none
	if err != nil {                                                     // strings only
		return append(dst, "[]"...)
	}
	return append(dst, raw...)
}
