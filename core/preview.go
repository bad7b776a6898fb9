package core

import "github.com/headgate-dev/headgate/core/sanitize"

// PreviewResult is what would become of one event.
type PreviewResult struct {
	// Denied names who turned tracking off, if anybody: nothing would be sent.
	Denied []string `json:"denied,omitempty"`
	// Event is the sealed event.
	Event []byte `json:"-"`
	// Findings are what the sanitiser changed, in the order of the event.
	Findings []sanitize.Finding `json:"findings"`
	// Sinks says what each sink would do.
	Sinks []SinkPreview `json:"sinks"`
}

// SinkPreview is what one sink would do with an event.
type SinkPreview struct {
	Sink string `json:"sink"`
	Type string `json:"type"`
	// Filtered says why the sink would not get the event, or is empty.
	Filtered string `json:"filtered,omitempty"`
	// Requests are what the sink would send, nil if it cannot tell.
	Requests []Request `json:"requests,omitempty"`
	// Error says why the requests cannot be shown.
	Error string `json:"error,omitempty"`
}
