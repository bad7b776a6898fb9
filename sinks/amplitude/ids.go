package amplitude

import (
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// identity is to whom an event is reported.
type identity struct{ user, device string }

// identify returns the ids of an event, at least one of them.
func identify(e core.Sealed, minID int) identity {
	id := identity{user: usableID(e.UserID(), minID), device: usableID(e.AnonymousID(), minID)}
	if id == (identity{}) {
		id.device = placeholder.StandIn("headgate/amplitude/device/v1", e)
	}
	return id
}

// usableID returns an id in the form that is sent, "" if it is none.
func usableID(id string, minID int) string {
	id = placeholder.ID(id)
	if utf8.RuneCountInString(id) < minID {
		return ""
	}
	return cut(id)
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
