package core

// Observation is what became of some events at one sink, by one attempt or one decision.
// It and its events are valid until the observer returns.
type Observation struct {
	Sink   string
	Result Result
	// Reason divides the result, as the reasons of [SinkStats] do; "" where there is nothing to say.
	Reason string
	// Error is the sink's answer, without secrets; "" if there was none.
	Error string

	events []Sealed
	lane   *lane
}

// Result is how an event fares at a sink. But for Retrying, each is a counter of [SinkStats].
type Result string

// The results.
const (
	Delivered    Result = "delivered"
	Filtered     Result = "filtered"
	SampledOut   Result = "sampled_out"
	DeadLettered Result = "dead_lettered"
	Expired      Result = "expired"
	// Retrying: the attempt failed, and there will be another.
	Retrying Result = "retrying"
)

// Len returns the number of events.
func (o *Observation) Len() int { return len(o.events) }

// ID returns the identity of an event.
func (o *Observation) ID(i int) string { return o.events[i].ID() }

// Event returns an event as the sink gets it.
func (o *Observation) Event(i int) Sealed { return o.lane.view(o.events[i]) }

// Observe has f called with what becomes of events from now on, until stop is called. Events
// that leave unseen are not told of: those that the queue drops, and those that are
// discarded when consent is withdrawn.
//
// f is called from the goroutines that deliver, several at once, and holds them up: it must be
// quick, and must not call the dispatcher. Nobody is told of its panics. While there is no
// observer, nothing is spent on observing.
func (d *Dispatcher) Observe(f func(Observation)) (stop func()) { return d.observers.add(f) }

// observe tells the observers, if there are any, what became of events.
func (l *lane) observe(events []Sealed, result Result, reason string, answer error) {
	if len(events) == 0 || !l.observers.any() {
		return
	}
	o := Observation{Sink: l.cfg.Name, Result: result, Reason: reason, events: events, lane: l}
	if answer != nil {
		o.Error = errorText(l.scrubber, answer)
	}
	l.observers.tell(o)
}

// observeFiltered tells of an event that the sink does not get.
func (l *lane) observeFiltered(event Sealed, reason string) {
	if !l.observers.any() {
		return
	}
	if reason == reasonSample {
		l.observe([]Sealed{event}, SampledOut, "", nil)
		return
	}
	l.observe([]Sealed{event}, Filtered, reason, nil)
}
