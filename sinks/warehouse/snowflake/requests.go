package snowflake

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	sf "github.com/snowflakedb/gosnowflake"
)

// requests gives statements the ids by which Snowflake tells one that is sent again, whose
// answer got lost, from another one: it then answers as it did, or would have, and does
// not execute it twice. The id of a batch is the same after a crash, too.
//
// What was answered with an error is to be executed again, so the next attempt has
// another id. Whether Snowflake goes by the id is not relied upon: rows are merged.
type requests struct {
	mu      sync.Mutex
	refused map[string]uint32 // batches by id, with the number of errors answered
	order   []string          // of refused
}

// maxRefused bounds the batches that are remembered; few are tried at once.
const maxRefused = 256

func newRequests() *requests { return &requests{refused: make(map[string]uint32)} }

// id returns the id for the next attempt to write a batch.
func (r *requests) id(batch string) sf.UUID {
	r.mu.Lock()
	errors := r.refused[batch]
	r.mu.Unlock()
	sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(batch), errors))
	id := sf.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8, RFC 9562
	id[8] = id[8]&0x3f | 0x80
	return id
}

// answered notes that Snowflake has said what became of a batch.
func (r *requests) answered(batch string, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if done {
		delete(r.refused, batch)
		return
	}
	if r.refused[batch]++; r.refused[batch] > 1 {
		return
	}
	r.order = append(r.order, batch)
	if len(r.order) > maxRefused {
		delete(r.refused, r.order[0])
		r.order = append(r.order[:0], r.order[1:]...)
	}
}
