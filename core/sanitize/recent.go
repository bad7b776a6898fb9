package sanitize

// Bounds of what an encoder remembers of identities: a person, and a session.
const (
	recentCount = 2
	maxRecent   = 64
)

// recent remembers the identities that came last and hold nothing: the events of a batch are mostly of one person, in one
// session. Unlike what is in seen, they are the encoder's own, and forgotten with [Encoder.Release].
type recent struct {
	held [recentCount]recentIdentity
	next int // to be replaced
}

type recentIdentity struct {
	text [maxRecent]byte
	n    int
	has  traits
}

// recall returns the traits of an identity in which nothing was found.
func (r *recent) recall(s string) (has traits, known bool) {
	for i := range r.held {
		if h := &r.held[i]; h.n > 0 && string(h.text[:h.n]) == s {
			return h.has, true
		}
	}
	return 0, false
}

// remember notes that nothing was found in an identity.
func (r *recent) remember(s string, has traits) {
	if len(s) > maxRecent {
		return
	}
	h := &r.held[r.next]
	h.n, h.has = copy(h.text[:], s), has
	r.next = (r.next + 1) % recentCount
}

func (r *recent) forget() { *r = recent{} }
