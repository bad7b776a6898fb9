package consent

// Signals are what the person an event is about has said. The zero value says nothing.
type Signals struct {
	// DoNotTrack is the header DNT: 1, or the same said in another way: no sink gets the event.
	DoNotTrack bool
	// GPC is the header Sec-GPC: 1: no third party gets the event.
	GPC bool
	// Categories maps a consent category, such as "analytics" or "advertising", to
	// whether it was given. A category that is absent is not known.
	Categories map[string]bool
	// Withdrawn means that consent was given once and taken back: no sink gets the event.
	Withdrawn bool
}
