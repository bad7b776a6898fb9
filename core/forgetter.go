package core

import "context"

// Forgetter is implemented by sinks whose destination can be asked to delete what it has of a person.
type Forgetter interface {
	// Deletion says how the destination is asked to delete what it has of a person. It
	// touches neither network nor file.
	Deletion(ids PersonIDs) (Deletion, error)
	// Forget makes the requests of Deletion, in one attempt, and returns in a sentence what
	// the destination answered. It is not called while something is in [Deletion.Needs].
	// An error must not carry credentials. It may be called without any Send, and beside one.
	Forget(ctx context.Context, ids PersonIDs) (answer string, err error)
}

// PersonIDs are the ids by which a sink was given the events of a person.
type PersonIDs struct {
	// UserIDs and AnonymousIDs are as [Sealed.UserID] and [Sealed.AnonymousID] have them:
	// several where events were sealed in several ways over time.
	UserIDs, AnonymousIDs []string
}

// Deletion is how a destination is asked to delete what it has of a person.
type Deletion struct {
	// Requests delete it: HTTP requests, or statements. Credentials are masked, and those that
	// the sink does not have stand as <WHAT_THEY_ARE>. Empty: nothing can be asked for.
	Requests []Request `json:"requests"`
	// Needs are the options of the sink that have to be set before Forget can do it.
	Needs []string `json:"needs,omitempty"`
	// Notes say what else is to be known: what stays, how long it takes, what it costs.
	Notes []string `json:"notes,omitempty"`
}
