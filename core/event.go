package core

import (
	"time"

	"github.com/headgate-dev/headgate/core/consent"
)

// Props are the properties of an event: a JSON object. Values may be anything
// encoding/json takes; numbers, strings, booleans, times, durations, and maps and
// slices of them are encoded without reflection.
type Props map[string]any

// Event is what an application reports. Only Name is required: [Dispatcher.Enqueue]
// fills in a zero ID (UUIDv7), Time (now) and, when UserID is empty too,
// AnonymousID (the installation's).
type Event struct {
	// ID identifies the event for de-duplication, in headgate and at the vendors:
	// at most 256 bytes. Give one only if the event may be reported twice.
	ID string
	// Kind says what sort of message it is; the zero Kind is an ordinary event.
	Kind Kind
	// Name says what happened: 1 to 256 bytes of UTF-8 without control characters.
	Name string
	// Time is when it happened.
	Time time.Time
	// UserID, AnonymousID and SessionID say to whom: at most 256 bytes each.
	UserID, AnonymousID, SessionID string
	// Props describe what happened, Context where (app, os, locale, …).
	Props, Context Props
	// Schema says what the properties are declared to be; nil: nothing. See [SchemaOf].
	Schema *Schema
	// Unlinkable leaves nothing in the event that says which others belong to it: its ids are left
	// out, the installation's too, its own is random, and its time is cut to the hour.
	Unlinkable bool
	// Consent is what the person concerned has said about being tracked. Zero: nothing.
	Consent consent.Signals
}

// Payload is a typed event: a struct whose json tags name the properties.
//
//	type Run struct {
//		Seconds int  `json:"runSeconds"`
//		Success bool `json:"runSuccess"`
//	}
//
//	func (Run) EventName() string { return "run" }
type Payload interface {
	// EventName returns the name of the event. It is called on the caller's
	// goroutine, once per [Dispatcher.Emit].
	EventName() string
}

// App describes the program whose events these are.
type App struct {
	// Name is sent as context.app.name, and in upper case prefixes the
	// environment variables that opt out, such as LANGFLOW_DO_NOT_TRACK.
	Name string
	// Version is sent as context.app.version.
	Version string
}
