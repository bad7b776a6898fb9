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
	return uint16(murmur64(id) >> 48)
}

// murmur64 is MurmurHash64A by Austin Appleby, which is in the public domain, with the seed 0. It must stay what it is:
// who is sampled depends on it.
func murmur64(s string) uint64 {
	const m = 0xc6a4a7935bd1e995
	h := uint64(len(s)) * m
	for ; len(s) >= 8; s = s[8:] {
		k := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		k *= m
		k = (k ^ k>>47) * m
		h = (h ^ k) * m
	}
	if len(s) > 0 {
		for i := range len(s) {
			h ^= uint64(s[i]) << (8 * i)
		}
		h *= m
	}
	h = (h ^ h>>47) * m
	return h ^ h>>47
}

// sampleBound returns the bucket below which people are kept at the given share.
func sampleBound(share float64) uint32 {
	return uint32(math.Ceil(share * buckets))
}
