package ga4

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strconv"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// Keys of the hashes that make ids, so that GA4's data cannot be joined with other data by
// guessing ids. They are part of the stored data: changing one makes everybody a new user.
const (
	clientIDKey   = "headgate/ga4/client_id/v1"
	instanceIDKey = "headgate/ga4/app_instance_id/v1"
	sessionIDKey  = "headgate/ga4/session_id/v1"
)

var (
	clientIDForm   = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)
	instanceIDForm = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)
	sessionIDForm  = regexp.MustCompile(`^[0-9]{1,19}$`)
)

// identity is who an event is about, in GA4's terms.
type identity struct {
	clientID string // app_instance_id in an app stream
	userID   string
}

func (s *Sink) identityOf(e core.Sealed) identity {
	id := identity{userID: placeholder.ID(e.UserID())}
	source := placeholder.ID(e.AnonymousID())
	for _, fallback := range []string{id.userID, placeholder.ID(e.SessionID()), "app/" + s.app} {
		if source == "" {
			source = fallback
		}
	}
	if s.appStream {
		id.clientID = instanceID(s.idKey, source)
	} else {
		id.clientID = clientID(s.idKey, source)
	}
	return id
}

// clientID returns id if it has the form of a client id, "number.number", else one made
// of a hash of it, the same every time.
func clientID(key core.Secret, id string) string {
	if clientIDForm.MatchString(id) {
		return id
	}
	sum := keyed(key, clientIDKey, id)
	return positive(sum[:4]) + "." + positive(sum[4:8])
}

// instanceID returns id if it has the form of an app instance id, else one made of a hash of it.
func instanceID(key core.Secret, id string) string {
	if instanceIDForm.MatchString(id) {
		return id
	}
	return hex.EncodeToString(keyed(key, instanceIDKey, id)[:appInstanceHex/2])
}

// sessionID returns id if it is a number, else one made of a hash of it.
func sessionID(key core.Secret, id string) string {
	if sessionIDForm.MatchString(id) {
		return id
	}
	return positive(keyed(key, sessionIDKey, id)[:4])
}

// keyed returns the HMAC of id with the configured key, or with the one of its purpose.
func keyed(key core.Secret, purpose, id string) []byte {
	mac := hmac.New(sha256.New, []byte(cmp.Or(key.Reveal(), purpose)))
	mac.Write([]byte(id))
	return mac.Sum(nil)
}

func positive(b []byte) string {
	return strconv.FormatUint(uint64(max(binary.BigEndian.Uint32(b)&0x7fffffff, 1)), 10)
}
