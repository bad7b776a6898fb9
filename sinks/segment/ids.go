package segment

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
)

// nobody are the ids, in lower case and without quotes, that stand for no one. Segment takes
// them; its destinations refuse them, or take all who have one for one person.
var nobody = map[string]bool{
	"": true, "anon": true, "anonymous": true, "nil": true, "none": true, "null": true, "n/a": true, "na": true,
	"undefined": true, "unknown": true, "<nil>": true, "0": true, "-1": true, "true": true, "false": true,
	"[]": true, "{}": true, "guest": true, "nan": true, "lmy47d": true, "not_authenticated": true,
	"[object object]": true, "00000000-0000-0000-0000-000000000000": true,
}

// identity is to whom an event is reported.
type identity struct{ user, anonymous string }

// identify returns the ids of an event, at least one of them.
func identify(e core.Sealed) identity {
	id := identity{usableID(e.UserID()), usableID(e.AnonymousID())}
	if id == (identity{}) {
		id.anonymous = standIn(e)
	}
	return id
}

// usableID returns an id in the form that is sent, "" if it is none.
func usableID(id string) string {
	id = strings.TrimSpace(id)
	if nobody[strings.ToLower(strings.Trim(id, `"`))] || isRedacted(id) {
		return ""
	}
	return id
}

// isRedacted reports whether what tells people apart was taken out of an id before the event
// was sealed: what stands in its place is the same for everybody.
func isRedacted(id string) bool { return strings.Contains(id, "[redacted") }

// standIn returns an anonymous id for an event without one: of its session, so that events
// that belong together stay so, or else of the event itself.
func standIn(e core.Sealed) string {
	of := e.SessionID()
	if of == "" {
		of = e.ID()
	}
	sum := sha256.Sum256([]byte("headgate/segment/anonymous/v1\x00" + of))
	return "unknown-" + hex.EncodeToString(sum[:16])
}

// messageID returns the id by which Segment knows repetitions.
func messageID(id string) string {
	if utf8.RuneCountInString(id) <= maxMessageID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
