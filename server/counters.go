package server

import (
	"net/http"
	"sync/atomic"
)

// Counters are what the books cannot know: requests that did not get as far as the gate.
type Counters struct {
	// Refused counts the requests that were answered with a status from 400 on, by it.
	Refused map[int]uint64
	// Panics counts the panics that were caught.
	Panics uint64
}

// refusals counts answers by their status.
type refusals struct {
	byStatus [200]atomic.Uint64 // from 400 on
}

func (c *refusals) count(status int) {
	if i := status - http.StatusBadRequest; i >= 0 && i < len(c.byStatus) {
		c.byStatus[i].Add(1)
	}
}

func (c *refusals) snapshot() map[int]uint64 {
	counts := map[int]uint64{}
	for i := range c.byStatus {
		if n := c.byStatus[i].Load(); n > 0 {
			counts[http.StatusBadRequest+i] = n
		}
	}
	return counts
}
