package segment

import (
	"strings"

	"github.com/segmentio/analytics-go/v3"

	"github.com/headgate-dev/headgate/core"
)

// contextOf returns the context of a message, and its integrations, which an event keeps there.
func contextOf(e core.Sealed) (*analytics.Context, analytics.Integrations) {
	members := decode(e.Context())
	integrations, _ := members["integrations"].(map[string]any)
	// Segment keeps an address only if it is told one, or to look.
	for _, key := range []string{"ip", "direct", "integrations"} {
		delete(members, key)
	}
	if id := e.SessionID(); id != "" && members["sessionId"] == nil {
		members["sessionId"] = id
	}
	members["consent"] = map[string]any{"categoryPreferences": preferences(members["consent"])}
	return &analytics.Context{Extra: members}, integrations
}

// preferences returns what a consent object says about categories, in any of the forms that
// an event may carry:
//
//	{"categoryPreferences": {"Analytics": true}}
//	{"analytics": true, "advertising": false, "withdrawn": false}
//
// It is never nil. A value that is not a boolean refuses its category, and so does one of
// several that are said of it.
// https://segment.com/docs/privacy/consent-management/consent-in-segment-connections
func preferences(consent any) map[string]bool {
	given := map[string]bool{}
	say := func(category string, value any) {
		before, said := given[category]
		given[category] = value == true && (before || !said)
	}
	members, _ := consent.(map[string]any)
	for name, value := range members {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "categorypreferences":
			nested, _ := value.(map[string]any)
			for category, value := range nested {
				say(category, value)
			}
		case "withdrawn":
		default:
			say(name, value)
		}
	}
	return given
}
