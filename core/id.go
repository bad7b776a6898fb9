package core

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// idClock holds the millisecond, shifted left by 12 bits, and the counter of the last
// event id, so that the ids of one process ascend.
type idClock struct{ last atomic.Uint64 }

// appendID appends a UUIDv7 (RFC 9562): the Unix time in milliseconds, a counter
// within the millisecond, and 62 random bits. It allocates nothing and takes no lock.
func (c *idClock) appendID(dst []byte, now time.Time) []byte {
	stamp := uint64(now.UnixMilli()) << 12
	for {
		last := c.last.Load()
		next := max(stamp, last+1)
		if c.last.CompareAndSwap(last, next) {
			stamp = next
			break
		}
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], stamp>>12<<16|0x7000|stamp&0x0fff)
	binary.BigEndian.PutUint64(id[8:], 0x8000_0000_0000_0000|rand.Uint64()>>2)
	return appendUUID(dst, id)
}

// newRandomID makes a UUIDv4, which unlike appendID's says nothing of the time.
func newRandomID() string {
	var id [16]byte
	_, _ = crand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return string(appendUUID(nil, id))
}

// uuidOf makes a UUIDv8, which is one of no other sort, of the first bytes of a hash.
func uuidOf(sum []byte) string {
	var id [16]byte
	copy(id[:], sum)
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return string(appendUUID(nil, id))
}

func appendUUID(dst []byte, id [16]byte) []byte {
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return append(dst, text[:]...)
}
