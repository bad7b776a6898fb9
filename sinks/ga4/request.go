package ga4

import "github.com/headgate-dev/headgate/core"

// request is one POST: events of a batch, by index, that share a head.
type request struct {
	events  []int
	body    []byte // without its tail until it is full
	changes Stats
}

// requests divides a batch into requests, in the order of the events of each person. What
// cannot be sent is in failed.
func (s *Sink) requests(batch []core.Sealed) (requests []request, failed *core.BatchError) {
	failed = new(core.BatchError)
	open := map[string]int{} // head to the index of the request that has room
	for i, e := range batch {
		event, err := s.mapEvent(e)
		if err != nil {
			failed.Fail(i, err)
			continue
		}
		k, found := open[event.head]
		if !found || !requests[k].hasRoom(event) {
			k = len(requests)
			open[event.head] = k
			requests = append(requests, request{body: []byte(event.head)})
		}
		r := &requests[k]
		if len(r.events) > 0 {
			r.body = append(r.body, ',')
		}
		r.body = append(r.body, event.event...)
		r.events = append(r.events, i)
		r.changes.add(event.changes)
	}
	for i := range requests {
		requests[i].body = append(requests[i].body, tail...)
	}
	return requests, failed
}

func (r *request) hasRoom(event mapped) bool {
	return len(r.events) < maxEvents && len(r.body)+len(",")+len(event.event)+len(tail) < maxBody
}
