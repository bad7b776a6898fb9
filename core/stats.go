package core

// Stats is a consistent view of the books at one instant.
type Stats struct {
	DoNotTrack DoNotTrackStats      `json:"do_not_track"`
	Books      Books                `json:"books"`
	Sinks      map[string]SinkStats `json:"sinks"`
	// Redactions are what the sanitiser changed in events, by kind, such as "email"; nil if nothing.
	Redactions map[string]uint64 `json:"redactions,omitempty"`
}

// DoNotTrackStats says whether tracking is off, and who turned it off.
type DoNotTrackStats struct {
	Active  bool     `json:"active"`
	Sources []string `json:"sources"`
}

// Books count what became of every event at the gate:
//
//	Received = Accepted + Denied + Rejected + Duplicates
type Books struct {
	Received   uint64 `json:"received"`
	Accepted   uint64 `json:"accepted"`
	Denied     uint64 `json:"denied"`
	Rejected   uint64 `json:"rejected"`
	Duplicates uint64 `json:"duplicates"`
}

// SinkStats count what became of every accepted event at one sink:
//
//	Accepted + Recovered = Delivered + Filtered + SampledOut + DeadLettered + Expired + Overflowed + Queued
type SinkStats struct {
	Type  string    `json:"type"`
	State SinkState `json:"state"`

	// Recovered is what the queue had kept when it was opened, and what was replayed of the
	// dead letters.
	Recovered    uint64 `json:"recovered"`
	Delivered    uint64 `json:"delivered"`
	Filtered     uint64 `json:"filtered"`
	SampledOut   uint64 `json:"sampled_out"`
	DeadLettered uint64 `json:"dead_lettered"`
	Expired      uint64 `json:"expired"`
	Overflowed   uint64 `json:"overflowed"`
	// Queued is what the sink has not finished, what it has in hand included.
	Queued uint64 `json:"queued"`
	// OldestEventAge is for how many seconds the oldest of Queued has waited since it was accepted: 0 if
	// none is queued, nil if the queue cannot tell.
	OldestEventAge *float64 `json:"oldest_event_age_seconds,omitempty"`

	// PausedByOperator is set while the sink is paused by [Dispatcher.Pause].
	PausedByOperator bool `json:"paused_by_operator,omitempty"`
	// Retries counts attempts after the first of a batch.
	Retries uint64 `json:"retries"`
	// LastError is the sink's last error, cleared by the next success.
	LastError string `json:"last_error"`
	// Reasons divide the counts above: "filtered.consent", "expired.shutdown", …
	Reasons map[string]uint64 `json:"reasons,omitempty"`
}

// SinkState says how a sink fares.
type SinkState string

// The states of a sink.
const (
	StateOK       SinkState = "ok"
	StateRetrying SinkState = "retrying"
	// StateOpen: the circuit is open after repeated failures; one attempt at a time is made.
	StateOpen SinkState = "open"
	// StatePaused: the destination asked for a pause, or the operator paused the sink.
	StatePaused SinkState = "paused"
	// StateFailed: the credentials are refused, or the sink could not be opened.
	StateFailed SinkState = "failed"
)
