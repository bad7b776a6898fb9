package core

import (
	"math"
	"math/rand/v2"
)

// buckets is the number of groups that people are divided into for sampling. It is
// small enough that a bucket, which is stored with the event, does not identify anybody.
const buckets = 1 << 16

// personBucket returns the group of the person an event is about: by the user id, else
// the anonymous id, else the event itself. It goes by the id as the program gave it,
// so that people stay apart whose ids the sanitiser replaces.
func personBucket(d *draft) uint16 {
	id := d.userID
	if id == "" {
		id = d.anonymousID
	}
	if id == "" {
		id = d.id
	}
	if d.unlinkable {
		return uint16(rand.Uint32())
	}
	// FNV-1a, then the finaliser of MurmurHash3 to spread similar ids.
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return uint16(h >> 48)
}

// sampleBound returns the bucket below which people are kept at the given share.
func sampleBound(share float64) uint32 {
	return uint32(math.Ceil(share * buckets))
}
