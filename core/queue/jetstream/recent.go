package jetstream

// mostRecent bounds what is remembered as finished. A server that is killed forgets at most
// what was acknowledged in its last second or so.
const mostRecent = 1 << 14

// recent are the messages that were finished last, and when they were stored. Servers may give one again
// though they confirmed its acknowledgement: they write down later what consumers have finished.
type recent struct {
	ring   []uint64
	next   int
	stored map[uint64]int64 // by number
}

func (r *recent) add(m *message) {
	if r.stored == nil {
		r.stored = make(map[uint64]int64)
	}
	if len(r.ring) < mostRecent {
		r.ring = append(r.ring, m.number)
	} else {
		delete(r.stored, r.ring[r.next])
		r.ring[r.next] = m.number
		r.next = (r.next + 1) % mostRecent
	}
	r.stored[m.number] = m.stored
}
