package core

// Verdict is what the gate made of one event.
type Verdict uint8

// The verdicts. Each is a counter of the books.
const (
	// Accepted: the event is in the queue.
	Accepted Verdict = iota
	// Denied: tracking is off, or the person refused it for every sink.
	Denied
	// Duplicate: an event with the same ID was accepted before; the sender need not send it again.
	Duplicate
	// Rejected: the event cannot be taken; the error says why.
	Rejected
)

// String returns the name of the verdict's counter.
func (v Verdict) String() string {
	switch v {
	case Accepted:
		return "accepted"
	case Denied:
		return "denied"
	case Duplicate:
		return "duplicates"
	default:
		return "rejected"
	}
}
