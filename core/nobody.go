package core

import (
	"bytes"
	"strings"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// nobody are what programs send as an id when they have none, in lower case and without
// quotes. A vendor refuses such an id, or takes all who have it for one person. It is the
// union of what these vendors know:
// https://docs.mixpanel.com/reference/import-events#propertiesdistinct_id
// https://amplitude.com/docs/apis/analytics/http-v2 "Device IDs and User IDs minimum length"
// https://posthog.com/docs/product-analytics/identify
var nobody = map[string]bool{
	"": true, "anon": true, "anonymous": true, "nil": true, "none": true, "null": true, "n/a": true, "na": true,
	"undefined": true, "unknown": true, "<nil>": true, "0": true, "-1": true, "true": true, "false": true,
	"[]": true, "{}": true, "guest": true, "nan": true, "lmy47d": true, "not_authenticated": true,
	"[object object]": true,
}

const (
	longestNobody = len("not_authenticated")
	zeroUUID      = "00000000-0000-0000-0000-000000000000"

	// redactedMark begins what the sanitiser puts in place of a finding.
	redactedMark = "[redacted:"
)

// IsPlaceholder reports whether an id stands for no one: "", "null", "anonymous" and the
// like, whatever the case, in quotes or not, or one of which the sanitiser has taken out
// what told people apart. The UserID and the AnonymousID of a [Sealed] are none.
func IsPlaceholder(id string) bool {
	if id == "" {
		return true
	}
	id = strings.Trim(strings.TrimSpace(id), `"`)
	if len(id) > longestNobody {
		return id == zeroUUID || strings.Contains(id, redactedMark)
	}
	var lower [longestNobody]byte
	for i := range len(id) {
		lower[i] = id[i]
		if 'A' <= id[i] && id[i] <= 'Z' {
			lower[i] |= 0x20
		}
	}
	return nobody[string(lower[:len(id)])] || strings.Contains(id, redactedMark)
}

// forgetNobody forgets ids that stand for nobody. Who has none left is this installation.
func (s *sealer) forgetNobody(d *draft) {
	if IsPlaceholder(d.userID) {
		d.userID = ""
	}
	if IsPlaceholder(d.anonymousID) {
		d.anonymousID = ""
	}
	if d.userID == "" && d.anonymousID == "" && s.installation != nil && !d.unlinkable {
		d.anonymousID = s.installation()
	}
}

// person writes the ids of the person, without those that the sanitiser has changed to what
// is the same for everybody. Where it leaves none, it is this installation.
func (s *sealer) person(w *recordWriter, enc *sanitize.Encoder, d *draft) {
	user := w.somebody(enc, fieldUserID, "user_id", d.userID)
	anonymous := w.somebody(enc, fieldAnonymousID, "anonymous_id", d.anonymousID)
	if !user && !anonymous && s.installation != nil && !d.unlinkable {
		w.somebody(enc, fieldAnonymousID, "anonymous_id", s.installation())
	}
}

// somebody writes the id of a person, and reports whether one is written.
func (w *recordWriter) somebody(enc *sanitize.Encoder, f int, key, value string) bool {
	before := len(w.buf)
	if value == "" {
		return false
	}
	w.open(f)
	w.buf = enc.AppendField(w.buf, key, value)
	same := string(w.buf[w.from+1:len(w.buf)-1]) == value // as most are
	if !same && bytes.Contains(w.buf[w.from:], []byte(redactedMark)) {
		w.buf = w.buf[:before]
		return false
	}
	w.closeShort(f)
	return true
}
