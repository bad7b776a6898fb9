package core

import (
	"context"
	"net/http"
)

// Sink takes events to one destination. A sink reports, the dispatcher decides:
// Send makes one attempt, and all retrying, pausing, splitting and giving up is the
// dispatcher's.
type Sink interface {
	// Send delivers a batch in one attempt and returns what became of it: nil when
	// every event is delivered, an error made by [Permanent], [Refused], [TooLarge],
	// [Unauthorized] or [RetryAfter], a [*BatchError] when the events fared
	// differently, or any other error, after which the batch is tried again. What
	// was delivered may be sent once more after a crash: destinations that can
	// de-duplicate should be given [Sealed.ID].
	//
	// The batch is never empty and within the sink's [Limits]. It and everything
	// reached through it belong to the dispatcher: they must not be changed, and not
	// be used after Send has returned; copy what is kept. Strings returned by
	// methods of [Sealed] are copies.
	//
	// Send is called from as many goroutines at once as the sink's concurrency
	// allows, one by default. It must return soon after ctx is done. A panic counts
	// as a failed attempt. An error must not carry credentials or event values.
	Send(ctx context.Context, batch []Sealed) error

	// Close releases what the sink holds. It is called once, after the last Send has
	// returned or been given up, and must return soon after ctx is done.
	Close(ctx context.Context) error
}

// Limiter is implemented by sinks whose destination bounds a batch.
type Limiter interface {
	// Limits is called when the sink is opened, before the first Send. It always
	// returns the same.
	Limits() Limits
}

// Limits bound what one Send is given. Zero fields do not bound.
type Limits struct {
	// MaxEvents is the largest number of events in a batch.
	MaxEvents int
	// MaxBytes is the largest sum of [Sealed.JSON] lengths in a batch.
	MaxBytes int
	// MaxConcurrency is the largest number of Sends at once.
	MaxConcurrency int
}

// Checker is implemented by sinks that can tell whether they would work.
type Checker interface {
	// Check tries the credentials and the reachability of the destination without
	// reporting an event. It may be called without any Send, and beside one.
	Check(ctx context.Context) error
}

// Previewer is implemented by sinks that can show what they would do.
type Previewer interface {
	// Preview returns the requests that Send would make, secrets masked. It touches
	// neither network nor file.
	Preview(batch []Sealed) ([]Request, error)
}

// Request is one thing a sink would do: an HTTP request, or a line or row it would write.
type Request struct {
	// Method and URL are set for an HTTP request, the URL without secrets.
	Method string `json:"method,omitempty"`
	URL    string `json:"url,omitempty"`
	// Header holds the headers that matter, secrets masked.
	Header http.Header `json:"header,omitempty"`
	// Target says where a line or row would go, such as "stderr" or a table.
	Target string `json:"target,omitempty"`
	// Body is the uncompressed body, line or row.
	Body string `json:"body"`
}

// Reach says how far a sink carries an event, which decides what a person's
// consent allows it to get.
type Reach uint8

// How far a sink carries events. The zero value is the farthest, so that a sink
// that does not say gets no event that consent would keep from it.
const (
	// ReachThirdParty goes to a company that works with the data, such as an
	// analytics vendor.
	ReachThirdParty Reach = iota
	// ReachNetwork leaves the machine for a place its operator runs, such as a
	// warehouse or an HTTP endpoint.
	ReachNetwork
	// ReachLocal stays on this machine, such as a log line.
	ReachLocal
)

// String returns "third_party", "network" or "local".
func (r Reach) String() string {
	switch r {
	case ReachLocal:
		return "local"
	case ReachNetwork:
		return "network"
	default:
		return "third_party"
	}
}

// SinkFunc is a Sink made of a function; its Close does nothing.
type SinkFunc func(ctx context.Context, batch []Sealed) error

// Send calls f.
func (f SinkFunc) Send(ctx context.Context, batch []Sealed) error { return f(ctx, batch) }

// Close does nothing.
func (f SinkFunc) Close(context.Context) error { return nil }
