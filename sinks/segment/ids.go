package segment

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// identity is to whom an event is reported.
type identity struct{ user, anonymous string }

// identify returns the ids of an event, at least one of them.
func identify(e core.Sealed) identity {
	id := identity{placeholder.ID(e.UserID()), placeholder.ID(e.AnonymousID())}
	if id == (identity{}) {
		id.anonymous = placeholder.StandIn("headgate/segment/anonymous/v1", e)
	}
	return id
}

// messageID returns the id by which Segment knows repetitions.
func messageID(id string) string {
	if utf8.RuneCountInString(id) <= maxMessageID {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
