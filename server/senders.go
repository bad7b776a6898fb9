package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// sender is who shows a write key, or everybody when there are none.
type sender struct {
	digest [sha256.Size]byte // of the key
	scope  string            // tells senders apart
	pace   *pace
}

// senders knows the write keys.
type senders struct{ all []*sender }

func newSenders(keys []core.Secret, perSecond float64) *senders {
	s := &senders{}
	for i, key := range keys {
		s.all = append(s.all, &sender{sha256.Sum256([]byte(key.Reveal())), strconv.Itoa(i), newPace(perSecond)})
	}
	if len(keys) == 0 {
		s.all = []*sender{{pace: newPace(perSecond)}}
	}
	return s
}

// keyed reports whether a key must be shown.
func (s *senders) keyed() bool { return s.all[0].scope != "" }

// byKey returns whose key it is. It takes the same time for every key that is not
// known: digests are compared, all of them, in constant time.
func (s *senders) byKey(key string) (*sender, bool) {
	digest := sha256.Sum256([]byte(key))
	var found *sender
	for _, candidate := range s.all {
		if subtle.ConstantTimeCompare(digest[:], candidate.digest[:]) == 1 {
			found = candidate
		}
	}
	return found, found != nil
}

// byHeader returns who sends a request by its Authorization: a bearer token, or Basic with
// the key as user name, which is what Segment's libraries send.
func (s *senders) byHeader(r *http.Request) (*sender, bool) {
	if !s.keyed() {
		return s.all[0], true
	}
	if user, _, ok := r.BasicAuth(); ok {
		return s.byKey(user)
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	return s.byKey(strings.TrimSpace(token))
}
