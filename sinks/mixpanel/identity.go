package mixpanel

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// forbidden are the ids that Mixpanel refuses, in lower case. Whether it goes by the case is not
// documented. Those of persons are not among them, see [core.IsPlaceholder].
// https://docs.mixpanel.com/reference/import-events#propertiesdistinct_id
var forbidden = setOf(
	"00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "n/a", "na", "undefined",
	"unknown", "<nil>", "0", "-1", "true", "false", "[]", "{}",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// idOf returns an id in the form that is sent, "" if it is none. One of more than most bytes
// is hashed: Mixpanel would cut it, and two could become one.
func idOf(id string, most int) string {
	id = placeholder.ID(id)
	if len(id) > most {
		return hashed(id)
	}
	return id
}

// devicePrefix marks the distinct_id of somebody who is known by a device alone.
// https://docs.mixpanel.com/docs/tracking-methods/id-management/identifying-users-simplified
const devicePrefix = "$device:"

// identity is who an event is about, in the terms of Simplified ID Merge.
type identity struct{ distinct, user, device string }

func identityOf(e core.Sealed) identity {
	id := identity{user: idOf(e.UserID(), maxText), device: idOf(e.AnonymousID(), maxText-len(devicePrefix))}
	switch {
	case id.user != "":
		id.distinct = id.user
	case id.device != "":
		id.distinct = devicePrefix + id.device
	}
	return id // without either distinct_id is "": left out, it would be a hash of our address
}

var insertIDForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,36}$`)

// insertID returns the id by which Mixpanel recognises a repetition: the event's own, or a
// hash of one that it would refuse.
func insertID(id string) string {
	if insertIDForm.MatchString(id) && !forbidden[strings.ToLower(id)] {
		return id
	}
	return hashed(id)
}

func hashed(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])[:maxInsertID]
}
