package amplitude

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
)

// nobody are the ids, in lower case and without quotes, that stand for no one. Amplitude refuses those of its
// own list with 400; the others are what programs send when they have no id, and
// Amplitude would take all who have it for one person.
// https://amplitude.com/docs/apis/analytics/http-v2 "Device IDs and User IDs minimum length"
var nobody = map[string]bool{
	"anon": true, "anonymous": true, "nil": true, "none": true, "null": true, "n/a": true, "na": true,
	"undefined": true, "unknown": true, "<nil>": true, "0": true, "-1": true, "true": true, "false": true,
	"[]": true, "{}": true, "guest": true, "nan": true, "lmy47d": true, "not_authenticated": true,
	"[object object]": true, "": true, "00000000-0000-0000-0000-000000000000": true,
}

// identity is to whom an event is reported.
type identity struct{ user, device string }

// identify returns the ids of an event, at least one of them.
func identify(e core.Sealed, minID int) identity {
	id := identity{user: usableID(e.UserID(), minID), device: usableID(e.AnonymousID(), minID)}
	if id == (identity{}) {
		id.device = standIn(e)
	}
	return id
}

// usableID returns an id in the form that is sent, "" if it is none.
func usableID(id string, minID int) string {
	id = strings.TrimSpace(id)
	if nobody[strings.ToLower(strings.Trim(id, `"`))] || isRedacted(id) || utf8.RuneCountInString(id) < minID {
		return ""
	}
	return cut(id)
}

// isRedacted reports whether what tells people apart was taken out of an id before the event
// was sealed: what stands in its place is the same for everybody.
func isRedacted(id string) bool { return strings.Contains(id, "[redacted") }

// standIn returns a device id for an event without one: of its session, so that events that
// belong together stay so, or else of the event itself.
func standIn(e core.Sealed) string {
	of := e.SessionID()
	if of == "" {
		of = e.ID()
	}
	sum := sha256.Sum256([]byte("headgate/amplitude/device/v1\x00" + of))
	return "unknown-" + hex.EncodeToString(sum[:16])
}

// shortest returns the number of characters of the shorter id.
func (id identity) shortest() int {
	n := maxRunes
	for _, s := range [...]string{id.user, id.device} {
		if s != "" {
			n = min(n, utf8.RuneCountInString(s))
		}
	}
	return n
}
