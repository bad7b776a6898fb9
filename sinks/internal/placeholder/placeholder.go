// Package placeholder makes the ids of persons that vendors are given: none that stands for
// nobody, and something else where that leaves none.
package placeholder

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// ID returns an id without the space around it, or "" if it stands for nobody. The user and
// the anonymous id of an event never do; others, such as that of a session, may.
func ID(id string) string {
	if core.IsPlaceholder(id) {
		return ""
	}
	return strings.TrimSpace(id)
}

// Redacted reports whether the sanitiser has taken something out of a text: what stands in
// its place is the same for everybody.
func Redacted(text string) bool { return strings.Contains(text, "[redacted:") }

// StandIn returns an id for an event without one: of its session, so that events that belong
// together stay so, or else of the event itself. It is never one for all, whom a vendor
// would take for one person. The purpose, which is part of the stored data, keeps the ids
// of different vendors apart.
func StandIn(purpose string, e core.Sealed) string {
	of := ID(e.SessionID())
	if of == "" {
		of = e.ID()
	}
	sum := sha256.Sum256([]byte(purpose + "\x00" + of))
	return "unknown-" + hex.EncodeToString(sum[:16])
}
