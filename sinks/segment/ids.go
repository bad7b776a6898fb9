package segment

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

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
	if placeholder.Is(id) {
		return ""
	}
	return id
}

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
