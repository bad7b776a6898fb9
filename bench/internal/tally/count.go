// Package tally is the sink of the comparison: a web server in a process of its own that takes what every
// subject sends, and keeps account of every single event by its mark.
package tally

import (
	"bytes"
	"sync/atomic"

	"github.com/headgate-dev/headgate/bench/internal/reference"
)

// Count is what a sink has got.
type Count struct {
	Requests   uint64 `json:"requests"`
	Bytes      uint64 `json:"bytes"` // of bodies, as they were sent
	Distinct   uint64 `json:"distinct"`
	Duplicates uint64 `json:"duplicates"`
	Strangers  uint64 `json:"strangers"` // events that were not offered
}

// account counts the events of one sink.
type account struct {
	requests, bytes, distinct, duplicates, strangers atomic.Uint64

	seen  []atomic.Uint64 // a bit for each event
	total int
}

func newAccount(total int) *account {
	return &account{seen: make([]atomic.Uint64, (total+63)/64), total: total}
}

// take counts the events of a body and returns how many of them are new.
func (a *account) take(body []byte) (fresh int) {
	var duplicates, strangers uint64
	for {
		i := bytes.Index(body, prefix)
		if i < 0 {
			break
		}
		body = body[i+len(prefix):]
		n, ok := reference.Parse(body)
		switch {
		case !ok || n >= a.total:
			strangers++
		case a.seen[n/64].Or(1<<(n%64))&(1<<(n%64)) != 0:
			duplicates++
		default:
			fresh++
		}
	}
	a.distinct.Add(uint64(fresh))
	a.duplicates.Add(duplicates)
	a.strangers.Add(strangers)
	return fresh
}

var prefix = []byte(reference.MarkPrefix)

func (a *account) count() Count {
	return Count{
		Requests: a.requests.Load(), Bytes: a.bytes.Load(), Distinct: a.distinct.Load(),
		Duplicates: a.duplicates.Load(), Strangers: a.strangers.Load(),
	}
}
